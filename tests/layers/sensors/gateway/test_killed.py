"""The gateway is killed by SIGKILL at random moments; every acknowledged reading is there, once."""

import pytest

from layers.sensors.models import Reading, Station
from tests.layers.sensors import make
from tests.layers.sensors.gateway.killing import FACTORS, READINGS, STATIONS, UNANSWERED, run_and_kill
from tests.layers.sensors.gateway.process import free_port, gateway_process

KILLS = 3

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_acknowledged_reading_is_there_once_after_three_kills() -> None:
    for code in FACTORS:
        make.factor(code)
    mns = [make.station(f"{number:024X}").mn for number in range(STATIONS)]
    port = free_port()
    with gateway_process(port) as gateway:
        log = run_and_kill(mns, port, gateway.kill_and_restart, times=KILLS, seed=20261124)
    assert len(log.unanswered) == KILLS
    assert min(log.unanswered) >= UNANSWERED
    mn_of = dict(Station.objects.values_list("pk", "mn"))
    rows = Reading.objects.values_list("station_id", "factor", "time", "value")
    kept = {(mn_of[station], factor, time): value for station, factor, time, value in rows}
    assert kept == log.readings
    assert Reading.objects.count() == READINGS
