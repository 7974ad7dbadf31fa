"""A run of so many frames at such a rate, by a scenario; counts what was acknowledged. Pure asyncio."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from layers.sensors.ingest.hj212 import SHANGHAI, Frame

from .client import Link
from .values import QuestionNumbers, Voice, periods, rounds

SCENARIOS: Final = ("normal", "exceed", "silent", "flood")
MINUTES_AT_MOST: Final = 1440
"""A station with more frames than minutes in a day sends real-time values, one a second, instead of minute means."""
ON_THE_WAY: Final = 50
"""Unanswered frames of one connection at most."""


@dataclass(slots=True)
class Tally:
    """What was sent and what was acknowledged."""

    frames: int = 0
    acknowledged_frames: int = 0
    acknowledged_readings: int = 0
    resent: int = 0
    failed: int = 0


class Run:
    """All stations of a run; ``run`` ends when every frame is acknowledged or given up."""

    def __init__(
        self,
        voices: Sequence[Voice],
        *,
        host: str,
        port: int,
        rate: float,
        seconds: float,
        scenario: str = "normal",
        seed: int = 1,
        connections: int = 10,
        on_answer: Callable[[Frame], None] | None = None,
        patient: bool = False,
    ) -> None:
        """
        :param rate: frames a second of all stations together; ``flood`` heeds it not and sends at once.
        :param patient: whether a lost connection counts as a resend (:class:`Link`).
        """
        self._voices, self._rate, self._seconds, self._scenario = voices, rate, seconds, scenario
        self._host, self._port, self._connections, self._patient = host, port, connections, patient
        self._seed, self._on_answer = seed, on_answer
        self.tally = Tally()
        self.links: list[Link] = []

    async def run(self) -> Tally:
        """Send all frames and wait for their answers."""
        total = max(1, round(self._rate * self._seconds))
        each = -(-total // len(self._voices))
        kind = "minute" if each <= MINUTES_AT_MOST else "realtime"
        times = periods(kind, each, datetime.now(SHANGHAI))
        self.links = [Link(self._host, self._port, patient=self._patient) for _ in range(self._connections)]
        rooms = [asyncio.Semaphore(ON_THE_WAY) for _ in self.links]
        where = {voice.mn: number % len(self.links) for number, voice in enumerate(self._voices)}
        numbers, loop = QuestionNumbers(), asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.TaskGroup() as group:
                for sent, (voice, turn) in enumerate(rounds(self._voices, total)):
                    if self._scenario != "flood":
                        await asyncio.sleep(max(0.0, began + sent / self._rate - loop.time()))
                    if self._is_quiet(voice, turn, each):
                        continue
                    frame = voice.frame(kind, times[turn], numbers.next(), exceeds=self._exceeds(voice, turn))
                    number = where[voice.mn]
                    await rooms[number].acquire()
                    self.tally.frames += 1
                    group.create_task(self._upload(self.links[number], frame, rooms[number]))
        finally:
            self.tally.resent = max(0, sum(link.sent for link in self.links) - self.tally.frames)
            for link in self.links:
                await link.close()
        return self.tally

    async def _upload(self, link: Link, frame: Frame, room: asyncio.Semaphore) -> None:
        try:
            if await link.upload(frame, self._on_answer):
                self.tally.acknowledged_frames += 1
                self.tally.acknowledged_readings += sum(name.endswith(("-Rtd", "-Avg")) for name, _value in frame.cp)
            else:
                self.tally.failed += 1
        finally:
            room.release()

    def _exceeds(self, voice: Voice, turn: int) -> bool:
        """Every third station exceeds for five of its turns in ten."""
        first = self._voices.index(voice) + self._seed
        return self._scenario == "exceed" and first % 3 == 0 and turn % 10 >= 5

    def _is_quiet(self, voice: Voice, turn: int, each: int) -> bool:
        """Every second station falls silent half way."""
        return self._scenario == "silent" and (self._voices.index(voice) + self._seed) % 2 == 0 and turn >= each / 2
