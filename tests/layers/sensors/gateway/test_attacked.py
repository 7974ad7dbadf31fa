"""Fifty clients send ten megabytes each without one valid frame, while an honest station talks on."""

import asyncio
import random
import time
from contextlib import suppress

import pytest

from layers.sensors import queries
from layers.sensors.ingest.hj212 import CAPACITY, Frame
from layers.sensors.models import DeadLetter, Reading
from layers.sensors.simulation.client import Link
from layers.sensors.simulation.values import Channel, QuestionNumbers, Voice, periods
from tests.layers.sensors import make
from tests.layers.sensors.gateway.process import free_port, gateway_process
from tests.layers.sensors.gateway.running import until

CLIENTS, MEGABYTES, PIECE = 50, 10, 65_536
pytestmark = pytest.mark.django_db(transaction=True)


def junk(number: int) -> bytes:
    """A piece of an attacker's stream: every second one begins with a claim of 9999 characters, again and again."""
    chance = random.Random(number)
    noise = chance.randbytes(9_000)
    beginning = (b"", b"##9999", b"", b"##9999QN=", b"##", b"##9999ST=32;CP=&&")[number % 6]
    whole = b""
    while len(whole) < PIECE:
        whole += beginning + noise[: chance.randrange(20, len(noise))]
    return whole[:PIECE]


async def attack(port: int, number: int) -> int:
    """Send ten megabytes and count what was taken."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    piece, sent = junk(number), 0
    first = b"##9999" if number % 2 else b""
    writer.write(first)
    with suppress(ConnectionError):
        while sent < MEGABYTES * 1_000_000:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
    answers = b""
    writer.write_eof()
    with suppress(ConnectionError):
        answers = await reader.read()
    assert answers == b""
    writer.close()
    return sent


async def talk(port: int, voice: Voice, stop: asyncio.Event) -> tuple[int, list[Frame], float]:
    """One frame after the other until told to stop: how many were sent, what was answered, the longest wait."""
    link, numbers, times = Link("127.0.0.1", port), QuestionNumbers(), periods("minute", 100_000, make.NOON)
    answered: list[Frame] = []
    longest, sent = 0.0, 0
    while not stop.is_set():
        began = time.monotonic()
        await link.upload(voice.frame("minute", times[sent], numbers.next()), answered.append)
        longest, sent = max(longest, time.monotonic() - began), sent + 1
    assert link.sent == sent, "a frame had to be sent again"
    await link.close()
    return sent, answered, longest


def test_every_honest_frame_is_answered_beside_fifty_hostile_clients() -> None:
    make.factor()
    station = make.station()
    voice = Voice(station.mn, station.password, "39", 60, (Channel("a34002", 0.1, 3),))
    port = free_port()

    async def main() -> tuple[list[int], tuple[int, list[Frame], float]]:
        stop = asyncio.Event()
        honest = asyncio.create_task(talk(port, voice, stop))
        while True:
            with suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            await asyncio.sleep(0.05)
        taken = await asyncio.gather(*(attack(port, number) for number in range(CLIENTS)))
        stop.set()
        return taken, await honest

    with gateway_process(port, ENVMAP_HJ212_CONNECTIONS_PER_ADDRESS=str(CLIENTS + 5)) as gateway:
        taken, (sent, answered, _longest) = asyncio.run(main())
        until(lambda: (queries.gateway_figures() or {}).get("pid") == gateway.process.pid)
        until(lambda: (queries.gateway_figures() or {}).get("bytes_read", 0) >= sum(taken))
        peak = (queries.gateway_figures() or {})["buffer_peak"]
    assert min(taken) >= MEGABYTES * 1_000_000
    assert len(answered) == sent == Reading.objects.count() > 10
    assert 0 < peak <= CAPACITY
    counts = queries.dead_letter_counts()
    assert counts["incomplete"] + counts["malformed"] + counts["garbage"] > DeadLetter.objects.count() > 0
