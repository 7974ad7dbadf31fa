"""The demo district's heartbeat: every station speaks at its own pace, now and then one exceeds; it never ends."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from asgiref.sync import sync_to_async
from django.db import connection

from layers.sensors.ingest.hj212 import SHANGHAI

from . import district
from .client import Link
from .values import QuestionNumbers, Voice

log = logging.getLogger(__name__)

CONNECTIONS: Final = 8
LOOK_AGAIN_SECONDS: Final = 60
EPISODE_EVERY_MINUTES: Final = 20
EPISODE_MINUTES: Final = 6
RECOVERY: Final = timedelta(minutes=90)
"""A station that was above its limit when the heartbeat began comes back below it after so long."""


class Heartbeat:
    """Speaks for all stations of the district, by the clock; reconnects while the gateway is away."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """:param now: the time in Asia/Shanghai. :param sleep: waits for seconds of that time."""
        self._host, self._port, self._now, self._sleep = host, port, now, sleep
        self._numbers = QuestionNumbers()
        self._voices: dict[str, Voice] = {}
        self._silent: set[str] | None = None
        self._known: set[int] = set()
        self._began = now()

    async def run(self) -> None:
        """For ever."""
        links = [Link(self._host, self._port, patient=True) for _ in range(CONNECTIONS)]
        speaking: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                await self._look()
                for place, mn in enumerate(sorted(self._voices)):
                    if mn not in speaking or speaking[mn].done():
                        speaking[mn] = asyncio.create_task(self._speak(mn, links[place % len(links)]))
                await asyncio.sleep(LOOK_AGAIN_SECONDS if self._voices else 5)
        finally:
            for task in speaking.values():
                task.cancel()
            await asyncio.gather(*speaking.values(), return_exceptions=True)
            for link in links:
                await link.close()

    async def _look(self) -> None:
        """Which stations there are now; those that the demo wants silent stay so. Known ones keep their ways.

        Where none of the known stations is there any more, `make demo` has built another stage: its stations bear the
        same MN, but what the old ones measured last is no matter of theirs.
        """

        def read() -> list[Voice]:
            try:
                return read_open()
            finally:
                connection.close()  # the next look is minutes away

        def read_open() -> list[Voice]:
            stations = district.stations_to_speak_for()
            there = {station.pk for station in stations}
            if self._known and there and not self._known & there:
                self._voices, self._silent, self._began = {}, None, self._now()
            self._known = there or self._known
            if self._silent is None and stations:
                self._silent = district.meant_to_be_silent(stations)
            return district.voices([one for one in stations if one.mn not in (self._silent or ())])

        try:
            found = await sync_to_async(read)()
        except Exception as error:  # the database may be starting; this process outlives that
            log.warning("The stations could not be read, trying again: %s", error)
            return
        there = {voice.mn for voice in found}
        self._voices = {mn: voice for mn, voice in self._voices.items() if mn in there}
        for voice in found:
            if voice.channels:
                self._voices.setdefault(voice.mn, voice)

    async def _speak(self, mn: str, link: Link) -> None:
        """One station: a minute's means at its pace, an hour's when the hour has turned."""
        offset = int(hashlib.sha256(mn.encode()).hexdigest(), 16) % 45 + 5  # not all at the same second
        hour_told: datetime | None = None
        while voice := self._voices.get(mn):
            now = self._now()
            if now - self._began > RECOVERY:
                voice = voice.recovered()
            step = max(60, voice.interval)
            due = datetime.fromtimestamp((now.timestamp() - offset) // step * step + step + offset, SHANGHAI)
            await self._sleep((due - now).total_seconds())
            minute = due.replace(second=0, microsecond=0) - timedelta(minutes=1)
            await link.upload(voice.frame("minute", minute, self._numbers.next(), exceeds=_in_episode(mn, minute)))
            hour = minute.replace(minute=0) - timedelta(hours=1)
            if hour != hour_told:
                await link.upload(voice.frame("hour", hour, self._numbers.next()))
                hour_told = hour


def _in_episode(mn: str, minute: datetime) -> bool:
    """Whether this station is the one that exceeds now: in each span one in two hundred is drawn, for some minutes."""
    span, within = divmod(int(minute.timestamp()) // 60, EPISODE_EVERY_MINUTES)
    drawn = int(hashlib.sha256(f"{mn} {span}".encode()).hexdigest(), 16) % 200 == 0
    return drawn and within < EPISODE_MINUTES
