"""Bodies: read once, refused with the place of each mistake."""

import json
import math
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.request import RawPostDataException
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from envmap.core import clock
from envmap.core.errors import BadInput, FieldError, TooLarge, UnknownKind

from .answers import JSON
from .words import sentence


class Body(BaseModel):
    """What a request may say; types are meant as written (`"5"` is no number), unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


def unsaid(**more: Any) -> Any:
    """A field that may be left out, which changes nothing, and not be null."""
    return Field(None, **more)


class Repeatable(Body):
    """A body whose request can be sent again without harm."""

    client_uuid: UUID | None = Field(
        None,
        description="Made anew for each thing asked; a repeat of the same request is answered with the first answer.",
    )


def _instant(raw: str) -> str:
    try:
        clock.parse_instant(raw, field="")
    except BadInput as refusal:
        raise PydanticCustomError("instant", "{why}", {"why": refusal.errors[0]["detail"]}) from None
    return raw


Instant = Annotated[
    str,
    AfterValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T08:00:00+08:00"]}),
]
"""A time with its offset; `instant()` makes a datetime of it."""


def instant(raw: str | None) -> datetime | None:
    """The datetime of a field of type Instant."""
    return None if raw is None else clock.parse_instant(raw, field="time")


B = TypeVar("B", bound=Body)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is beyond every number")
    return number


def raw_body(request: HttpRequest) -> bytes:
    """The bytes of the body. Raises TooLarge above DATA_UPLOAD_MAX_MEMORY_SIZE."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if announced > most:
        raise TooLarge(_("The body has %(n)d bytes; at most %(most)d are taken.") % {"n": announced, "most": most})
    try:
        return request.body
    except RawPostDataException:  # a form, which the check of its CSRF token has read already
        raise wrong_type(request, (JSON,)) from None


def wrong_type(request: HttpRequest, types: tuple[str, ...]) -> UnknownKind:
    """The refusal of a body's type, to be raised."""
    return UnknownKind(
        _("The body is %(given)s; %(taken)s is taken here.")
        % {"given": (request.content_type or _("of no type"))[:80], "taken": ", ".join(types)}
    )


def loosely(request: HttpRequest) -> dict[str, Any]:
    """The body's object before anything is judged: whatever cannot be read counts as nothing said."""
    try:
        said = json.loads(raw_body(request), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def holds_nul(value: Any) -> bool:
    """Whether any text within has a NUL character."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in key or holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(holds_nul(inner) for inner in value)


def strictly(request: HttpRequest, types: tuple[str, ...] = (JSON,)) -> dict[str, Any]:
    """The body's object; an empty body says nothing. Raises UnknownKind, BadInput."""
    raw = raw_body(request)
    if not raw:
        return {}
    if request.content_type not in types:
        raise wrong_type(request, types)
    try:
        said = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
        # PostgreSQL keeps neither NUL nor half a surrogate pair.
        json.dumps(said, ensure_ascii=False).encode()
        if holds_nul(said):
            raise ValueError("NUL")
    except UnicodeError:
        raise BadInput(_("The body is no UTF-8 text.")) from None
    except json.JSONDecodeError as error:
        raise BadInput(
            _("The body is no JSON: line %(line)d, column %(column)d.") % {"line": error.lineno, "column": error.colno}
        ) from None
    except (ValueError, RecursionError):
        raise BadInput(
            _("The body is no JSON that can be kept: NaN, infinity, NUL characters and deep nesting are not taken.")
        ) from None
    if not isinstance(said, dict):
        raise BadInput(_("The body is a JSON object; another kind of value came."))
    return said


def place(loc: tuple[int | str, ...], detail: str) -> FieldError:
    """One wrong place: the dotted field, and the row's index where the body has rows."""
    found: FieldError = {"field": ".".join(str(part) for part in loc), "detail": detail}
    index = next((part for part in loc if isinstance(part, int)), None)
    if index is not None:
        found["index"] = index
    return found


def checked(said: dict[str, Any], model: type[B]) -> B:
    """The object as `model`. Raises BadInput with every wrong place."""
    try:
        # By JSON once more, because only there does a strict model take a UUID's text for a UUID.
        return model.model_validate_json(json.dumps(said))
    except ValidationError as error:
        places = [place(e["loc"], sentence(e)) for e in error.errors(include_url=False)]
        told = " ".join(f"{p['field']}: {p['detail']}" for p in places[:5])
        raise BadInput(told, places[:200]) from None
