"""The database side: one thread with its own connection does all that the gateway asks for, in order."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection

from layers.sensors import queries
from layers.sensors.actions import Refused, keep_dead_letters
from layers.sensors.actions.frames import Arrived, FactorTable, Outcome, record_frames
from layers.sensors.ingest.hj212 import Leniencies
from layers.sensors.models import Station
from layers.sensors.rules import LENIENCIES

FACTORS_KEPT: Final = 10.0
"""Seconds for which a factor's unit may be out of date here."""
FIGURES_KEPT: Final = 10
"""Seconds after which a gateway that says nothing more counts as gone."""

T = TypeVar("T")


class Database:
    """Implements :class:`layers.sensors.gateway.server.Store` over Django."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gateway-writer")
        self._other = ThreadPoolExecutor(1, thread_name_prefix="gateway-figures")
        self._table: FactorTable | None = None
        self._table_at = 0.0

    async def record(self, arrived: Sequence[Arrived]) -> list[Outcome]:
        """Keep a batch in one transaction."""
        return await self._call(lambda: record_frames(arrived, self._factors()))

    async def leniencies(self) -> Mapping[str, Leniencies]:
        """Stations that are forgiven something."""

        def read() -> Mapping[str, Leniencies]:
            rows = Station.objects.exclude(leniencies=[]).values_list("mn", "leniencies")
            return {mn: Leniencies(**{word: True for word in words if word in LENIENCIES}) for mn, words in rows}

        return await self._call(read)

    async def keep_letters(self, letters: Sequence[Refused]) -> None:
        """Keep and count refused frames."""
        await self._call(lambda: keep_dead_letters(letters))

    async def publish(self, figures: Mapping[str, object]) -> None:
        """Keep the gateway's figures in the cache for a while; a cache that is down is no reason to stop."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._other, _publish, dict(figures) | {"pid": os.getpid()})

    def close(self) -> None:
        """End the threads and their connection."""
        self._thread.submit(lambda: connection.close())  # looked up in that thread: each has its own
        self._thread.shutdown()
        self._other.shutdown()

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _with_connection, work)

    def _factors(self) -> FactorTable:
        if self._table is None or time.monotonic() - self._table_at > FACTORS_KEPT:
            self._table, self._table_at = FactorTable.read(), time.monotonic()
        return self._table


def _with_connection(work: Callable[[], T]) -> T:
    """Run with this thread's connection; one that broke is thrown away, so that the next call gets a new one."""
    try:
        return work()
    except (OperationalError, InterfaceError):
        connection.close()
        raise


def _publish(figures: dict[str, object]) -> None:
    with suppress(Exception):  # whatever Redis says: figures are a courtesy
        cache.set(queries.GATEWAY_KEY, figures, FIGURES_KEPT)
