"""Two writers at once: no reading twice, no alarm missed or left behind, no ring of waiting."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from envmap.accounts.asker import SYSTEM
from envmap.core.actor import acting
from envmap.core.errors import WrongState
from layers.catalogue.models import FeatureCondition
from layers.sensors import actions
from layers.sensors.actions import NewReading, silence
from layers.sensors.actions import readings as module
from layers.sensors.actions.readings import Delivery, store
from layers.sensors.models import Alarm, AlarmRule, Reading, Station
from tests.layers.sensors import make
from tests.layers.sensors.make import NOON, minute

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(cast):
    """Two stations of one dust site under a rule of its layer."""
    make.factor()
    make.rule(layer=cast.layer["dust-sites"])
    return [make.station(mn, feature=cast.feature["dust-sites"]) for mn in ("A", "B")]


def together(*works: Callable[[], object]) -> None:
    """Run all at once, each with its own connection; the first failure is raised."""
    gate, errors = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait(30)
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


def put(mn: str, *readings: NewReading) -> actions.Recorded:
    return actions.record_readings(by=SYSTEM, mn=mn, readings=readings)


def test_the_same_readings_from_many_sides_are_stored_once(site) -> None:
    readings = [minute(number, "0.1") for number in range(50)]
    results: list[actions.Recorded] = []
    together(*(lambda order=order: results.append(put("A", *order)) for order in (readings, readings[::-1]) * 3))
    assert Reading.objects.count() == 50
    assert sum(result.stored for result in results) == 50
    assert sum(result.duplicates for result in results) == 250


def test_writers_of_many_stations_in_any_order_do_not_wait_in_a_ring(site) -> None:
    first, second = Station.objects.select_related("feature__layer").order_by("pk")

    def deliver(stations: list[Station], start: int) -> None:
        for number in range(start, start + 10):
            value = "0.2" if number % 2 else "0.1"
            with acting(SYSTEM.actor):
                store([Delivery(station, [minute(number, value)]) for station in stations])

    together(*(lambda n=n: deliver([first, second] if n % 2 else [second, first], n * 10) for n in range(6)))
    assert Reading.objects.count() == 120
    # The newest reading of each (minute 59) exceeds: both alarms are open, once each.
    assert sorted(Alarm.objects.filter(cleared_at=None).values_list("station__mn", flat=True)) == ["A", "B"]


def test_a_newer_reading_that_commits_later_still_clears(site, monkeypatch) -> None:
    """One writer holds a newer, low reading uncommitted while another one commits an older, high one."""
    # Heard of in this very second, as far as the rows say: neither writer touches the station's row.
    Station.objects.update(last_seen=NOON.replace(year=2099))
    inserted, committed = threading.Event(), threading.Event()
    real = module.judge_readings

    def judge(fresh) -> None:
        fresh = list(fresh)
        if fresh[0].value < Decimal("0.13"):  # the newer one: its row is in, and it waits before it judges
            inserted.set()
            assert committed.wait(30)
        real(fresh)

    monkeypatch.setattr(module, "judge_readings", judge)

    def older() -> None:
        assert inserted.wait(30)
        put("A", minute(4, "0.2"))
        committed.set()

    together(lambda: put("A", minute(5, "0.1")), older)
    assert Reading.objects.count() == 2
    assert Alarm.objects.count() == 1
    assert not Alarm.objects.filter(cleared_at=None).exists()
    assert not FeatureCondition.objects.filter(until=None, source="sensors").exists()


def test_a_rule_is_changed_and_acknowledged_under_readings_without_a_ring_of_waiting(site, cast) -> None:
    """A key-share lock of an alarm's foreign key must not wait for whoever changes the rule and waits for its states."""
    rule, officer = AlarmRule.objects.get(), cast.asker("officer")

    def change() -> None:
        for number in range(20):
            actions.update_rule(by=SYSTEM, rule_id=rule.pk, enabled=bool(number % 2), name=f"change {number}")
            actions.update_station(by=SYSTEM, mn="A", name=f"station {number}")

    def acknowledge() -> None:
        for alarm in Alarm.objects.filter(acknowledged_at=None)[:20]:
            with suppress(WrongState):
                actions.acknowledge(by=officer, alarm_id=alarm.pk)

    def send(mn: str) -> None:
        for number in range(40):
            put(mn, minute(number, "0.2" if number % 2 else "0.1"))

    together(change, acknowledge, lambda: send("A"), lambda: send("B"))
    assert Reading.objects.count() == 80
    assert Alarm.objects.filter(cleared_at=None).count() <= 2


def test_alarms_of_two_stations_of_one_feature_leave_its_condition_right(site) -> None:
    together(*(lambda mn=mn: put(mn, minute(0, "0.2")) for mn in ("A", "B")))
    assert FeatureCondition.objects.get(until=None, source="sensors").rank == 4
    together(*(lambda mn=mn: put(mn, minute(1, "0.1")) for mn in ("A", "B")))
    assert not FeatureCondition.objects.filter(until=None, source="sensors").exists()


def test_silence_and_a_reading_at_once_leave_a_station_that_speaks(site) -> None:
    later = NOON.replace(year=2099)
    together(lambda: put("A", minute(0, "0.1")), lambda: actions.note_silence(later))
    put("A", minute(1, "0.1"))
    assert Station.objects.get(mn="A").silent_since is None


def test_silence_and_an_alarm_of_one_station_do_not_wait_in_a_ring(site, monkeypatch) -> None:
    """One holds the station and wants its feature; the other must not hold the feature and want the station."""
    held, judged = threading.Event(), threading.Event()
    judge, refresh = module.judge_readings, silence.refresh_conditions

    def judge_slowly(fresh) -> None:
        judge(fresh)
        judged.set()

    def refresh_late(*features) -> None:
        held.set()
        with connection.cursor() as cursor:  # until the other one has gone as far as it can
            while not judged.is_set():
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
                if cursor.fetchone()[0]:
                    break
        refresh(*features)

    def speak() -> None:
        assert held.wait(30)
        put("A", minute(0, "0.2"))

    monkeypatch.setattr(module, "judge_readings", judge_slowly)
    monkeypatch.setattr(silence, "refresh_conditions", refresh_late)
    together(lambda: actions.note_silence(NOON.replace(year=2099)), speak)
    assert Station.objects.get(mn="A").silent_since is None
    assert Alarm.objects.get().cleared_at is None


def test_two_schedulers_note_one_silence(site) -> None:
    later = NOON.replace(year=2099)
    counts: list[int] = []
    together(*(lambda: counts.append(actions.note_silence(later)) for _ in range(4)))
    assert sum(counts) == 2


def test_a_month_is_made_while_readings_come(site) -> None:
    values = [
        NewReading("a34002", "minute", NOON + timedelta(days=day), Decimal("0.1"), flag="N") for day in range(0, 60, 2)
    ]
    together(
        lambda: [put("A", value) for value in values],
        lambda: actions.make_partitions(NOON.date()),
        lambda: actions.make_partitions(NOON.date()),
    )
    assert Reading.objects.count() == 30
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM sensors_reading_default WHERE time >= '2026-11-01' AND time < '2027-01-01'"
        )
        assert cursor.fetchone() == (0,)
