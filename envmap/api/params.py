"""Query parameters: each is declared, an unknown one or an unknown value is refused and told what is allowed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from envmap.core import clock
from envmap.core.errors import BadQuery, FieldError

from .words import sentence

LIMIT = 100
MOST = 1000


class Query(BaseModel):
    """The parameters of one operation; `prefixes` are dotted names (`attributes.`) whose tails are free."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)
    prefixes: ClassVar[tuple[str, ...]] = ()
    takes_times: ClassVar[bool] = False  # a time without offset is 422


class Paged(Query):
    """What every list takes."""

    limit: int = Field(LIMIT, ge=1, le=MOST, description="How many items at most.")
    cursor: str | None = Field(None, max_length=1000, description="`next` of the page before; opaque.")


PERIOD = "RFC 3339 with offset, or a date, which is that midnight in Asia/Shanghai"


class Period(Query):
    """A period: `from` inclusive, `to` exclusive."""

    takes_times: ClassVar[bool] = True

    start: str | None = Field(None, alias="from", description=f"Inclusive. {PERIOD}.", examples=["2026-11-24"])
    end: str | None = Field(None, alias="to", description=f"Exclusive. {PERIOD}.", examples=["2026-11-25"])

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """The two instants. Raises BadInput for a time without offset, BadQuery for no time at all."""
        start, end = bound(self.start, "from"), bound(self.end, "to")
        if start and end and start > end:
            raise bad("from", _("from lies after to."))
        return start, end


Q = TypeVar("Q", bound=Query)


def bad(name: str, detail: str) -> BadQuery:
    """A refusal of one parameter, to be raised."""
    return BadQuery(detail, [{"field": name, "detail": detail}])


def unknown(name: str, value: str, allowed: Iterable[str] = ()) -> BadQuery:
    """A refusal of a value that names nothing known; says what is allowed where that can be listed."""
    listed = ", ".join(allowed)
    if listed:
        return bad(
            name,
            _("%(name)s is %(value)s; it is one of: %(allowed)s.")
            % {"name": name, "value": value[:80], "allowed": listed},
        )
    return bad(name, _("%(name)s %(value)s is not known.") % {"name": name, "value": value[:80]})


def bound(raw: str | None, name: str) -> datetime | None:
    """A bound of a period, or None."""
    return None if raw is None else clock.parse_address_bound(raw, field=name)


def names_of(model: type[Query]) -> list[str]:
    """The parameters that a model takes, as they are written."""
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [*names, *(f"{prefix}<key>" for prefix in model.prefixes)]


def read(request: HttpRequest, model: type[Q]) -> Q:
    """The request's parameters as `model`. Raises BadQuery that names what is allowed."""
    given: dict[str, Any] = {}
    allowed = names_of(model)
    for name, values in request.GET.lists():
        if "\x00" in name or any("\x00" in value for value in values):
            raise bad(name.replace("\x00", "?"), _("A parameter holds a NUL character."))
        if name not in allowed and not any(name.startswith(p) and name != p for p in model.prefixes):
            takes = ", ".join(allowed) or _("none")
            raise bad(
                name,
                _("Unknown parameter %(name)s; this address takes: %(allowed)s.")
                % {"name": name[:80], "allowed": takes},
            )
        if len(values) > 1:
            raise bad(name, _("%(name)s is given more than once.") % {"name": name[:80]})
        if name in allowed:
            given[name] = values[0]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        places: list[FieldError] = [
            {"field": ".".join(map(str, e["loc"])), "detail": sentence(e)} for e in error.errors(include_url=False)
        ]
        raise BadQuery(" ".join(f"{p.get('field')}: {p['detail']}" for p in places), places) from None


def free(request: HttpRequest, prefix: str) -> dict[str, str]:
    """The parameters below a dotted prefix, without it."""
    return {name.removeprefix(prefix): str(value) for name, value in request.GET.items() if name.startswith(prefix)}


def bbox(raw: str | None) -> tuple[float, float, float, float] | None:
    """`w,s,e,n` in degrees, EPSG:4326. Raises BadQuery."""
    if raw is None:
        return None
    try:
        west, south, east, north = (float(part) for part in raw.split(","))
    except ValueError:
        raise bad("bbox", _("bbox is four numbers: west,south,east,north.")) from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise bad("bbox", _("bbox is west,south,east,north in degrees: west ≤ east, south ≤ north, inside the world."))
    return west, south, east, north
