"""What simulated stations measure: the same arguments give the same values, so a repeated frame is a duplicate. Pure."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Final

from layers.sensors.ingest.hj212 import SHANGHAI, Frame

CN: Final = {"realtime": "2011", "minute": "2051", "hour": "2061", "day": "2031"}
_FIELD: Final = {"realtime": "Rtd"}
EXCEEDS_BY: Final = 1.25


@dataclass(frozen=True, slots=True)
class Channel:
    """One factor of a station on its wire: the usual value and the rules' lowest ceiling, both in the wire's unit."""

    factor: str
    usual: float
    decimals: int
    ceiling: float | None = None
    spread: float = 0.12

    def value(self, seed: str, at: datetime, *, exceeds: bool = False) -> Decimal:
        """The value of the period that begins at ``at``: it wanders over the day and stays clear of the ceiling."""
        chance = random.Random(f"{seed} {self.factor} {at.isoformat()}")
        if exceeds and self.ceiling is not None:
            value = self.ceiling * EXCEEDS_BY * (1 + chance.uniform(0, 0.2))
        else:
            hour = at.astimezone(SHANGHAI).hour + at.minute / 60
            daily = 1 + 0.1 * math.sin((hour - 8) / 24 * 2 * math.pi)
            value = self.usual * daily * (1 + chance.uniform(-self.spread, self.spread))
            if self.ceiling is not None and self.usual < self.ceiling:
                value = min(value, self.ceiling * 0.8)
        return Decimal(f"{value:.{self.decimals}f}")


@dataclass(frozen=True, slots=True)
class Voice:
    """A station as it speaks: how it is known, how often it speaks, and what it measures."""

    mn: str
    password: str
    st: str
    interval: int
    channels: tuple[Channel, ...]

    def recovered(self) -> "Voice":
        """The same station with every value back below its ceiling."""
        return replace(
            self,
            channels=tuple(
                one if one.ceiling is None else replace(one, usual=min(one.usual, one.ceiling * 0.6))
                for one in self.channels
            ),
        )

    def frame(self, kind: str, at: datetime, qn: str, *, exceeds: bool = False) -> Frame:
        """An upload of one period (or moment) that asks for an answer."""
        field, items = _FIELD.get(kind, "Avg"), [("DataTime", at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S"))]
        for channel in self.channels:
            value = channel.value(self.mn, at, exceeds=exceeds)
            if kind != "realtime":
                near = value * Decimal("0.05")
                places = Decimal(1).scaleb(-channel.decimals)
                items.append((f"{channel.factor}-Min", str((value - near).quantize(places))))
                items.append((f"{channel.factor}-{field}", str(value)))
                items.append((f"{channel.factor}-Max", str((value + near).quantize(places))))
            else:
                items.append((f"{channel.factor}-{field}", str(value)))
            items.append((f"{channel.factor}-Flag", "N"))
        return Frame(
            qn=qn, st=self.st or "39", cn=CN[kind], pw=self.password or "000000", mn=self.mn, flag=5, cp=tuple(items)
        )


class QuestionNumbers:
    """QNs of seventeen digits that never repeat: the clock's, moved on by a millisecond where it stands still."""

    def __init__(self) -> None:
        self._last = datetime.min.replace(tzinfo=SHANGHAI)

    def next(self) -> str:
        """The next one."""
        now = datetime.now(SHANGHAI)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = max(now, self._last + timedelta(milliseconds=1))
        return self._last.strftime("%Y%m%d%H%M%S") + f"{self._last.microsecond // 1000:03}"


def periods(kind: str, total: int, until: datetime) -> list[datetime]:
    """The last ``total`` periods (minutes, or seconds for real-time values) that are over at ``until``, ascending."""
    step = timedelta(seconds=1) if kind == "realtime" else timedelta(minutes=1)
    last = until.replace(microsecond=0) if kind == "realtime" else until.replace(second=0, microsecond=0)
    return [last - step * number for number in range(total, 0, -1)]


def rounds(voices: Sequence[Voice], total: int) -> Iterable[tuple[Voice, int]]:
    """``total`` turns round the stations: each with the number of its own turn."""
    for turn in count():
        for voice in voices:
            if total == 0:
                return
            total -= 1
            yield voice, turn
