"""A feature as the GeoJSON document that POST and PATCH take (docs/interfaces.md §6). No database."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from envmap.core.errors import FieldError

from .texts import shown

GIVEN = ("code", "name", "department", "attributes")
"""Properties that an editor writes."""
FOUND = ("layer", "condition", "town", "version", "updated_at")
"""Properties that the product finds; sent back unchanged they do no harm, changed they are refused."""
_TOP = ("type", "id", "geometry", "properties", "client_uuid", "bbox", "links")


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396): null removes, objects merge, all else replaces; `target` is left as it is."""
    if not isinstance(patch, Mapping):
        return deepcopy(patch)
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _same(sent: Any, found: Any) -> bool:
    if isinstance(sent, str) and isinstance(found, datetime):
        try:
            return parse_datetime(sent) == found
        except ValueError:
            return False
    return type(sent) is type(found) and bool(sent == found)


def shape_errors(document: object, *, found: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a document's form, and what it would change that nobody may change.

    `found` holds `id` and the properties FOUND as they are (`updated_at` as an instant); None where there is none yet.
    """
    if not isinstance(document, Mapping):
        return [{"detail": _('A feature is a GeoJSON object {"type": "Feature", "geometry", "properties"}.')}]
    errors: list[FieldError] = []
    for key in document:
        if key not in _TOP:
            errors.append({"field": shown(key), "detail": _("is not known here; allowed: %s") % ", ".join(_TOP[:4])})
    if document.get("type", "Feature") != "Feature":
        errors.append({"field": "type", "detail": _("must be Feature")})
    if document.get("id") is not None and not _same(document["id"], found["id"]):
        errors.append({"field": "id", "detail": _("cannot be changed")})
    properties = document.get("properties", {})
    if not isinstance(properties, Mapping):
        errors.append({"field": "properties", "detail": _("must be an object")})
        return errors
    for key, value in properties.items():
        if key in FOUND:
            if value is None and found[key] is None:
                continue
            if not _same(value, found[key]):
                errors.append({"field": key, "detail": _("cannot be changed; the product finds it itself")})
        elif key not in GIVEN:
            allowed = ", ".join((*GIVEN, *FOUND))
            errors.append({"field": shown(key), "detail": _("is not known here; allowed: %s") % allowed})
    return errors
