"""The gateway is killed by SIGKILL at random moments; the client's own log is the truth."""

import asyncio
import random
from collections.abc import Iterator
from decimal import Decimal

import pytest

from layers.sensors.ingest.hj212 import Frame, parse_time
from layers.sensors.models import Reading, Station
from layers.sensors.simulation.runs import Run
from layers.sensors.simulation.values import Channel, Voice
from tests.layers.sensors import make
from tests.layers.sensors.gateway.process import Gateway, free_port, gateway_process

STATIONS, READINGS, CONNECTIONS, KILLS, UNANSWERED = 40, 20_000, 20, 3, 100
FACTORS = ("a34002", "a34001", "a34004", "LA", "a01007")

pytestmark = pytest.mark.django_db(transaction=True)


def voices() -> list[Voice]:
    for code in FACTORS:
        make.factor(code)
    channels = tuple(Channel(code, 0.1, 4) for code in FACTORS)
    stations = [make.station(f"{number:024X}") for number in range(STATIONS)]
    return [Voice(one.mn, one.password, "39", 60, channels) for one in stations]


def values_of(frame: Frame) -> Iterator[tuple[tuple[str, str, object], Decimal]]:
    """Key and value of each reading of an acknowledged frame."""
    time = parse_time(frame.item("DataTime") or "")
    for name, value in frame.cp:
        factor, _, field = name.rpartition("-")
        if field == "Avg":
            yield (frame.mn, factor, time), Decimal(value)


def test_every_acknowledged_reading_is_there_once_after_three_kills() -> None:
    port, chance = free_port(), random.Random(20261124)
    acknowledged: list[Frame] = []
    killed_with: list[int] = []
    run = Run(
        voices(), host="127.0.0.1", port=port, rate=READINGS / len(FACTORS), seconds=1, scenario="flood",
        connections=CONNECTIONS, on_answer=acknowledged.append, patient=True,
    )  # fmt: skip

    async def kill(gateway: Gateway, sending: asyncio.Task[object]) -> None:
        # At a random moment within each quarter of the run, as soon as a hundred frames are unanswered then.
        total = READINGS // len(FACTORS)
        marks = [int(total * (number + chance.random()) / (KILLS + 1)) for number in range(KILLS)]
        for mark in marks:
            while len(acknowledged) < mark or sum(link.unanswered for link in run.links) < UNANSWERED:
                assert not sending.done(), "the run ended before the gateway could be killed"
                await asyncio.sleep(0.002)
            killed_with.append(sum(link.unanswered for link in run.links))
            await asyncio.to_thread(gateway.kill_and_restart)

    async def main(gateway: Gateway) -> None:
        sending = asyncio.create_task(run.run())
        await kill(gateway, sending)
        await sending

    with gateway_process(port) as gateway:
        asyncio.run(main(gateway))
    assert len(killed_with) == KILLS
    assert min(killed_with) >= UNANSWERED
    assert run.tally.acknowledged_readings == READINGS
    assert len(acknowledged) == READINGS // len(FACTORS)
    said = dict(pair for frame in acknowledged for pair in values_of(frame))
    mn_of = dict(Station.objects.values_list("pk", "mn"))
    rows = Reading.objects.values_list("station_id", "factor", "time", "value")
    kept = {(mn_of[station], factor, time): value for station, factor, time, value in rows}
    assert len(said) == READINGS
    assert kept == said
    assert Reading.objects.count() == READINGS
