"""A load generator for the gateway: frames made beforehand, answers only counted, so that the client costs little."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from layers.sensors.ingest.hj212 import SHANGHAI, Frame, encode

FACTORS = ("a34002", "a34001", "a34004", "LA", "a01007")
"""What a dust site's monitor sends; all but the first stay out of any rule's reach."""
ANSWER = b"CN=9014"


def frame(mn: str, at: datetime, number: int, *, value: str = "0.052", cn: str = "2051") -> bytes:
    """One upload of five readings; ``number`` makes its QN."""
    qn = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number)).strftime("%Y%m%d%H%M%S%f")[:17]
    items = [("DataTime", at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S"))]
    for factor in FACTORS:
        text = value if factor == "a34002" else "0.031"
        items += [(f"{factor}-{name}", text) for name in ("Min", "Avg", "Max")] + [(f"{factor}-Flag", "N")]
    return encode(Frame(qn=qn, st="39", cn=cn, pw="123456", mn=mn, flag=5, cp=tuple(items)))


def row(station_id: int, factor: str, at: datetime) -> tuple[object, ...]:
    """The row that one of those readings becomes."""
    value = Decimal("0.052") if factor == "a34002" else Decimal("0.031")
    return (station_id, factor, "minute", at, value, value, value, None, None, "N", at)


class Pipe:
    """One connection that keeps a number of frames unanswered and counts answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._tail = b""

    @classmethod
    async def open(cls, port: int, address: str = "127.0.0.1") -> "Pipe":
        """Connect; ``address`` is the client's own, since the gateway counts connections by it."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))

    async def push(self, frames: Sequence[bytes], window: int) -> None:
        """Send all frames, at most ``window`` of them unanswered at any time, and wait for every answer."""
        sent = answered = 0
        while answered < len(frames):
            if sent < len(frames) and sent - answered < window:
                upto = min(len(frames), answered + window)
                self._writer.write(b"".join(frames[sent:upto]))
                sent = upto
            answered += await self._count()

    async def ask(self, frame: bytes) -> float:
        """Send one frame; the seconds until its answer."""
        began = time.perf_counter()
        self._writer.write(frame)
        while not await self._count():
            pass
        return time.perf_counter() - began

    async def _count(self) -> int:
        data = await self._reader.read(262_144)
        if not data:
            raise ConnectionError("the gateway hung up")
        whole = self._tail + data
        self._tail = whole[-(len(ANSWER) - 1) :]
        return whole.count(ANSWER)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def flood(port: int, stop: asyncio.Event, address: str, number: int) -> int:
    """A hostile client: no valid frame, half of them beginning ``##9999``; the bytes that were taken."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    piece = (b"##9999" if number % 2 else b"") + bytes((number * 7 + at * 31) % 251 for at in range(65_530))
    taken = 0
    while not stop.is_set():
        writer.write(piece)
        await writer.drain()
        taken += len(piece)
    writer.transport.abort()
    return taken


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
