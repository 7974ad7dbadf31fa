"""Time: stored in UTC, shown in Asia/Shanghai; a date without a time is midnight there."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from .errors import BadInput, BadQuery

SHANGHAI = ZoneInfo("Asia/Shanghai")


_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def now() -> datetime:
    """This instant, aware, in UTC; inside `standing_at` that one."""
    return _standing.get() or timezone.now()


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Within the block this task's clock stands at `instant`: how the demo lives through the past month in seconds."""
    token = _standing.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _standing.reset(token)


def today() -> date:
    """The date in Asia/Shanghai."""
    return now().astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """The first instant of a day in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def rfc3339(instant: datetime | None) -> str | None:
    """`2026-11-24T08:00:00+08:00`; fractions of a second only where there are some."""
    return None if instant is None else instant.astimezone(SHANGHAI).isoformat()


def parse_instant(raw: str, *, field: str) -> datetime:
    """An aware instant out of RFC 3339 with an offset; BadInput names the field otherwise."""
    try:
        parsed = parse_datetime(raw)
    except ValueError:
        parsed = None
    if parsed is None:
        raise BadInput(
            _("%(field)s is not a time; write it like 2026-11-24T08:00:00+08:00.") % {"field": field},
            [{"field": field, "detail": _("not an RFC 3339 time")}],
        )
    if parsed.tzinfo is None:
        raise BadInput(
            _("%(field)s has no offset; write it like 2026-11-24T08:00:00+08:00.") % {"field": field},
            [{"field": field, "detail": _("a time needs its offset from UTC")}],
        )
    return _kept(parsed, field)


def _kept(instant: datetime, field: str) -> datetime:
    """The instant, if its year is one that people write; beyond, neither zones nor PostgreSQL can tell it."""
    if not 1900 <= instant.year <= 2999:
        raise BadInput(
            _("%(field)s lies outside the years 1900 to 2999.") % {"field": field},
            [{"field": field, "detail": _("a year from 1900 to 2999 was expected")}],
        )
    return instant


def parse_bound(raw: str, *, field: str) -> datetime:
    """A bound of a period: an instant with offset, or a bare date, which is that midnight in Asia/Shanghai."""
    try:
        day = parse_date(raw) if len(raw) == 10 else None
    except ValueError:
        day = None
    return _kept(midnight(day), field) if day else parse_instant(raw, field=field)


def parse_address_bound(raw: str, *, field: str) -> datetime:
    """A bound that stands in an address. Raises BadQuery for what is no time, BadInput for a time without its offset."""
    # In an address an unescaped plus is a space: a time with "+08:00" is what was meant.
    text = raw.replace(" ", "+") if "T" in raw else raw
    try:
        return parse_bound(text, field=field)
    except BadInput as refusal:
        try:
            if parse_datetime(text) is not None:
                raise
        except ValueError:
            pass
        raise BadQuery(refusal.detail, [{"field": field, "detail": refusal.detail}]) from None
