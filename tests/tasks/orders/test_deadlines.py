"""Working time against worked examples and a slow clock that counts minute by minute."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.orders.deadlines import Calendar, Clock, NoOfficeHours, deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HOURS = ((time(8, 30), time(12)), (time(14, 30), time(18)))


def fixture_calendar(hours=HOURS):
    """2025 and 2026 as the State Council gave them."""
    with (Path(__file__).parents[3] / "fixtures" / "calendar.csv").open(encoding="utf-8", newline="") as file:
        rows = [(date.fromisoformat(r["date"]), r["kind"]) for r in csv.DictReader(file)]
    return Calendar(
        hours=hours,
        holidays=frozenset(day for day, kind in rows if kind == "holiday"),
        makeup_days=frozenset(day for day, kind in rows if kind == "makeup_workday"),
        known_years=frozenset(day.year for day, _kind in rows),
    )


CALENDAR = fixture_calendar()


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_the_calendar_has_248_working_days_in_each_known_year():
    for year in (2025, 2026):
        days = [date(year, 1, 1) + n * DAY for n in range(365)]
        assert sum(CALENDAR.is_working(day) for day in days) == 248


@pytest.mark.parametrize(
    ("start", "amount", "clock", "end"),
    [
        # domain/work.md §4: Saturday 14 February 2026 is worked; an hour is left on Friday, then three.
        ("2026-02-13 17:00", "4", Clock.HOURS, "2026-02-14 11:30"),
        # Sunday 20 September 2026 is worked: day 1 is Sunday, day 2 Monday; the day of dispatch is not counted.
        ("2026-09-18 10:00", "2", Clock.DAYS, "2026-09-21 18:00"),
        ("2026-09-18 23:59", "1", Clock.DAYS, "2026-09-20 18:00"),
        ("2026-02-13 17:00", "4", Clock.URGENT, "2026-02-13 21:00"),
        ("2026-02-15 03:00", "24", Clock.URGENT, "2026-02-16 03:00"),  # Spring Festival: urgent hours know none
        ("2026-11-25 09:00", "3", Clock.HOURS, "2026-11-25 12:00"),  # ends with the morning, not with the noon break
        ("2026-11-25 09:00", "3.5", Clock.HOURS, "2026-11-25 15:00"),
        ("2026-11-25 12:30", "1", Clock.HOURS, "2026-11-25 15:30"),  # begun in the break
        ("2026-11-25 06:00", "1", Clock.HOURS, "2026-11-25 09:30"),  # before the opening
        ("2026-11-27 20:00", "1", Clock.HOURS, "2026-11-30 09:30"),  # Friday evening
        ("2026-11-25 18:00", "0.5", Clock.HOURS, "2026-11-26 09:00"),  # at the close to the minute
        ("2026-02-13 17:00", "8", Clock.HOURS, "2026-02-14 18:00"),  # 1 h on Friday, 7 h on Saturday: ends with it
        ("2026-02-13 17:00", "8.25", Clock.HOURS, "2026-02-24 08:45"),  # and a quarter after the Spring Festival
        ("2026-09-30 09:00", "1", Clock.DAYS, "2026-10-08 18:00"),  # National Day
        ("2026-10-08 09:00", "2", Clock.DAYS, "2026-10-10 18:00"),  # a Saturday that is worked
        ("2026-10-08 09:00", "30", Clock.DAYS, "2026-11-18 18:00"),
        ("2026-11-25 09:00:30", "0.1", Clock.HOURS, "2026-11-25 09:06:30"),
    ],
)
def test_worked_examples(start, amount, clock, end):
    found = deadline(local(start), Decimal(amount), clock, CALENDAR)
    assert found.at == local(end)
    assert found.at.tzinfo is UTC
    assert not found.provisional


def slow(start, minutes, calendar):
    """Counts minute by minute: a minute is worked when both it and its end lie in one span of a working day."""
    at = start
    while True:
        day = at.date()
        for opens, closes in calendar.hours if calendar.is_working(day) else ():
            begins, ends = datetime.combine(day, opens, SHANGHAI), datetime.combine(day, closes, SHANGHAI)
            if begins <= at < ends:
                minutes -= 1
                break
        at += MINUTE
        if minutes == 0:
            return at


def slow_days(start, days, calendar):
    """Counts day by day on a list that was made beforehand."""
    working = [start.date() + n * DAY for n in range(1, 400) if calendar.is_working(start.date() + n * DAY)]
    return datetime.combine(working[days - 1], calendar.hours[-1][1], SHANGHAI)


starts = st.integers(0, 2 * 365 * 24 * 60 - 1).map(lambda n: datetime(2025, 1, 1, tzinfo=SHANGHAI) + n * MINUTE)
quarter_hours = st.lists(st.integers(0, 95), min_size=2, max_size=6, unique=True).map(sorted)
office_hours = quarter_hours.map(
    lambda q: tuple((time(a // 4, a % 4 * 15), time(b // 4, b % 4 * 15)) for a, b in zip(q[::2], q[1::2], strict=False))
)


@settings(max_examples=150, deadline=None)
@given(start=starts, minutes=st.integers(1, 40 * 60), hours=st.just(HOURS) | office_hours)
def test_working_hours_agree_with_the_slow_clock(start, minutes, hours):
    calendar = Calendar(hours, CALENDAR.holidays, CALENDAR.makeup_days, CALENDAR.known_years)
    a_day = sum(map(_length, hours))
    minutes = min(minutes, 20 * a_day)  # twenty days of very short hours are walked in bearable time
    assert deadline(start, Decimal(minutes) / 60, Clock.HOURS, calendar).at == slow(start, minutes, calendar)


def _length(span):
    opens, closes = span
    return (closes.hour - opens.hour) * 60 + closes.minute - opens.minute


@settings(max_examples=300, deadline=None)
@given(start=starts, days=st.integers(1, 120))
def test_working_days_agree_with_the_slow_count(start, days):
    assert deadline(start, Decimal(days), Clock.DAYS, CALENDAR).at == slow_days(start, days, CALENDAR)


@settings(deadline=None)
@given(start=starts, first=st.integers(1, 3000), second=st.integers(1, 3000))
def test_two_spans_one_after_the_other_are_as_long_as_their_sum(start, first, second):
    once = deadline(start, Decimal(first + second) / 60, Clock.HOURS, CALENDAR)
    half = deadline(start, Decimal(first) / 60, Clock.HOURS, CALENDAR)
    assert deadline(half.at, Decimal(second) / 60, Clock.HOURS, CALENDAR).at == once.at


@settings(deadline=None)
@given(start=starts, later=st.integers(1, 10**6), amount=st.integers(1, 60), clock=st.sampled_from(Clock))
def test_who_is_told_later_never_has_to_be_ready_earlier(start, later, amount, clock):
    first = deadline(start, Decimal(amount), clock, CALENDAR)
    second = deadline(start + timedelta(seconds=later), Decimal(amount), clock, CALENDAR)
    assert second.at >= first.at > start


@pytest.mark.parametrize(
    ("start", "amount", "clock", "provisional"),
    [
        ("2026-12-31 17:00", "1", Clock.HOURS, False),
        ("2026-12-31 17:00", "1.5", Clock.HOURS, True),
        ("2026-12-30 09:00", "1", Clock.DAYS, False),
        ("2026-12-31 09:00", "1", Clock.DAYS, True),
        ("2026-12-31 09:00", "48", Clock.URGENT, False),  # its hours know no holidays
        ("2024-12-31 09:00", "1", Clock.DAYS, True),  # begun in a year that is not known
    ],
)
def test_what_reaches_beyond_the_known_years_is_provisional(start, amount, clock, provisional):
    assert deadline(local(start), Decimal(amount), clock, CALENDAR).provisional is provisional


def test_beyond_the_known_years_monday_to_friday_counts():
    assert deadline(local("2026-12-31 09:00"), Decimal(1), Clock.DAYS, CALENDAR).at == local("2027-01-01 18:00")


@pytest.mark.parametrize(("amount", "clock"), [("0", Clock.HOURS), ("-1", Clock.URGENT), ("1.5", Clock.DAYS)])
def test_what_is_no_span_is_refused(amount, clock):
    with pytest.raises(ValueError, match="no span"):
        deadline(local("2026-11-25 09:00"), Decimal(amount), clock, CALENDAR)


def test_a_calendar_without_hours_or_working_days_is_refused_and_does_not_hang():
    start = local("2026-11-25 09:00")
    with pytest.raises(NoOfficeHours):
        deadline(start, Decimal(1), Clock.HOURS, Calendar(hours=()))
    never = frozenset(start.date() + n * DAY for n in range(6000))
    for clock in (Clock.HOURS, Clock.DAYS):
        with pytest.raises(NoOfficeHours):
            deadline(start, Decimal(1), clock, Calendar(hours=HOURS, holidays=never))
