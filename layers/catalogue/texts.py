"""Text that the database can keep and people can read: checks for names, codes and whatever stands in JSON. Pure."""

import math
from collections.abc import Iterator

from django.utils.translation import gettext as _

from envmap.core.errors import FieldError

MAX_JSON_BYTES = 64 * 1024
"""Of a feature's attributes as JSON text: a form's worth, not a file."""


def shown(value: object) -> str:
    """What somebody sent, short enough and fit to be said back to them in a sentence."""
    text = str(value).encode("utf-8", "replace").decode().replace("\x00", "?")
    return text if len(text) <= 80 else f"{text[:79]}…"


def unkeepable(value: object, path: str) -> Iterator[FieldError]:
    """The places in a JSON value that PostgreSQL refuses: NUL, halves of surrogate pairs, NaN and infinities."""
    match value:
        case str():
            if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
                yield {"field": path, "detail": _("holds a character that is no text (NUL or half a surrogate pair)")}
        case bool() | None:
            return
        case float():
            if not math.isfinite(value):
                yield {"field": path, "detail": _("is not a finite number")}
        case dict():
            for key, inner in value.items():
                yield from unkeepable(key, path)
                yield from unkeepable(inner, f"{path}.{key}" if isinstance(key, str) and key.isprintable() else path)
        case list():
            for n, inner in enumerate(value):
                yield from unkeepable(inner, f"{path}[{n}]")


def text_errors(value: object, *, field: str, longest: int, may_be_empty: bool = False) -> list[FieldError]:
    """What is wrong with one line of text: its kind, its length, control characters."""
    if not isinstance(value, str):
        return [{"field": field, "detail": _("must be a text")}]
    if found := list(unkeepable(value, field)):
        return found
    if not value.strip() and not may_be_empty:
        return [{"field": field, "detail": _("must not be empty")}]
    if len(value) > longest:
        return [
            {"field": field, "detail": _("has %(n)d characters; at most %(max)d") % {"n": len(value), "max": longest}}
        ]
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        return [{"field": field, "detail": _("must be one line without control characters")}]
    return []


def names_errors(value: object, *, field: str = "names", longest: int = 100) -> list[FieldError]:
    """What is wrong with names in two languages: {"zh-hans", "en"}, the Chinese one needed."""
    if not isinstance(value, dict):
        return [{"field": field, "detail": _('must be an object {"zh-hans", "en"}')}]
    errors: list[FieldError] = []
    for key in value:
        if key not in ("zh-hans", "en"):
            errors.append({"field": f"{field}.{shown(key)}", "detail": _("is not one of zh-hans, en")})
    if "zh-hans" not in value:
        errors.append({"field": f"{field}.zh-hans", "detail": _("is missing")})
    for key in ("zh-hans", "en"):
        if key in value:
            errors += text_errors(value[key], field=f"{field}.{key}", longest=longest, may_be_empty=key == "en")
    return errors
