"""Deadlines in working time: three clocks over a calendar. Pure: imports nothing of Django.

Sources (domain/work.md §4): the day of dispatch is not counted (Civil Code art. 201), a term of days ends at the close
of business of its last working day (art. 203); 紧急工作时 runs 24 h × 7 d, 工作时 only within office hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
_DAY = timedelta(days=1)
_SATURDAY = 5
_LONGEST = 4000
"""Days that are walked at most: a calendar that has no working day at all must not hang an action."""


class Clock(StrEnum):
    """Which hours count."""

    URGENT = "urgent"
    HOURS = "hours"
    DAYS = "days"


class NoOfficeHours(ValueError):
    """A clock of working time was asked of a calendar without office hours or working days."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant in UTC; provisional where it depends on a year whose holidays are not known yet."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days and office hours of a place, in local time.

    `hours` are spans in rising order that do not overlap; `holidays` and `makeup_days` what differs from Monday to
    Friday; `known_years` those whose notice is loaded.
    """

    hours: tuple[tuple[time, time], ...]
    holidays: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()
    known_years: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Monday to Friday, unless the notice says otherwise."""
        if day in self.makeup_days:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The office hours of a day, aware; none on a day off."""
        if not self.is_working(day):
            return []
        return [(datetime.combine(day, a, LOCAL), datetime.combine(day, b, LOCAL)) for a, b in self.hours]

    def knows(self, first: date, last: date) -> bool:
        """Whether every year between the two days is loaded."""
        return all(year in self.known_years for year in range(first.year, last.year + 1))


def deadline(start: datetime, amount: Decimal, clock: Clock, calendar: Calendar) -> Deadline:
    """When `amount` (hours; for the clock of days whole days) after `start` (aware) is over.

    Raises ValueError for an amount that is not positive or, with days, not whole; NoOfficeHours.
    """
    if amount <= 0 or (clock is Clock.DAYS and amount != int(amount)):
        raise ValueError(f"{amount} is no span for the clock of {clock}.")
    local = start.astimezone(LOCAL)
    if clock is Clock.URGENT:
        return Deadline(start.astimezone(UTC) + _hours(amount), provisional=False)
    if not calendar.hours:
        raise NoOfficeHours("The calendar has no office hours.")
    end = _days_on(local, int(amount), calendar) if clock is Clock.DAYS else _hours_on(local, _hours(amount), calendar)
    return Deadline(end.astimezone(UTC), provisional=not calendar.knows(local.date(), end.date()))


def _hours(amount: Decimal) -> timedelta:
    """Exact to the microsecond: 0.1 h is 6 min, which a float would miss; a third of an hour is 20 min."""
    return timedelta(microseconds=int((amount * 3_600_000_000).to_integral_value()))


def _walk(first: date) -> Iterator[date]:
    for n in range(_LONGEST):
        yield first + n * _DAY
    raise NoOfficeHours(f"The calendar has no working day in the {_LONGEST} days after {first}.")


def _days_on(start: datetime, days: int, calendar: Calendar) -> datetime:
    for day in _walk(start.date() + _DAY):
        if calendar.is_working(day):
            days -= 1
            if days == 0:
                return calendar.spans(day)[-1][1]
    raise AssertionError  # _walk raises


def _hours_on(start: datetime, left: timedelta, calendar: Calendar) -> datetime:
    for day in _walk(start.date()):
        for opens, closes in calendar.spans(day):
            begin = max(opens, start)
            if begin >= closes:
                continue
            if left <= closes - begin:
                return begin + left
            left -= closes - begin
    raise AssertionError  # _walk raises
