"""Attributes of a feature against its layer's JSON Schema 2020-12. No database."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

from envmap.core.errors import BadQuery, FieldError

from .texts import MAX_JSON_BYTES, unkeepable

KEY = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
"""How an attribute is called: it becomes a column of exports and a key of filters."""

_FORMATS = {
    "date": "2026-11-24",
    "date-time": "2026-11-24T08:00:00+08:00",
    "time": "08:00:00+08:00",
    "email": "name@example.org",
    "uri": "https://example.org/",
}
_TYPES = {
    "string": gettext_lazy("a text"),
    "number": gettext_lazy("a number"),
    "integer": gettext_lazy("a whole number"),
    "boolean": gettext_lazy("true or false"),
    "array": gettext_lazy("a list"),
    "object": gettext_lazy("an object"),
    "null": gettext_lazy("null"),
}


def schema_errors(schema: object) -> list[FieldError]:
    """Why a schema cannot be a layer's: not JSON Schema 2020-12, no object, odd keys, references to elsewhere."""
    if not isinstance(schema, dict):
        return [{"field": "schema", "detail": _("must be a JSON Schema, an object")}]
    if found := list(unkeepable(schema, "schema")):
        return found
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = ".".join(["schema", *(str(part) for part in error.absolute_path)])
        return [{"field": place, "detail": _("is not JSON Schema 2020-12: %(why)s") % {"why": error.message[:300]}}]
    errors: list[FieldError] = []
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        errors.append({"field": "schema", "detail": _('must have "type": "object" and "properties"')})
        return errors
    for key in schema["properties"]:
        if not KEY.match(key):
            errors.append(
                {
                    "field": f"schema.properties.{key[:80]}",
                    "detail": _("an attribute's key is lower-case letters, digits and _, beginning with a letter"),
                }
            )
    # Nothing is fetched to check an attribute, so a schema stands by itself.
    if re.search(r'"\$(dynamicRef|ref)"\s*:\s*"(?!#)', json.dumps(schema)):
        errors.append({"field": "schema", "detail": _("may refer to its own parts only ($ref beginning with #)")})
    return errors


def attribute_errors(schema: Mapping[str, Any], attributes: object) -> list[FieldError]:
    """Every attribute that is wrong or undeclared, each as `attributes.<key>` with a sentence; empty when all fit."""
    if not isinstance(attributes, dict):
        return [{"field": "attributes", "detail": _("must be an object of attributes")}]
    if found := list(unkeepable(attributes, "attributes")):
        return found
    size = len(json.dumps(attributes, ensure_ascii=False).encode())
    if size > MAX_JSON_BYTES:
        return [
            {
                "field": "attributes",
                "detail": _("take %(n)d bytes as JSON; at most %(max)d") % {"n": size, "max": MAX_JSON_BYTES},
            }
        ]
    declared = schema.get("properties", {})
    errors: list[FieldError] = [
        {"field": f"attributes.{key}", "detail": _("is not an attribute of this layer; it has: %s") % _listed(declared)}
        for key in attributes
        if key not in declared
    ]
    known = {key: value for key, value in attributes.items() if key in declared}
    validator = Draft202012Validator(
        dict(schema), format_checker=Draft202012Validator.FORMAT_CHECKER, registry=Registry()
    )
    places: dict[str, str] = {}
    # One sentence a place: what is of the wrong kind need not also be told its least value.
    for error in sorted(validator.iter_errors(known), key=lambda e: e.validator != "type"):
        if error.validator == "required" and not error.absolute_path:
            missing = next((key for key in schema["required"] if repr(key) in error.message), "")
            places.setdefault(f"attributes.{missing}", _("is required"))
            continue
        place = ".".join(["attributes", *(str(part) for part in error.absolute_path)])
        places.setdefault(place, _sentence(error))
    errors += [{"field": place, "detail": detail} for place, detail in sorted(places.items())]
    return errors


def _listed(declared: Mapping[str, Any]) -> str:
    keys = list(declared)
    return ", ".join(keys[:40]) + ("…" if len(keys) > 40 else "") or "–"


def _choices(options: object) -> str | None:
    """The constants of a `oneOf`/`anyOf` that is a list of choices; None where it is something else."""
    if not isinstance(options, list) or not all(isinstance(o, dict) and "const" in o for o in options):
        return None
    return ", ".join(json.dumps(o["const"], ensure_ascii=False).strip('"') for o in options)


def _sentence(error: ValidationError) -> str:
    """What is wrong and what was expected, in the asker's language."""
    wanted: Any = error.validator_value
    shown = str(wanted)
    match error.validator:
        case "type":
            kinds = wanted if isinstance(wanted, list) else [wanted]
            return _("must be %s") % _(" or ").join(str(_TYPES.get(kind, kind)) for kind in kinds)
        case "enum":
            return _("must be one of %s") % ", ".join(str(choice) for choice in wanted)
        case "const":
            return _("must be %s") % shown
        case "oneOf" | "anyOf" if (choices := _choices(wanted)) is not None:
            return _("must be one of %s") % choices
        case "minimum":
            return _("must be at least %s") % shown
        case "maximum":
            return _("must be at most %s") % shown
        case "exclusiveMinimum":
            return _("must be more than %s") % shown
        case "exclusiveMaximum":
            return _("must be less than %s") % shown
        case "multipleOf":
            return _("must be a multiple of %s") % shown
        case "minLength":
            return _("must have at least %s characters") % shown
        case "maxLength":
            return _("must have at most %s characters") % shown
        case "pattern":
            return _("must match the pattern %s") % shown
        case "format":
            if wanted in _FORMATS:
                return _("must be a %(format)s like %(example)s") % {"format": wanted, "example": _FORMATS[wanted]}
            return _("must be a %s") % shown
        case "uniqueItems":
            return _("must not hold the same thing twice")
        case "minItems":
            return _("must hold at least %s things") % shown
        case "maxItems":
            return _("must hold at most %s things") % shown
    return _("does not fit the layer's schema: %s") % error.message[:300]


def filter_value(schema: Mapping[str, Any], key: str, raw: str) -> dict[str, Any]:
    """The JSON that a feature's attributes contain when `attributes.<key>=<raw>` holds.

    A list attribute holds when one of its items is equal. Raises BadQuery for an undeclared key or a value that is
    not of the attribute's type, naming what is allowed.
    """
    declared = schema.get("properties", {})
    if key not in declared:
        raise BadQuery(
            _("attributes.%(key)s is unknown here; allowed: %(keys)s.") % {"key": key, "keys": _listed(declared)}
        )
    if list(unkeepable(raw, key)):
        raise BadQuery(_("The value of attributes.%s is no text.") % key)
    described = declared[key]
    kind = described.get("type")
    if kind == "array":
        return {key: [_typed(described.get("items", {}).get("type", "string"), key, raw)]}
    return {key: _typed(kind, key, raw)}


def _typed(kind: object, key: str, raw: str) -> Any:
    kinds = kind if isinstance(kind, list) else [kind]
    if "boolean" in kinds and raw in ("true", "false"):
        return raw == "true"
    if "integer" in kinds and re.fullmatch(r"-?\d{1,30}", raw):
        return int(raw)
    if "number" in kinds and re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?", raw):
        return float(raw)
    if "string" in kinds or kinds == [None]:
        return raw
    expected = _(" or ").join(str(_TYPES.get(str(k), k)) for k in kinds)
    raise BadQuery(
        _("attributes.%(key)s is %(raw)s; it must be %(kind)s.") % {"key": key, "raw": raw[:80], "kind": expected}
    )
