"""One listener a process: follows the outbox for all of its sockets, woken by Redis and never relying on it.

A broadcast through the channel layer reached the last of 2,000 sockets in half a second and lost some; here one
subscription wakes a local loop that reads numbered rows once and keeps the newest in memory. A nudge that is lost
costs a second, no fact: the head is read each second anyway.
"""

import asyncio
import json
import logging
import time
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import redis.asyncio
from channels.db import database_sync_to_async
from django.conf import settings
from redis.exceptions import RedisError

from envmap.core import nudges, outbox
from envmap.core.models import OutboxFact

from .queries import CHUNK, rows_after
from .rights import Rights
from .throttle import Message, Throttle

NET_SECONDS = 1.0
BUFFERED = 2_000
"""So many of the newest facts are kept in memory; a socket that is further behind reads the database."""

log = logging.getLogger(__name__)


class Listener(Protocol):
    """A socket as the hub sees it: something to wake, with a place for readings."""

    def wake(self) -> None:
        """There may be something new."""

    def hand_over(self, message: Message) -> None:
        """The newest readings of a station."""

    def doubt(self, user_id: object) -> None:
        """What a person may see has moved, though their role may be the same."""


class Hub:
    """The buffer of newest facts, the rights of the sockets, and the tasks that keep both fresh."""

    def __init__(self) -> None:
        self.head = 0
        self.epoch = 0
        """Rises when the outbox was set back (a restored database): whoever was further on begins anew."""
        self.news_at = float("-inf")
        """When rights or facts last moved, on the monotonic clock: rights must be at least as fresh."""
        self.rights = Rights()
        self._buffer: list[OutboxFact] = []
        self._floor = 0  # the buffer holds every fact above this seq
        self._listeners: set[Listener] = set()
        self._nudged = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._starting = asyncio.Lock()
        self._throttle = Throttle()
        self._timer: asyncio.TimerHandle | None = None
        self._round = 0

    async def join(self, listener: Listener) -> None:
        """A socket wants to be woken; the first one starts the tasks."""
        async with self._starting:
            if not self._tasks:
                position = await database_sync_to_async(outbox.position)()
                self.head = self._floor = position.seq
                self._buffer = []
                self._round += 1
                self._tasks = [
                    asyncio.create_task(self._follow(self._round)),
                    asyncio.create_task(self._listen(self._round)),
                ]
            self._listeners.add(listener)

    async def leave(self, listener: Listener) -> None:
        """A socket is gone; the last one ends the tasks."""
        self._listeners.discard(listener)
        if not self._listeners and self._tasks:
            tasks, self._tasks = self._tasks, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            # A cancellation can be swallowed on the way (wait_for of Python 3.11, a connection being made): the number
            # of the round ends what is left, and nobody waits for it for long.
            self._round += 1
            self._nudged.set()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=NET_SECONDS)

    def nudge(self) -> None:
        """Has the head read at once."""
        self._nudged.set()

    def buffered(self, after: int) -> list[OutboxFact] | None:
        """At most CHUNK facts above `after`, in order; None when the memory does not reach back so far."""
        if after < self._floor:
            return None
        start = bisect_right(self._buffer, after, key=lambda fact: fact.seq or 0)
        return self._buffer[start : start + CHUNK]

    def _wake_all(self) -> None:
        for listener in self._listeners:
            listener.wake()

    async def _follow(self, mine: int) -> None:
        while mine == self._round:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), NET_SECONDS)
            self._nudged.clear()
            try:
                while await self._read_on():
                    pass
            except Exception as error:  # the database may be away for a while: sockets stay open and are told later
                log.warning("The live hub could not read the outbox and tries again: %s", str(error).strip())
                await asyncio.sleep(NET_SECONDS)

    async def _read_on(self) -> bool:
        """Takes the next facts into the buffer; whether there may be more."""
        head: int
        head, rows = await database_sync_to_async(_read)(self.head)
        if head < self.head:
            self.head = self._floor = head
            self._buffer = []
            self.epoch += 1
        elif rows:
            self._buffer += rows
            if len(self._buffer) > BUFFERED:
                self._floor = self._buffer[-BUFFERED - 1].seq or 0
                del self._buffer[:-BUFFERED]
            self.head = rows[-1].seq or head
        elif head > self.head:  # forgotten before they were read here: whoever needs them is told to begin anew
            self.head = self._floor = head
            self._buffer = []
        else:
            return False
        # After the read: rights looked at from here on are no older than any of these facts.
        self.news_at = time.monotonic()
        self._wake_all()
        return self.head < head

    async def _listen(self, mine: int) -> None:
        names = {nudges.channel("facts"), nudges.channel("readings"), nudges.channel("rights")}
        while mine == self._round:
            try:
                client = redis.asyncio.from_url(settings.REDIS_URL, socket_connect_timeout=2, health_check_interval=30)
                async with client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(*names)
                    self.nudge()
                    while mine == self._round:
                        message = await pubsub.get_message(timeout=15)
                        if message is not None:
                            self._take(message["channel"].decode(), message["data"])
            except (RedisError, OSError) as error:
                log.warning("The live hub lost Redis; it looks at the database each second meanwhile: %s", error)
                await asyncio.sleep(NET_SECONDS)

    def _take(self, channel: str, data: bytes) -> None:
        kind = channel.rpartition(":")[2]
        if kind == "facts":
            self.nudge()
        elif kind == "rights":
            self.news_at = time.monotonic()
            with suppress(ValueError, KeyError, TypeError):
                user_id = json.loads(data)["user_id"]
                for listener in self._listeners:
                    listener.doubt(user_id)
            self._wake_all()
        else:
            with suppress(ValueError):
                message: Any = json.loads(data)
                if isinstance(message, dict) and message.get("feature_id") is not None:
                    self._throttle.add(message)
                    self._pass_readings_on()

    def _pass_readings_on(self) -> None:
        now = time.monotonic()
        for message in self._throttle.due(now):
            for listener in self._listeners:
                listener.hand_over(message)
        wait = self._throttle.next_due(now)
        if wait is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._timer_rang)

    def _timer_rang(self) -> None:
        self._timer = None
        self._pass_readings_on()


def _read(after: int) -> tuple[int, Sequence[OutboxFact]]:
    head = outbox.head()
    return head, list(rows_after(after, upto=head)) if head > after else []


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of this process (of this event loop: a test may have several)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
