"""`manage.py simulate` against a running gateway: what it prints is what is kept."""

import asyncio
import re
import time
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import connection

from layers.sensors.ingest.hj212 import SHANGHAI
from layers.sensors.models import Alarm, Reading, Station
from layers.sensors.simulation import district
from layers.sensors.simulation.demo import Heartbeat
from tests.layers.sensors import make
from tests.layers.sensors.gateway.running import PATIENCE, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway(transactional_db):
    for code, unit in (
        ("a34002", "mg/m³"),
        ("a34001", "mg/m³"),
        ("a34004", "mg/m³"),
        ("LA", "dB(A)"),
        ("a01007", "m/s"),
    ):
        make.factor(code, unit)
    with running(frames_per_second=1000) as gateway:
        yield gateway


def simulate(gateway, **options) -> str:
    out = StringIO()
    call_command("simulate", port=gateway.port, host="127.0.0.1", stdout=out, **options)
    return out.getvalue()


def test_what_is_printed_as_acknowledged_is_what_is_kept(gateway) -> None:
    said = simulate(gateway, stations=3, rate=50, seconds=0.6)
    frames = re.findall(r"acknowledged MN=(\w+) QN=(\d{17}) CN=2051 DataTime=(\d{14}) a34002-Avg=([\d.]+)", said)
    assert len(frames) == len({qn for _mn, qn, _at, _value in frames}) == 30
    kept = Reading.objects.filter(factor="a34002").select_related("station")
    assert {(one.station.mn, f"{one.time.astimezone(SHANGHAI):%Y%m%d%H%M%S}", one.value) for one in kept} == {
        (mn, at, Decimal(value)) for mn, _qn, at, value in frames
    }
    assert f"acknowledged 30 of 30 frames with {Reading.objects.count()} readings" in said


def test_stations_that_are_missing_are_made_once(gateway) -> None:
    make.station("AAAA")
    make.station("CLOSED", password="")
    simulate(gateway, stations=3, rate=30, seconds=0.1, quiet=True)
    simulate(gateway, stations=3, rate=30, seconds=0.1, quiet=True)
    assert Station.objects.count() == 4
    assert not Reading.objects.filter(station__mn="CLOSED").exists()


@pytest.mark.parametrize(("scenario", "alarming"), [("normal", 0), ("exceed", 1)])
def test_every_third_station_alarms_when_stations_are_to_exceed(gateway, scenario, alarming) -> None:
    for mn in ("A", "B", "C"):
        make.rule(station=make.station(mn, units={"a34002": "ug/m3"}))
    simulate(gateway, stations=3, rate=300, seconds=0.1, quiet=True, scenario=scenario)
    assert len({alarm.station_id for alarm in Alarm.objects.all()}) == alarming


def test_the_scenario_silent_leaves_half_the_stations_silent_half_way(gateway) -> None:
    said = simulate(gateway, stations=4, rate=400, seconds=0.1, quiet=True, scenario="silent")
    assert "acknowledged 30 of 30 frames" in said


def test_a_flood_is_acknowledged_whole(gateway) -> None:
    assert "acknowledged 500 of 500 frames" in simulate(
        gateway, stations=5, rate=500, seconds=1, quiet=True, scenario="flood"
    )


def test_numbers_that_make_no_sense_are_refused(gateway) -> None:
    with pytest.raises(CommandError, match="--rate"):
        simulate(gateway, rate=0)


def test_a_voice_continues_from_what_its_station_measured_last(gateway) -> None:
    station = make.station("A", units={"a34002": "ug/m3"})
    make.rule(station=station)
    Reading.objects.create(
        station=station, factor="a34002", kind="minute", time=make.NOON, value=Decimal("0.08"), flag="N"
    )
    (voice,) = district.voices([Station.objects.select_related("feature__layer").get()])
    (channel,) = voice.channels
    assert (channel.usual, channel.ceiling, channel.decimals) == (80.0, 150.0, 0)


def test_another_stage_of_the_demo_is_spoken_for_anew(gateway) -> None:
    """Its stations bear the same MN, but one that exceeded before is calm now, and one that was silent speaks."""
    now = datetime.now(SHANGHAI)

    def stage(loud: str, quiet_since: timedelta) -> None:
        Reading.objects.all().delete()
        Station.objects.all().delete()
        for mn, value, last in (("A", loud, now), ("B", "0.05", now - quiet_since)):
            station = make.station(mn, last_seen=last)
            Reading.objects.create(
                station=station, factor="a34002", kind="minute", time=last, value=Decimal(value), flag="N"
            )

    heartbeat = Heartbeat("127.0.0.1", gateway.port)
    make.factor()
    stage("0.3", timedelta(hours=2))
    async_to_sync(heartbeat._look)()
    assert {mn: voice.channels[0].usual for mn, voice in heartbeat._voices.items()} == {"A": 0.3}
    async_to_sync(heartbeat._look)()
    assert set(heartbeat._voices) == {"A"}
    stage("0.06", timedelta(0))
    async_to_sync(heartbeat._look)()
    assert {mn: voice.channels[0].usual for mn, voice in heartbeat._voices.items()} == {"A": 0.06, "B": 0.05}


def test_the_demo_keeps_the_district_alive_but_for_those_meant_to_be_silent(gateway) -> None:
    speaking, silent = make.station("A"), make.station("B")
    now = datetime.now(SHANGHAI)
    for station, last in ((speaking, now), (silent, now - timedelta(hours=2))):
        Station.objects.filter(pk=station.pk).update(last_seen=last)
        Reading.objects.create(
            station=station, factor="a34002", kind="minute", time=last, value=Decimal("0.08"), flag="N"
        )
    began, pace = time.monotonic(), 1200  # twenty minutes of the district's time a second

    def district_now() -> datetime:
        return now - timedelta(hours=3) + timedelta(seconds=(time.monotonic() - began) * pace)

    def kinds() -> set[str]:
        try:
            return set(Reading.objects.filter(station=speaking).exclude(time=now).values_list("kind", flat=True))
        finally:
            connection.close()

    async def live() -> None:
        heartbeat = Heartbeat(
            "127.0.0.1", gateway.port, now=district_now, sleep=lambda seconds: asyncio.sleep(seconds / pace)
        )
        task = asyncio.create_task(heartbeat.run())
        deadline = time.monotonic() + PATIENCE
        while await asyncio.to_thread(kinds) != {"minute", "hour"}:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(live())
    assert Reading.objects.filter(station=silent).count() == 1
