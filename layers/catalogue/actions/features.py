"""Features are made, changed and taken off the map; their history is written by the database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.errors import BadInput, Conflict, FieldError, NotVisible, StaleVersion
from envmap.core.outbox import Fact, tell

from ..attributes import attribute_errors
from ..documents import merge_patch, shape_errors
from ..geometry import geometry_errors, representative_point
from ..models import Feature, FeatureParty, Layer
from ..payloads import feature_payload, geojson
from ..queries import audiences_of, feature_of, layer_of, town_ids_of, town_of
from ..texts import shown, text_errors, unkeepable


@dataclass(frozen=True, slots=True)
class NewFeature:
    """A thing to put on the map: geometry in EPSG:4326 (GEOS or GeoJSON), `department` (the duty unit) by its code.

    Without `code` one is given, without `department` it is the maker's. `parties` are pairs (department code, part)
    with part one of owner, operator, contractor, sector.
    """

    name: str
    geometry: GEOSGeometry | Mapping[str, Any]
    code: str | None = None
    department: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    parties: Sequence[tuple[str, str]] = ()


def make_feature(
    *,
    by: Asker,
    layer: str,
    name: str,
    geometry: GEOSGeometry | Mapping[str, Any],
    code: str | None = None,
    department: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    parties: Sequence[tuple[str, str]] = (),
) -> Feature:
    """Puts a thing on the map (see NewFeature) and tells `feature.changed`.

    Raises NotVisible for the layer, NotAllowed, BadInput naming each wrong field, Conflict where the code is or was
    another thing's.
    """
    row = NewFeature(name, geometry, code, department, attributes or {}, parties)
    with acting(by.actor):
        found = _editable_layer(by, layer)
        (made,) = _make(by, found, [row], numbered=False)
        return feature_of(by, found.key, made.pk)


def make_features(*, by: Asker, layer: str, rows: Sequence[NewFeature]) -> list[Feature]:
    """Puts many things on the map, whole or not at all; errors carry the row's `index`. Gives them in the same order."""
    with acting(by.actor):
        return _make(by, _editable_layer(by, layer), rows, numbered=True)


def make_feature_of(*, by: Asker, layer: str, document: object) -> Feature:
    """`make_feature` from the GeoJSON document that POST takes (docs/interfaces.md §6), refusing what it may not say."""
    with acting(by.actor):
        found = _editable_layer(by, layer)
        properties = document.get("properties") if isinstance(document, Mapping) else None
        given = properties if isinstance(properties, Mapping) else {}
        geometry, _wrong = geometry_errors(
            document.get("geometry") if isinstance(document, Mapping) else None, allowed=found.geometry
        )
        # The town is found by the product; a client that names the right one has done nothing wrong.
        town = town_of(geometry) if geometry is not None else None
        is_now = {
            "id": None,
            "layer": found.key,
            "condition": "normal",
            "town": town.code if town else None,
            "version": 1,
            "updated_at": None,
        }
        errors = shape_errors(document, found=is_now)
        if not isinstance(document, Mapping):
            raise BadInput(errors[0]["detail"], errors)
        row = NewFeature(
            name=given.get("name", ""),
            geometry=document.get("geometry"),  # type: ignore[arg-type]
            code=given.get("code"),
            department=given.get("department"),
            attributes={} if given.get("attributes") is None else given["attributes"],
        )
        (made,) = _make(by, found, [row], numbered=False, errors=errors)
        return feature_of(by, found.key, made.pk)


def update_feature(*, by: Asker, layer: str, feature_id: int, version: int, changes: Mapping[str, Any]) -> Feature:
    """Changes a feature by a JSON merge patch (RFC 7396) of its GeoJSON document; tells `feature.changed` if it did.

    Raises NotVisible, NotAllowed, StaleVersion where `version` is not the newest (checked under the row's lock),
    BadInput naming each wrong field, Conflict for a code that is another's.
    """
    with acting(by.actor):
        found, feature = _locked(by, layer, feature_id, version)
        now = feature_payload(feature)
        is_now = {
            "id": feature.pk,
            **{key: now["properties"][key] for key in ("layer", "condition", "town", "version")},  # type: ignore[literal-required]
            "updated_at": feature.updated_at,
        }
        errors = shape_errors(changes, found=is_now)
        if not isinstance(changes, Mapping) or not isinstance(changes.get("properties", {}), Mapping):
            raise BadInput(errors[0]["detail"], errors)
        wanted = merge_patch(now, {k: v for k, v in changes.items() if k in ("geometry", "properties")})
        properties = wanted["properties"]
        if "code" not in properties:
            errors.append({"field": "code", "detail": _("must not be empty")})
        row = NewFeature(
            name=properties.get("name", ""),
            geometry=wanted.get("geometry"),
            code=properties.get("code"),
            department=properties.get("department"),
            attributes=properties.get("attributes", {}),
        )
        checked = _check(found, [row], numbered=False, errors=errors)[0]
        if geojson(checked.geometry) != now["geometry"]:
            feature.geometry = checked.geometry
            feature.town_id = town_ids_of([checked.geometry])[0]
        feature.name, feature.department_id = checked.name, checked.department_id
        feature.attributes = checked.attributes
        feature.code = checked.code or feature.code
        before = feature.version
        feature.updated_at, kept = clock.now(), feature.updated_at
        _save(feature)
        feature.refresh_from_db(fields=["version"])
        if feature.version == before:
            Feature.objects.filter(pk=feature.pk).update(updated_at=kept)  # nothing differed, so nothing happened
        else:
            _tell([feature], "changed")
        return feature_of(by, found.key, feature.pk)


def delete_feature(*, by: Asker, layer: str, feature_id: int, version: int) -> None:
    """Takes a feature off the map; it keeps its code, history and orders. Raises as `update_feature` does."""
    with acting(by.actor):
        _found, feature = _locked(by, layer, feature_id, version)
        audience = audiences_of([feature])
        feature.deleted_at = clock.now()
        feature.save(update_fields=["deleted_at", "updated_at"])
        _tell([feature], "deleted", audience)


def _editable_layer(by: Asker, key: str) -> Layer:
    """The layer, for one who may edit features: not visible goes before not allowed."""
    by.require_signed_in()
    layer = layer_of(by, key)
    by.require(May.EDIT_FEATURES)
    return layer


def _locked(by: Asker, key: str, feature_id: int, version: int) -> tuple[Layer, Feature]:
    """A feature with its row locked, in the version that the editor has seen."""
    by.require_signed_in()
    feature_of(by, key, feature_id)
    by.require(May.EDIT_FEATURES)
    layer = layer_of(by, key)
    feature = (
        Feature.objects.visible_to(by)
        .filter(pk=feature_id)
        .with_condition()
        .select_related("layer", "department", "town")
        .select_for_update(of=("self",))
        .first()
    )
    if feature is None:  # taken off the map while we waited for the lock
        raise NotVisible(_("There is no feature %(id)s in the layer %(key)s.") % {"id": feature_id, "key": key})
    if feature.version != version:
        raise StaleVersion(
            _("Feature %(code)s is at version %(is)d, you have %(has)s: read it again, then change it.")
            % {"code": feature.code, "is": feature.version, "has": version}
        )
    return layer, feature


@dataclass(slots=True)
class _Checked:
    name: str
    geometry: GEOSGeometry
    code: str | None
    department_id: int | None
    attributes: dict[str, Any]
    parties: list[tuple[int, str]]


def _check(
    layer: Layer, rows: Sequence[NewFeature], *, numbered: bool, errors: Sequence[FieldError] = ()
) -> list[_Checked]:
    """The rows' values, or BadInput with every wrong place (`errors` are those found before)."""
    codes = [row.department for row in rows] + [code for row in rows for code, _part in row.parties]
    names = {code for code in codes if isinstance(code, str) and not list(unkeepable(code, "department"))}
    # A unit that was closed keeps what it has.
    known = dict(Department.objects.filter(code__in=names).values_list("code", "pk"))
    checked: list[_Checked] = []
    wrong: list[FieldError] = list(errors)
    for n, row in enumerate(rows):
        found = text_errors(row.name, field="name", longest=200)
        if row.code is not None:
            found += text_errors(row.code, field="code", longest=64)
        if row.department is not None and not (isinstance(row.department, str) and row.department in known):
            found.append({"field": "department", "detail": _("there is no department %s") % shown(row.department)})
        for code, part in row.parties:
            if code not in known:
                found.append({"field": "parties", "detail": _("there is no department %s") % shown(code)})
            if part not in FeatureParty.Part.values:
                allowed = ", ".join(FeatureParty.Part.values)
                found.append({"field": "parties", "detail": _("a part is one of %s") % allowed})
        found += attribute_errors(layer.schema, row.attributes)
        geometry, errors_there = geometry_errors(row.geometry, allowed=layer.geometry)
        found += errors_there
        if found or geometry is None:
            wrong += [{**error, "index": n} for error in found] if numbered else found
            continue
        checked.append(
            _Checked(
                name=row.name.strip(),
                geometry=geometry,
                code=row.code.strip() if row.code is not None else None,
                department_id=known[row.department] if row.department is not None else None,
                attributes=dict(row.attributes),
                parties=[(known[code], part) for code, part in row.parties],
            )
        )
    if wrong:
        if len(wrong) == 1:
            only = f"{wrong[0].get('field', '')} {wrong[0]['detail']}".strip()
            raise BadInput(_("The feature cannot be kept like this: %s.") % only.rstrip("."), wrong)
        raise BadInput(_("The feature cannot be kept like this: %d places are wrong.") % len(wrong), wrong)
    return checked


def _make(
    by: Asker, layer: Layer, rows: Sequence[NewFeature], *, numbered: bool, errors: Sequence[FieldError] = ()
) -> list[Feature]:
    rows = [row if row.department is not None else replace(row, department=by.department_code) for row in rows]
    checked = _check(layer, rows, numbered=numbered, errors=errors)
    _give_codes(layer, checked)
    _refuse_taken(layer, checked, numbered=numbered)
    towns = town_ids_of([row.geometry for row in checked])
    now = clock.now()
    features = [
        Feature(
            layer=layer,
            code=row.code or "",
            name=row.name,
            geometry=row.geometry,
            department_id=row.department_id,
            town_id=town,
            attributes=row.attributes,
            created_at=now,
            updated_at=now,
        )
        for row, town in zip(checked, towns, strict=True)
    ]
    try:
        with transaction.atomic():
            Feature.objects.bulk_create(features, batch_size=500)
    except IntegrityError as error:  # somebody took one of the codes since we looked
        raise Conflict(_("A code was taken meanwhile; try again.")) from error
    FeatureParty.objects.bulk_create(
        [
            FeatureParty(feature=feature, department_id=department, part=part)
            for feature, row in zip(features, checked, strict=True)
            for department, part in row.parties
        ]
    )
    _tell(features, "made")
    return features


def _give_codes(layer: Layer, rows: Sequence[_Checked]) -> None:
    """Numbers the rows without a code: `<layer's prefix>-NNNN`, after the largest there has ever been.

    The layer's row is locked meanwhile, so that two makers do not find the same largest one.
    """
    bare = [row for row in rows if row.code is None]
    if not bare:
        return
    Layer.objects.select_for_update(no_key=True).get(pk=layer.pk)
    prefix = layer.code_prefix or layer.key.upper()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(substring(code FROM %s)::bigint), 0) FROM catalogue_feature "
            "WHERE layer_id = %s AND starts_with(code, %s)",
            [f"^{re.escape(prefix)}-([0-9]{{1,15}})$", layer.pk, f"{prefix}-"],
        )
        last = cursor.fetchone()[0]
    given = {row.code for row in rows}
    for row in bare:
        last += 1
        while f"{prefix}-{last:04d}" in given:
            last += 1
        row.code = f"{prefix}-{last:04d}"


def _refuse_taken(layer: Layer, rows: Sequence[_Checked], *, numbered: bool) -> None:
    """Raises Conflict for codes that are another thing's, or were: a deleted one keeps its code."""
    codes = [row.code for row in rows]
    taken = set(Feature.objects.filter(layer=layer, code__in=codes).values_list("code", flat=True))
    errors: list[FieldError] = []
    seen: set[str | None] = set()
    for n, code in enumerate(codes):
        if code in taken or code in seen:
            detail = _("%s is another thing's code; things taken off the map keep theirs") % code
            errors.append(
                {"field": "code", "detail": detail, "index": n} if numbered else {"field": "code", "detail": detail}
            )
        seen.add(code)
    if errors:
        raise Conflict(_("Feature codes are unique in their layer: %s.") % errors[0]["detail"], errors)


def _save(feature: Feature) -> None:
    try:
        with transaction.atomic():
            feature.save()
    except IntegrityError as error:
        detail = _("%s is another thing's code; things taken off the map keep theirs") % feature.code
        raise Conflict(
            _("Feature codes are unique in their layer: %s.") % detail, [{"field": "code", "detail": detail}]
        ) from error


def _tell(features: Sequence[Feature], state: str, audience: Mapping[int, list[str]] | None = None) -> None:
    """Writes `feature.changed` (state made, changed or deleted) for those who may see it."""
    audience = audience or audiences_of(features)
    tell(
        Fact(
            "feature.changed",
            audience=audience[feature.pk],
            layer=feature.layer.key,
            feature=feature.code,
            feature_id=feature.pk,
            state=state,
            location=representative_point(feature.geometry),
        )
        for feature in features
    )
