"""When an alarm begins and when it ends: arithmetic over values and times, nothing of Django, no clock of its own.

A rule holds at a reading when that reading and all usable ones of the last ``duration`` lie above the ceiling, without
a gap wider than ``gap``, and at least one of them is as old as ``duration``: a value that has stood above the ceiling
for one minute has not stood there for five. It is cleared by one usable reading below ``clear_below``. A reading that
arrives after a newer one has been judged decides nothing by itself; it only counts as what was known when a still
newer one is judged (docs/interfaces.md, Rule).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypedDict

KIND_PERIOD: Final = {
    "realtime": timedelta(0),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
"""How far apart readings of a kind lie at least; a station's expected interval says how often it speaks at all."""

CLOCK_AHEAD: Final = timedelta(hours=1)
CLOCK_EARLIEST_YEAR: Final = 2005
"""HJ/T 212 is of 2005: older times come from a clock that was reset (1970, 2000)."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rule's numbers. ``gap`` is the widest distance of two readings that still counts as unbroken."""

    above: Decimal
    clear_below: Decimal
    duration: timedelta
    gap: timedelta

    @property
    def reach(self) -> timedelta:
        """How far back readings can matter to a judgement."""
        return self.duration + self.gap if self.duration else timedelta(0)


@dataclass(frozen=True, slots=True)
class Sample:
    """A usable reading: its time (aware) and its value in the factor's stored unit."""

    time: datetime
    value: Decimal


class StateDict(TypedDict):
    """A state as JSON keeps it."""

    alarming: bool
    decided_at: str | None


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a rule at a station: whether it alarms, and the time of the newest reading that was judged."""

    alarming: bool = False
    decided_at: datetime | None = None

    def as_json(self) -> StateDict:
        """For a JSON column."""
        return {"alarming": self.alarming, "decided_at": self.decided_at.isoformat() if self.decided_at else None}

    @classmethod
    def from_json(cls, data: StateDict | dict[str, object]) -> "State":
        """Back out of a JSON column; an empty object is the beginning."""
        decided = data.get("decided_at")
        return cls(bool(data.get("alarming")), datetime.fromisoformat(str(decided)) if decided else None)


class Step(StrEnum):
    """What one reading did to an alarm."""

    RAISED = "raised"
    HELD = "held"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Change:
    """A step of an alarm with the reading that decided it."""

    step: Step
    at: datetime
    value: Decimal


def gap_of(expected_interval: int, kind: str) -> timedelta:
    """Twice the seconds within which a station is expected to speak, but never less than twice the kind's own period."""
    return 2 * max(timedelta(seconds=expected_interval), KIND_PERIOD[kind])


def is_usable(value: Decimal | None, flag: str | None, *, require_flag: bool) -> bool:
    """Whether a reading may decide: it has a value and the flag ``N``, or no flag where the station need not send one."""
    return value is not None and (flag == "N" or (flag is None and not require_flag))


def is_plausible(time: datetime, received_at: datetime) -> bool:
    """Whether a station's clock can be right: not reset to long ago, not more than an hour ahead of the arrival."""
    return time.year >= CLOCK_EARLIEST_YEAR and time <= received_at + CLOCK_AHEAD


def late(state: State, time: datetime) -> bool:
    """Whether a newer reading has been judged already."""
    return state.decided_at is not None and time <= state.decided_at


def looks_back(threshold: Threshold, state: State, new: Iterable[Sample]) -> tuple[datetime, datetime] | None:
    """The span of readings that :func:`judge` must be given, or None where the new ones suffice."""
    if not threshold.duration:
        return None
    times = [s.time for s in new if not late(state, s.time) and s.value > threshold.above]
    return (min(times) - threshold.reach, max(times)) if times else None


def judge(
    threshold: Threshold, state: State, new: Sequence[Sample], known: Sequence[Sample] = ()
) -> tuple[State, list[Change]]:
    """Judge new readings of one rule at one station.

    :param new: usable readings that were not known before, in any order.
    :param known: all usable readings within :func:`looks_back`'s span (the new ones may be among them).
    :returns: the state after them, and the alarm's steps in the order of time.
    """
    by_time = {sample.time: sample.value for sample in known} | {sample.time: sample.value for sample in new}
    times = sorted(by_time)
    alarming, decided_at, changes = state.alarming, state.decided_at, []
    for sample in sorted(new, key=lambda one: one.time):
        if decided_at is not None and sample.time <= decided_at:
            continue
        decided_at = sample.time
        if alarming:
            alarming = not sample.value < threshold.clear_below
            changes.append(Change(Step.HELD if alarming else Step.CLEARED, sample.time, sample.value))
        elif _holds(threshold, sample, times, by_time):
            alarming = True
            changes.append(Change(Step.RAISED, sample.time, sample.value))
    return State(alarming, decided_at), changes


def _holds(threshold: Threshold, at: Sample, times: Sequence[datetime], values: dict[datetime, Decimal]) -> bool:
    """Walk back from a reading for as long as readings exceed without a gap, until ``duration`` is reached."""
    if at.value <= threshold.above:
        return False
    since, later = at.time - threshold.duration, at.time
    if later <= since:
        return True
    for time in reversed(times[: bisect_right(times, at.time) - 1]):
        if later - time > threshold.gap or values[time] <= threshold.above:
            return False
        later = time
        if time <= since:
            return True
    return False
