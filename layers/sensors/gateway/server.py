"""The TCP side: connections in, frames to one queue, one writer that batches them, answers out after the commit.

Everything that waits is bounded: bytes of a connection, frames of a connection, frames in the queue, bytes of answers
that a client does not read, dead letters a minute. What cannot be taken waits in the client's socket.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Final, Protocol

from django.db import InterfaceError, OperationalError

from envmap.core import clock
from layers.sensors.actions.dead_letters import Refused
from layers.sensors.actions.frames import Arrived, Outcome
from layers.sensors.ingest.hj212 import STRICT, Frame, FrameReader, Leniencies, Reason, Rejected

from .limits import Buckets, Letters

log = logging.getLogger(__name__)

READ_AT_ONCE: Final = 16_384
BATCH_ROWS: Final = 500
"""A batch of so many rows waits for no more."""
BATCH_ROWS_AT_MOST: Final = 2_000
"""What waits already is taken up to so many rows: under load fewer, larger commits."""
BATCH_SECONDS: Final = 0.02
QUEUE_FRAMES: Final = 5_000
UNANSWERED_FRAMES: Final = 256
"""Frames of one connection on their way; more wait in its socket."""
UNREAD_ANSWERS: Final = 262_144
"""Bytes of answers that a client may leave unread before it is hung up on."""
GARBAGE_AT_ONCE: Final = 65_536
GARBAGE_PAUSE: Final = 0.05
"""A connection that sends so many bytes without a frame rests so long: honest ones get the processor meanwhile."""
LONGEST_RATE_WAIT: Final = 5.0
DRAIN_SECONDS: Final = 8.0
LENIENCY_PAUSE: Final = 0.2
"""Between two looks at what stations are forgiven."""
FORGIVABLE: Final = frozenset({Reason.CRC_MODBUS, Reason.CRC_SHORT, Reason.LENGTH_MISMATCH})


class Store(Protocol):
    """What the gateway needs of the database; calls are awaited and never run at once."""

    async def record(self, arrived: Sequence[Arrived]) -> list[Outcome]:
        """Keep a batch. :raises OperationalError: if the database is not there; the batch may be given again."""

    async def leniencies(self) -> Mapping[str, Leniencies]:
        """What stations are forgiven, for those that are forgiven anything."""

    async def keep_letters(self, letters: Sequence[Refused]) -> None:
        """Keep and count refused frames."""

    async def publish(self, figures: Mapping[str, object]) -> None:
        """Tell the gateway's figures to whoever watches."""


@dataclass(slots=True)
class Figures:
    """Counts since the start, for `/metrics` and tests."""

    connections: int = 0
    connections_refused: int = 0
    bytes_read: int = 0
    frames: int = 0
    answered: int = 0
    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0
    refused: int = 0
    waiting: int = 0
    batches: int = 0
    buffer_peak: int = 0
    hung_up: int = 0


@dataclass(slots=True, eq=False)
class Connection:
    """One client: where it comes from and how many of its frames are on their way."""

    address: str
    writer: asyncio.StreamWriter
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UNANSWERED_FRAMES))
    in_garbage: bool = False

    def answer(self, data: bytes) -> bool:
        """Send an answer; a client that reads none is hung up on. Whether it was sent."""
        transport = self.writer.transport
        if transport.is_closing():
            return False
        if transport.get_write_buffer_size() > UNREAD_ANSWERS:
            transport.abort()
            return False
        self.writer.write(data)
        return True


class Gateway:
    """Listens, batches, answers. One instance for each process."""

    def __init__(
        self,
        store: Store,
        *,
        connections_per_address: int = 50,
        frames_per_second: float = 10,
        idle_seconds: float = 300,
    ) -> None:
        """
        :param connections_per_address: open at once from one address.
        :param frames_per_second: of one MN, averaged over a minute.
        :param idle_seconds: a connection that sends nothing for so long is closed; loggers speak once a minute, or
            once an hour on a link that they open anew.
        """
        self._store = store
        self._per_address = connections_per_address
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._buckets = Buckets(frames_per_second, self._loop.time)
        self.letters = Letters(self._loop.time)
        self._queue: asyncio.Queue[tuple[Connection, Arrived]] = asyncio.Queue(QUEUE_FRAMES)
        self._by_address: Counter[str] = Counter()
        self._readers: set[asyncio.Task[None]] = set()
        self._lenient: Mapping[str, Leniencies] = {}
        self._lenient_at = -1e9
        self._lenient_lock = asyncio.Lock()
        self._draining = False
        self.figures = Figures()
        self.port = 0

    async def run(self, host: str, port: int, stop: asyncio.Event, started: asyncio.Event | None = None) -> None:
        """Serve until ``stop`` is set, then take nothing more, answer what was taken, and return."""
        server = await asyncio.start_server(self._serve, host, port, limit=READ_AT_ONCE, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        log.info("HJ 212 is taken on %s:%d.", host, self.port)
        writer = asyncio.create_task(self._write())
        keeper = asyncio.create_task(self._keep())
        if started is not None:
            started.set()
        done, _pending = await asyncio.wait(
            [asyncio.create_task(stop.wait()), writer, keeper], return_when=asyncio.FIRST_COMPLETED
        )
        self._draining = True
        server.close()
        for reader in list(self._readers):
            reader.cancel()
        with suppress(TimeoutError):
            # A database that does not come back must not keep a process that was told to end: what was not answered
            # is sent again.
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.gather(*self._readers, return_exceptions=True)
                if writer not in done:
                    await self._queue.join()
        for task in (writer, keeper):
            task.cancel()
        results = await asyncio.gather(writer, keeper, return_exceptions=True)
        await self._keep_once()
        for result in results:
            if isinstance(result, Exception):
                raise result

    # -- connections --------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if self._draining or self._by_address[address] >= self._per_address:
            self.figures.connections_refused += 1
            self.letters.add(Refused("too_many_connections", "", None, address=address))
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._readers.add(task)
        self._by_address[address] += 1
        self.figures.connections += 1
        connection = Connection(address, writer)
        try:
            await self._read(reader, connection)
            await self._until_answered(connection)
        except (ConnectionError, TimeoutError):
            pass
        except asyncio.CancelledError:
            with suppress(ConnectionError, TimeoutError):
                await self._until_answered(connection)
        finally:
            self._readers.discard(task)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
            self.figures.connections -= 1
            writer.close()

    async def _until_answered(self, connection: Connection) -> None:
        """A client that has ended its half still gets the answers to what it sent."""
        async with asyncio.timeout(DRAIN_SECONDS):
            for _ in range(UNANSWERED_FRAMES):
                await connection.room.acquire()
            await connection.writer.drain()

    async def _read(self, reader: asyncio.StreamReader, connection: Connection) -> None:
        frames, garbage = FrameReader(self._leniency), 0
        while True:
            async with asyncio.timeout(self._idle_seconds):
                data = await reader.read(READ_AT_ONCE)
            self.figures.bytes_read += len(data)
            events = frames.feed(data) if data else frames.finish()
            honest = False
            for event in events:
                if isinstance(event, Frame):
                    honest = True
                    await self._take(connection, event)
                else:
                    await self._refuse(connection, event)
                self.figures.buffer_peak = max(self.figures.buffer_peak, frames.held)
            self.figures.buffer_peak = max(self.figures.buffer_peak, frames.held)
            if not data:
                return
            garbage = 0 if honest else garbage + len(data)
            if garbage >= GARBAGE_AT_ONCE:
                garbage = 0
                await asyncio.sleep(GARBAGE_PAUSE)
            else:
                await asyncio.sleep(0)  # a full buffer is read without a pause otherwise, and others wait

    async def _take(self, connection: Connection, frame: Frame) -> None:
        """Queue a frame, as fast as its station may send and as the writer can write."""
        connection.in_garbage = False
        self.figures.frames += 1
        # PW belongs to the key: a stranger who knows an MN must not use up its station's allowance.
        key, waited = (frame.mn, frame.pw or ""), 0.0
        while pause := self._buckets.wait_for(key):
            if waited > LONGEST_RATE_WAIT:
                sentence = "The station sent more frames than it may, averaged over a minute."
                self._letter(connection, Reason.RATE_LIMITED, sentence, frame.raw, frame.mn)
                return
            await asyncio.sleep(pause)
            waited += pause
        await connection.room.acquire()
        try:
            await self._queue.put((connection, Arrived(frame, clock.now(), connection.address)))
        except asyncio.CancelledError:
            connection.room.release()
            raise

    async def _refuse(self, connection: Connection, rejected: Rejected) -> None:
        if rejected.reason in FORGIVABLE and rejected.mn and await self._is_forgiven_now(rejected.mn):
            # The station's settings were changed after the last look at them.
            again = FrameReader(self._leniency)
            events = [*again.feed(rejected.raw + b"\r\n"), *again.finish()]
            if events and all(isinstance(event, Frame) for event in events):
                for event in events:
                    if isinstance(event, Frame):
                        await self._take(connection, event)
                return
        if rejected.reason is Reason.GARBAGE:
            if connection.in_garbage:
                return
            connection.in_garbage = True
        else:
            connection.in_garbage = False
        self._letter(connection, rejected.reason, rejected.sentence, rejected.raw, rejected.mn or "")

    def _letter(self, connection: Connection, reason: str, sentence: str, raw: bytes, mn: str) -> None:
        self.figures.refused += 1
        self.letters.add(Refused(reason, sentence, raw, mn=mn, address=connection.address))

    # -- leniencies ---------------------------------------------------------------------------------------------------

    def _leniency(self, mn: str) -> Leniencies:
        return self._lenient.get(mn, STRICT)

    async def _is_forgiven_now(self, mn: str) -> bool:
        """Look at the settings as they are after this moment; a flood shares few looks, and waits for them."""
        asked_at = self._loop.time()
        async with self._lenient_lock:
            if self._lenient_at < asked_at:
                await asyncio.sleep(max(0.0, LENIENCY_PAUSE - (asked_at - self._lenient_at)))
                await self._look_at_leniencies()
        return mn in self._lenient

    async def _look_at_leniencies(self) -> None:
        try:
            self._lenient = await self._store.leniencies()
        except (OperationalError, InterfaceError):
            log.warning("The stations' settings could not be read; the last known ones hold.")
        self._lenient_at = self._loop.time()

    # -- the writer ---------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            batch = await self._next_batch()
            outcomes = await self._record([arrived for _connection, arrived in batch])
            self.figures.batches += 1
            for (connection, _arrived), outcome in zip(batch, outcomes, strict=True):
                self.figures.stored += outcome.recorded.stored
                self.figures.duplicates += outcome.recorded.duplicates
                self.figures.conflicts += outcome.recorded.conflicts
                if outcome.refused is not None:
                    self.figures.refused += 1
                    self.letters.add(outcome.refused)
                elif outcome.answer is not None:
                    if connection.answer(outcome.answer):
                        self.figures.answered += 1
                    else:
                        self.figures.hung_up += 1
                connection.room.release()
                self._queue.task_done()

    async def _next_batch(self) -> list[tuple[Connection, Arrived]]:
        """The frames that wait, up to a number of rows; a batch that is not full waits some milliseconds for more."""
        batch = [await self._queue.get()]
        rows = _rows(batch[0][1].frame)
        deadline = self._loop.time() + BATCH_SECONDS
        while rows < BATCH_ROWS_AT_MOST:
            if self._queue.empty():
                left = deadline - self._loop.time()
                if left <= 0 or rows >= BATCH_ROWS:
                    break
                try:
                    async with asyncio.timeout(left):
                        item = await self._queue.get()
                except TimeoutError:
                    break
            else:
                item = self._queue.get_nowait()
            batch.append(item)
            rows += _rows(item[1].frame)
        self.figures.waiting = self._queue.qsize()
        return batch

    async def _record(self, arrived: Sequence[Arrived]) -> list[Outcome]:
        """Record a batch, for as long as it takes until the database is back; nobody is answered meanwhile."""
        pause = 0.05
        while True:
            try:
                return await self._store.record(arrived)
            except (OperationalError, InterfaceError) as error:
                log.warning("The database did not take %d frames, trying again: %s", len(arrived), _first_line(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)

    # -- housekeeping -------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Once a second: dead letters to the database, figures to Redis; now and then the stations' leniencies."""
        while True:
            if self._loop.time() - self._lenient_at > 5:
                await self._look_at_leniencies()
            await self._keep_once()
            await asyncio.sleep(1)

    async def _keep_once(self) -> None:
        letters = self.letters.take()
        if letters:
            try:
                await self._store.keep_letters(letters)
            except (OperationalError, InterfaceError) as error:
                log.warning("Dead letters wait for the database: %s", _first_line(error))
                self.letters.give_back(letters)
            except Exception:
                # Bytes that the table cannot hold must not end the gateway; they are counted.
                log.exception("%d dead letters could not be kept.", len(letters))
                self.letters.give_back([replace(one, raw=None) for one in letters])
        await self._store.publish(asdict(self.figures))


def _rows(frame: Frame) -> int:
    """About how many readings a frame holds."""
    return max(1, len({name.partition("-")[0] for name, _value in frame.cp}) - 1)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
