"""PostgreSQL is killed by SIGKILL under an instance of `make run`, synchronous commit on; what was answered is there."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.layers.sensors.gateway.killing import READINGS, STATIONS, UNANSWERED, run_and_kill
from tests.outside.client import Api, new_mn
from tests.stack import Stack, start_stack

pytestmark = pytest.mark.stack


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    """An instance that this test may break."""
    stack = start_stack()
    yield stack
    stack.stop()


def test_every_acknowledged_reading_survives_a_killed_database(own_stack: Stack) -> None:
    officer = Api(own_stack.base_url, "officer")
    mns = [new_mn() for _ in range(STATIONS)]
    for mn in mns:
        body = {"mn": mn, "name": "压测站", "protocol": "hj212", "st": "39", "password": "123456"}
        officer.post("/stations", body, 201)

    def kill() -> None:
        own_stack.wait_back("postgres", own_stack.kill("postgres"), 120)

    log = run_and_kill(mns, own_stack.hj212_port, kill, times=1, seed=20261125)
    assert min(log.unanswered) >= UNANSWERED
    with psycopg.connect(own_stack.superuser_dsn) as link:
        (synchronous,) = link.execute("SHOW synchronous_commit").fetchone() or ("",)
        assert synchronous == "on"
        rows = link.execute(
            """
            SELECT s.mn, r.factor, r.time, r.value FROM sensors_reading r JOIN sensors_station s ON s.id = r.station_id
            WHERE s.mn = ANY(%s)
            """,
            [mns],
        ).fetchall()
    assert len(rows) == READINGS
    assert {(mn, factor, time): value for mn, factor, time, value in rows} == log.readings
