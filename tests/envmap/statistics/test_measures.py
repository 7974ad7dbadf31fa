"""Rates as published bulletins print them, and periods at the edges of days, weeks and years."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envmap.core.clock import SHANGHAI, midnight
from envmap.core.errors import BadQuery
from envmap.statistics.measures import percent
from envmap.statistics.periods import Period, keys, period


@pytest.mark.parametrize(
    ("part", "whole", "printed"),
    [
        (911, 972, 93.72), (737, 972, 75.82), (902, 956, 94.35), (9, 16, 56.25), (953, 996, 95.68), (43, 996, 4.32),  # Tianmen 2016-12
        (51229, 51571, 99.34), (49151, 51229, 95.94), (43523, 52434, 83.01), (40394, 52434, 77.04), (276, 52434, 0.53),
        (104, 52434, 0.20), (274, 18086, 1.51), (101, 18086, 0.56),  # Zhengzhou, week of 2019-04-08
        (14577 - 2159, 14577, 85.19),  # Xuchang 2022-01: due less overdue and open is closed
    ],
)  # fmt: skip
def test_published_rates_come_out_as_they_were_printed(part, whole, printed):
    assert percent(part, whole) == printed


def test_nothing_due_is_no_rate_and_a_half_goes_up():
    assert percent(0, 0) is None
    assert percent(0, 5) == 0.0
    assert percent(5, 5) == 100.0
    assert percent(1, 800) == 0.13  # 0.125 exactly
    assert percent(1, 16) == 6.25
    assert percent(1005, 100_000) == 1.01  # 1.005 exactly, which no float is


@given(whole=st.integers(1, 10**7), data=st.data())
def test_a_rate_is_rounded_once_from_the_exact_ratio(whole, data):
    part = data.draw(st.integers(0, whole))
    exact = Fraction(part * 100, whole)
    # Long division to 40 places decides every half, for no tie hides behind that many digits of so small a divisor.
    printed = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert percent(part, whole) == float(printed)


NOW = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # the first instant of 2027 in Asia/Shanghai


def test_without_bounds_a_period_is_the_calendar_year_there_and_not_in_utc():
    assert period(None, None, now=NOW) == Period(midnight(date(2027, 1, 1)), midnight(date(2028, 1, 1)))
    before = NOW - timedelta(microseconds=1)
    assert period(None, None, now=before) == Period(midnight(date(2026, 1, 1)), midnight(date(2027, 1, 1)))


def test_a_missing_bound_is_that_of_the_year():
    march = midnight(date(2027, 3, 1))
    assert period(march, None, now=NOW) == Period(march, midnight(date(2028, 1, 1)))
    assert period(None, march, now=NOW) == Period(midnight(date(2027, 1, 1)), march)
    past = midnight(date(2025, 1, 1))
    assert period(None, past, now=NOW) == Period(midnight(date(2024, 1, 1)), past)
    later = midnight(date(2030, 5, 1))
    assert period(later, None, now=NOW) == Period(later, midnight(date(2031, 1, 1)))


def test_an_empty_period_is_refused():
    for start, end in [(NOW, NOW), (NOW, NOW - timedelta(days=1))]:
        with pytest.raises(BadQuery):
            period(start, end, now=NOW)


def test_weeks_are_iso_weeks_and_belong_to_the_year_of_their_thursday():
    turn = Period(midnight(date(2026, 12, 27)), midnight(date(2027, 1, 5)))
    assert list(keys(turn, "week", until=turn.end)) == ["2026-W52", "2026-W53", "2027-W01"]
    assert list(keys(turn, "month", until=turn.end)) == ["2026-12", "2027-01"]


@given(
    start=st.dates(date(1995, 1, 1), date(2035, 1, 1)),
    days=st.integers(1, 800),
    by=st.sampled_from(["day", "week", "month"]),
)
def test_every_day_of_a_period_has_its_row_once_and_in_order(start, days, by):
    within = Period(midnight(start), midnight(start + timedelta(days=days)))
    found = list(keys(within, by, until=within.end))
    form = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}[by]
    wanted = sorted({(start + timedelta(days=n)).strftime(form) for n in range(days)})
    assert found == wanted


def test_too_many_days_are_refused_by_day_but_not_by_month():
    long = Period(midnight(date(2000, 1, 1)), midnight(date(2026, 1, 1)))
    with pytest.raises(BadQuery):
        list(keys(long, "day", until=long.end))
    assert len(list(keys(long, "month", until=long.end))) == 26 * 12


def test_what_lies_after_today_has_no_empty_rows():
    year = Period(midnight(date(2026, 1, 1)), midnight(date(2027, 1, 1)))
    today = datetime(2026, 2, 3, 12, tzinfo=SHANGHAI)
    assert list(keys(year, "month", until=today)) == ["2026-01", "2026-02"]
