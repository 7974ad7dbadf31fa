"""A run of honest clients during which something is killed; the clients' own log is the truth."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from layers.sensors.ingest.hj212 import Frame, parse_time
from layers.sensors.simulation.runs import Run
from layers.sensors.simulation.values import Channel, Voice

STATIONS, READINGS, CONNECTIONS, UNANSWERED = 40, 20_000, 20, 100
FACTORS = ("a34002", "a34001", "a34004", "LA", "a01007")
FRAMES = READINGS // len(FACTORS)
Key = tuple[str, str, datetime | None]


def voices(mns: Sequence[str]) -> list[Voice]:
    """Stations that measure five factors below any limit."""
    channels = tuple(Channel(code, 0.05, 4) for code in FACTORS)
    return [Voice(mn, "123456", "39", 60, channels) for mn in mns]


def values_of(frame: Frame) -> Iterator[tuple[Key, Decimal]]:
    """Key and value of each reading of an acknowledged frame."""
    time = parse_time(frame.item("DataTime") or "")
    for name, value in frame.cp:
        factor, _, kind = name.rpartition("-")
        if kind == "Avg":
            yield (frame.mn, factor, time), Decimal(value)


@dataclass
class Log:
    """What the clients know: which frames were acknowledged, and how many were on their way at each kill."""

    frames: list[Frame] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)

    @property
    def readings(self) -> dict[Key, Decimal]:
        """Every acknowledged reading."""
        return dict(pair for frame in self.frames for pair in values_of(frame))


def run_and_kill(mns: Sequence[str], port: int, kill: Callable[[], object], *, times: int, seed: int) -> Log:
    """Send 20,000 readings over 20 connections; ``kill`` so many times at random moments with 100 frames unanswered."""
    log, chance = Log(), random.Random(seed)
    run = Run(
        voices(mns), host="127.0.0.1", port=port, rate=FRAMES, seconds=1, scenario="flood", connections=CONNECTIONS,
        on_answer=log.frames.append, patient=True,
    )  # fmt: skip
    marks = [int(FRAMES * (number + chance.random()) / (times + 1)) for number in range(times)]

    def unanswered() -> int:
        return sum(link.unanswered for link in run.links)

    async def main() -> None:
        sending = asyncio.create_task(run.run())
        for mark in marks:
            while len(log.frames) < mark or unanswered() < UNANSWERED:
                assert not sending.done(), "the run ended before the kill"
                await asyncio.sleep(0.002)
            log.unanswered.append(unanswered())
            await asyncio.to_thread(kill)
        await sending

    asyncio.run(main())
    assert run.tally.acknowledged_frames == len(log.frames) == FRAMES
    assert len(log.readings) == READINGS
    return log
