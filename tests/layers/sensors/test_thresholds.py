"""Alarm arithmetic: cases that can be read aloud, and a slow reference that must always agree."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.sensors.thresholds import (
    Change,
    Sample,
    State,
    Step,
    Threshold,
    gap_of,
    is_plausible,
    is_usable,
    judge,
    looks_back,
)

START = datetime(2026, 11, 24, tzinfo=UTC)
HIGH, LOW, BETWEEN = Decimal("0.153"), Decimal("0.1"), Decimal("0.14")
AT_ONCE = Threshold(Decimal("0.15"), Decimal("0.13"), timedelta(0), timedelta(minutes=2))
FIVE_MINUTES = Threshold(Decimal("0.15"), Decimal("0.13"), timedelta(minutes=5), timedelta(minutes=2))


def minute(number: float, value: Decimal) -> Sample:
    return Sample(START + timedelta(minutes=number), value)


def steps(threshold: Threshold, *samples: Sample) -> list[Step]:
    return [change.step for change in judge(threshold, State(), samples)[1]]


def test_one_reading_above_raises_a_rule_without_duration() -> None:
    state, changes = judge(AT_ONCE, State(), [minute(0, HIGH)])
    assert (state, changes) == (State(True, START), [Change(Step.RAISED, START, HIGH)])


def test_the_limit_itself_is_not_above() -> None:
    assert steps(AT_ONCE, minute(0, Decimal("0.15"))) == []


def test_only_a_value_below_the_lower_mark_clears() -> None:
    samples = [minute(0, HIGH), minute(1, BETWEEN), minute(2, Decimal("0.13")), minute(3, LOW)]
    assert steps(AT_ONCE, *samples) == [Step.RAISED, Step.HELD, Step.HELD, Step.CLEARED]


def test_a_duration_must_have_passed() -> None:
    assert steps(FIVE_MINUTES, *(minute(n, HIGH) for n in range(5))) == []
    assert steps(FIVE_MINUTES, *(minute(n, HIGH) for n in range(6))) == [Step.RAISED]


def test_one_low_reading_or_a_wide_gap_begins_the_duration_anew() -> None:
    assert steps(FIVE_MINUTES, *(minute(n, LOW if n == 3 else HIGH) for n in range(8))) == []
    assert steps(FIVE_MINUTES, *(minute(n, HIGH) for n in (0, 1, 2, 5, 6))) == []
    assert steps(FIVE_MINUTES, *(minute(n, HIGH) for n in (0, 2, 4, 6))) == [Step.RAISED]


def test_a_late_reading_neither_raises_nor_clears() -> None:
    state, _ = judge(AT_ONCE, State(), [minute(5, LOW)])
    assert judge(AT_ONCE, state, [minute(4, HIGH)]) == (state, [])
    state, _ = judge(AT_ONCE, State(), [minute(5, HIGH)])
    assert judge(AT_ONCE, state, [minute(4, LOW)]) == (state, [])


def test_readings_of_one_batch_are_judged_in_the_order_of_their_times() -> None:
    assert steps(AT_ONCE, minute(2, LOW), minute(1, HIGH)) == [Step.RAISED, Step.CLEARED]


def test_a_late_reading_counts_when_a_newer_one_is_judged() -> None:
    before = [minute(n, HIGH) for n in (0, 2, 4)]
    state, _ = judge(FIVE_MINUTES, State(), before)
    late = minute(3, LOW)
    state, _ = judge(FIVE_MINUTES, state, [late], [*before, late])
    assert judge(FIVE_MINUTES, state, [minute(6, HIGH)], [*before, late])[1] == []


@pytest.mark.parametrize(
    ("value", "flag", "required", "usable"),
    [
        (HIGH, "N", False, True),
        (HIGH, "N", True, True),
        (HIGH, None, False, True),
        (HIGH, None, True, False),
        (None, "N", False, False),
        *((HIGH, flag, False, False) for flag in ("T", "S", "F", "M", "C", "D", "B", "3", "n", "")),
    ],
)
def test_which_readings_may_decide(value: Decimal | None, flag: str | None, required: bool, usable: bool) -> None:
    assert is_usable(value, flag, require_flag=required) is usable


@pytest.mark.parametrize(
    ("time", "plausible"),
    [
        (START, True),
        (START + timedelta(minutes=59), True),
        (START + timedelta(hours=2), False),
        (START - timedelta(days=3000), True),
        (START.replace(year=2000), False),
        (START.replace(year=1970), False),
    ],
)
def test_impossible_clocks_are_told(time: datetime, plausible: bool) -> None:
    assert is_plausible(time, START) is plausible


def test_an_hourly_factor_of_a_station_that_speaks_each_minute_has_hourly_gaps() -> None:
    assert gap_of(60, "minute") == timedelta(minutes=2)
    assert gap_of(60, "hour") == timedelta(hours=2)
    assert gap_of(300, "realtime") == timedelta(minutes=10)


def test_a_state_survives_its_json_form() -> None:
    for state in (State(), State(True, START)):
        assert State.from_json(state.as_json()) == state
    assert State.from_json({}) == State()


def slowly(threshold: Threshold, batches: list[list[Sample]]) -> list[tuple[datetime, Step]]:
    """The rule as its definition reads, over everything that has arrived, without any short cut."""
    arrived: list[Sample] = []
    newest: datetime | None = None
    alarming = False
    told = []
    for batch in batches:
        arrived += batch
        for sample in sorted(batch, key=lambda one: one.time):
            if newest is not None and sample.time <= newest:
                continue
            newest = sample.time
            if alarming:
                if sample.value < threshold.clear_below:
                    alarming = False
                    told.append((sample.time, Step.CLEARED))
                continue
            known = sorted((one for one in arrived if one.time <= sample.time), key=lambda one: one.time)
            for first in range(len(known)):
                window = known[first:]
                covers = window[0].time <= sample.time - threshold.duration
                exceed = all(one.value > threshold.above for one in window)
                gaps = [b.time - a.time for a, b in itertools.pairwise(window)]
                if covers and exceed and all(gap <= threshold.gap for gap in gaps):
                    alarming = True
                    told.append((sample.time, Step.RAISED))
                    break
    return told


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([HIGH, HIGH, HIGH, BETWEEN, LOW])),
        max_size=40,
        unique_by=lambda pair: pair[0],
    ),
    st.lists(st.integers(1, 6), min_size=1, max_size=40),
    st.sampled_from([0, 1, 3, 5]),
    st.integers(1, 3),
    st.randoms(use_true_random=False),
)
def test_the_slow_reference_agrees_for_any_order_and_batching(
    readings: list[tuple[int, Decimal]], sizes: list[int], minutes: int, gap: int, chance: object
) -> None:
    samples = [minute(number, value) for number, value in readings]
    # Mostly in order, with some late ones, as stations send after an outage.
    samples.sort(key=lambda one: one.time + timedelta(minutes=chance.choice([0, 0, 0, 6])))  # type: ignore[attr-defined]
    batches = []
    while samples:
        size = sizes[len(batches) % len(sizes)]
        batches.append(samples[:size])
        samples = samples[size:]
    threshold = Threshold(Decimal("0.15"), Decimal("0.13"), timedelta(minutes=minutes), timedelta(minutes=gap))
    state, stored, told = State(), [], []
    for batch in batches:
        stored += batch
        span = looks_back(threshold, state, batch)
        known = [one for one in stored if span and span[0] <= one.time <= span[1]]
        state, changes = judge(threshold, state, batch, known)
        told += [(change.at, change.step) for change in changes if change.step is not Step.HELD]
    assert told == slowly(threshold, batches)
