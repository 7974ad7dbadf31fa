"""Periods of a count: half-open, bounded by midnights of Asia/Shanghai unless somebody names an instant. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from envmap.core.clock import SHANGHAI, midnight
from envmap.core.errors import BadQuery

MOST_DAYS = 1100
"""As many days a table by day may have: three years."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive), aware instants."""

    start: datetime
    end: datetime


def period(start: datetime | None, end: datetime | None, *, now: datetime) -> Period:
    """The named period; without bounds the calendar year of `now` in Asia/Shanghai, without one of them that year's.

    A start after that year, or an end before it, has its own year's other bound. Raises BadQuery for an empty period.
    """
    year = now.astimezone(SHANGHAI).year
    if start is None:
        first = min(year, (end - timedelta(microseconds=1)).astimezone(SHANGHAI).year) if end else year
        start = midnight(date(first, 1, 1))
    if end is None:
        last = max(year, start.astimezone(SHANGHAI).year)
        end = midnight(date(last + 1, 1, 1))
    if start >= end:
        raise BadQuery(_("The period is empty: from must lie before to."))
    return Period(start, end)


def key_of(day: date, by: str) -> str:
    """How a day, an ISO week (ISO 8601: Monday first, week 1 holds the year's first Thursday) or a month is called."""
    if by == "day":
        return day.isoformat()
    if by == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day:%Y-%m}"


def keys(within: Period, by: str, *, until: datetime) -> Iterator[str]:
    """The keys of all days, weeks or months of a period up to `until`, each once, also those in which nothing was.

    Raises BadQuery for more days than a table may have.
    """
    first = within.start.astimezone(SHANGHAI).date()
    last = (min(within.end, max(until, within.start)) - timedelta(microseconds=1)).astimezone(SHANGHAI).date()
    if by == "day" and (last - first).days > MOST_DAYS:
        raise BadQuery(_("By day at most %d days can be counted; ask for a shorter period, or by week.") % MOST_DAYS)
    before, day = "", first
    while day <= last:
        key = key_of(day, by)
        if key != before:
            yield key
            before = key
        day += timedelta(days=1)
