"""Layers are data: made, changed and shared by administrators."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from envmap.accounts.actions import tell_rights_changed_in
from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.accounts.roles import May
from envmap.core.actor import acting
from envmap.core.errors import BadInput, Conflict, FieldError

from ..attributes import attribute_errors, schema_errors
from ..geometry import TYPES
from ..models import Feature, Layer, LayerShare
from ..queries import layer_of
from ..texts import names_errors, shown, text_errors, unkeepable

KEY = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
RESERVED = frozenset({"basemap"})
"""Keys that would hide another address below /tiles/."""
CHANGEABLE = (
    "names", "descriptions", "code_prefix", "geometry", "schema", "style", "public", "expected_factors", "position",
)  # fmt: skip


def _errors(values: dict[str, Any]) -> list[FieldError]:
    """What is wrong with a layer's values; only those that are given are looked at."""
    errors: list[FieldError] = []
    if "names" in values:
        errors += names_errors(values["names"])
    if values.get("descriptions"):
        errors += names_errors(values["descriptions"], field="descriptions", longest=500)
    if "code_prefix" in values:
        errors += text_errors(values["code_prefix"], field="code_prefix", longest=20, may_be_empty=True)
    if "geometry" in values:
        kinds = values["geometry"]
        if not isinstance(kinds, list) or not kinds or not set(map(str, kinds)) <= set(TYPES):
            errors.append({"field": "geometry", "detail": _("must be a list of some of %s") % ", ".join(TYPES)})
    if "schema" in values:
        errors += schema_errors(values["schema"])
    if "style" in values:
        if not isinstance(values["style"], dict):
            errors.append({"field": "style", "detail": _("must be an object")})
        errors += unkeepable(values["style"], "style")
    for key in ("public", "builtin"):
        if key in values and not isinstance(values[key], bool):
            errors.append({"field": key, "detail": _("must be true or false")})
    if "expected_factors" in values:
        factors = values["expected_factors"]
        if not isinstance(factors, list):
            errors.append({"field": "expected_factors", "detail": _("must be a list of factor codes")})
        else:
            for n, code in enumerate(factors):
                errors += text_errors(code, field=f"expected_factors[{n}]", longest=40)
    if "position" in values:
        position = values["position"]
        if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position <= 32767:
            errors.append({"field": "position", "detail": _("must be a whole number from 0 to 32767")})
    return errors


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise BadInput(_("The layer cannot be kept like this: %d places are wrong.") % len(errors), errors)


def make_layer(
    *,
    by: Asker,
    key: str,
    names: dict[str, str],
    geometry: Sequence[str],
    schema: dict[str, Any],
    style: dict[str, Any] | None = None,
    public: bool = False,
    expected_factors: Sequence[str] = (),
    position: int = 100,
    builtin: bool = False,
    descriptions: dict[str, str] | None = None,
    code_prefix: str = "",
) -> Layer:
    """A new kind of thing on the map.

    `geometry` are GeoJSON types, `schema` is JSON Schema 2020-12 of an object without references to elsewhere.
    Without `code_prefix` the first letters of the key's words stand before the codes that are given.
    Raises BadInput naming each wrong field, Conflict where the key is taken.
    """
    with acting(by.actor):
        by.require(May.EDIT_LAYERS)
        values: dict[str, Any] = {
            "names": names,
            "geometry": list(geometry),
            "schema": schema,
            "style": style if style is not None else {},
            "public": public,
            "expected_factors": list(expected_factors),
            "position": position,
            "builtin": builtin,
            "descriptions": descriptions or {},
            "code_prefix": code_prefix,
        }
        errors = _errors(values)
        if not isinstance(key, str) or not KEY.match(key) or len(key) > 64 or key in RESERVED:
            errors.insert(
                0, {"field": "key", "detail": _("is lower-case letters and digits with single hyphens, at most 64")}
            )
        _refuse(errors)
        values["code_prefix"] = code_prefix or "".join(word[0] for word in key.split("-")).upper()
        try:
            with transaction.atomic():
                return Layer.objects.create(key=key, **values)
        except IntegrityError as error:
            raise Conflict(
                _("There is a layer %s already.") % key, [{"field": "key", "detail": _("is taken")}]
            ) from error


def update_layer(*, by: Asker, key: str, **changes: Any) -> Layer:
    """Changes a layer's names, descriptions, code_prefix, geometry, schema, style, public, expected_factors or position.

    Raises NotVisible, NotAllowed, BadInput: also where a feature that is there would no longer fit the new schema or
    geometry, naming the first ones.
    """
    with acting(by.actor):
        by.require_signed_in()
        layer = layer_of(by, key)
        by.require(May.EDIT_LAYERS)
        layer = Layer.objects.select_for_update().get(pk=layer.pk)
        errors: list[FieldError] = [
            {"field": shown(name), "detail": _("cannot be changed; allowed: %s") % ", ".join(CHANGEABLE)}
            for name, value in changes.items()
            if name not in CHANGEABLE and getattr(layer, name, ...) != value
        ]
        changes = {name: value for name, value in changes.items() if name in CHANGEABLE}
        errors += _errors(changes)
        _refuse(errors)
        for name, value in changes.items():
            setattr(layer, name, value)
        if {"schema", "geometry"} & set(changes):
            _refuse(_misfits(layer))
        if changes:
            layer.save(update_fields=list(changes))
        return layer


def _misfits(layer: Layer) -> list[FieldError]:
    """The features that a changed layer would no longer take; at most ten, because one is reason enough."""
    errors: list[FieldError] = []
    for feature in Feature.objects.filter(layer=layer, deleted_at=None).order_by("code").iterator(500):
        if feature.geometry.geom_type not in layer.geometry:
            errors.append(
                {
                    "field": "geometry",
                    "detail": _("feature %(code)s is a %(kind)s")
                    % {"code": feature.code, "kind": feature.geometry.geom_type},
                }
            )
        for wrong in attribute_errors(layer.schema, feature.attributes):
            detail = _("feature %(code)s would not fit: %(field)s %(detail)s")
            errors.append({"field": "schema", "detail": detail % {"code": feature.code, **wrong}})
        if len(errors) >= 10:
            break
    return errors


def share_layer(*, by: Asker, key: str, department: str) -> None:
    """Lets a department (by its code) see a layer that is not public; once more is the same. Its open pages read anew."""
    with acting(by.actor):
        layer, unit = _to_share(by, key, department)
        _share, is_new = LayerShare.objects.get_or_create(layer=layer, department=unit)
        if is_new:
            tell_rights_changed_in(unit)


def unshare_layer(*, by: Asker, key: str, department: str) -> None:
    """Ends that a department sees a layer; what its own orders are about it still sees. Its open pages read anew."""
    with acting(by.actor):
        layer, unit = _to_share(by, key, department)
        gone, _rows = LayerShare.objects.filter(layer=layer, department=unit).delete()
        if gone:
            tell_rights_changed_in(unit)


def _to_share(by: Asker, key: str, department: str) -> tuple[Layer, Department]:
    by.require_signed_in()
    layer = layer_of(by, key)
    by.require(May.EDIT_LAYERS)
    unit = Department.objects.filter(code=department).first() if "\x00" not in department else None
    if unit is None:
        raise BadInput(
            _("There is no department %s.") % shown(department),
            [{"field": "department", "detail": _("there is no department %s") % shown(department)}],
        )
    return layer, unit
