"""A day of readings for the demo's stations: plausible values per factor, with a few that exceed. Pure and seeded."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

USUAL: dict[str, tuple[float, float, int]] = {
    "a34001": (0.16, 0.35, 3), "a34002": (0.068, 0.3, 3), "a34004": (0.031, 0.3, 3), "LA": (58.0, 0.06, 1),
    "a01007": (2.6, 0.4, 1), "a01008": (95.0, 0.5, 0), "w00000": (3.2, 0.25, 2), "w01001": (7.2, 0.02, 2),
    "w01018": (31.0, 0.15, 1), "w21003": (2.4, 0.3, 2), "w21011": (0.42, 0.25, 2), "wz0001": (7.4, 0.06, 2),
    "wz0051": (1.9, 0.15, 2),
}  # fmt: skip
"""Factor → middle value in its stored unit, relative spread, decimals. Middles lie well under every default rule."""

EXCEEDING: dict[str, float] = {
    "a34002": 0.196, "a34001": 0.52, "a34004": 0.074, "w01018": 78.0, "w21003": 9.6, "wz0051": 3.62, "wz0001": 10.8,
}  # fmt: skip
"""Where a value goes while its thing exceeds: above the default rule of its factor."""


@dataclass(frozen=True, slots=True)
class Value:
    """One reading: factor, kind (minute or hour), start of its period (aware), value in the stored unit."""

    factor: str
    kind: str
    time: datetime
    value: Decimal


def _daily(hour: float, factor: str) -> float:
    """How much of the usual value an hour of the day has: dust and noise follow the working day, water two peaks."""
    if factor.startswith("a34") or factor == "LA":
        depth = 0.06 if factor == "LA" else 0.35
        return 1 + depth * math.sin((hour - 8) / 24 * 2 * math.pi)
    if factor in ("w00000", "wz0051"):
        return 1 + 0.25 * math.sin((hour - 6) / 12 * 2 * math.pi)
    return 1.0


def values(
    factors: Sequence[str],
    *,
    kind: str,
    start: datetime,
    end: datetime,
    seed: str,
    exceeds_since: datetime | None = None,
) -> Iterator[Value]:
    """Readings of a kind from `start` (inclusive) to `end` (exclusive), hour by hour or minute by minute.

    From `exceeds_since` on, the factors of EXCEEDING stand above their rules. Equal arguments give equal readings, so
    that a repeated delivery is a duplicate and no conflict.
    """
    step = timedelta(hours=1) if kind == "hour" else timedelta(minutes=1)
    time = (
        start.replace(minute=0, second=0, microsecond=0) if kind == "hour" else start.replace(second=0, microsecond=0)
    )
    while time < start:
        time += step
    while time < end:
        rng = random.Random(f"{seed} {kind} {time.isoformat()}")
        hour = (time.hour + 8 + time.minute / 60) % 24  # the stations' clock is UTC+8, `time` is UTC
        for factor in factors:
            middle, spread, decimals = USUAL[factor]
            value = middle * _daily(hour, factor) * (1 + rng.uniform(-spread, spread) * 0.6)
            if exceeds_since is not None and time >= exceeds_since and factor in EXCEEDING:
                value = EXCEEDING[factor] * (1 + rng.uniform(-0.03, 0.12))
            yield Value(factor, kind, time, Decimal(f"{value:.{decimals}f}"))
        time += step
