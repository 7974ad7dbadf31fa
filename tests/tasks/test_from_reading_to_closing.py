"""The whole loop through the actions of every room: an exceeding reading becomes a closed order, and the trail is whole."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from envmap.accounts.asker import SYSTEM
from envmap.core import clock
from envmap.core.models import OutboxFact
from layers.catalogue.models import Feature
from layers.sensors import actions as sensors
from layers.sensors.actions import NewReading
from layers.sensors.models import Alarm, Factor, Station
from tasks.issues.models import AlarmCategory, Issue
from tasks.orders import actions
from tests.cast import make_cast
from tests.tasks.make import make_category, report

pytestmark = pytest.mark.django_db(transaction=True)


def shown(cast):
    return str(Feature.objects.with_condition().get(pk=cast.feature["dust-sites"].pk).condition)


def test_an_exceeding_reading_becomes_an_order_that_is_closed(transactional_db, settings, tmp_path, capsys):
    settings.TRAIL_ROOTS = tmp_path / "roots.log"
    cast = make_cast()
    layer, feature = cast.layer["dust-sites"], cast.feature["dust-sites"]
    AlarmCategory.objects.create(
        layer=layer, factor="*", side="above", category=make_category("DS-01", layer=layer, clock="urgent")
    )
    Factor.objects.create(code="a34002", names={"zh-hans": "PM10", "en": "PM10"}, unit="mg/m³")
    station = Station.objects.create(mn="010000A8900016F000169DC0", name="扬尘监测点", feature=feature)
    sensors.make_rule(
        by=cast.asker("officer"),
        name="PM10 预警",
        scope={"layer": "dust-sites"},
        factor="a34002",
        kind="minute",
        condition={"above": 0.15, "for_minutes": 0, "clear_below": 0.13},
        severity="major",
    )

    def read(value, minutes):
        time = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes)
        reading = NewReading("a34002", "minute", time, Decimal(value), flag="N")
        sensors.record_readings(by=SYSTEM, mn=station.mn, readings=[reading])

    read("0.10", 5)
    assert not Issue.objects.exists()
    read("0.32", 4)  # the commit's nudge opens the issue at once
    issue = Issue.objects.get()
    assert (issue.source, issue.category.code, issue.state, issue.feature) == ("alarm", "DS-01", "reported", feature)
    assert shown(cast) == "alarm"

    officer, field = cast.asker("officer"), cast.asker("field")
    order = actions.dispatch(issue.number, by=officer, department="unit-one")
    actions.accept(order.number, by=field)
    read("0.05", 2)
    assert Alarm.objects.get().cleared_at is not None
    assert shown(cast) == "rectifying"
    assert Issue.objects.get().state == "dispatched"  # a cleared alarm leaves its issue open
    report(cast, order)
    actions.send_back(order.number, by=officer, note="补拍")
    report(cast, order)
    actions.verify(order.number, by=officer)
    assert shown(cast) == "normal"
    assert Issue.objects.get().state == "settled"
    told = [(f.type, f.state) for f in OutboxFact.objects.order_by("pk")]
    assert [t for t in told if t[0] == "order.moved"] == [
        ("order.moved", s) for s in ("sent", "accepted", "reported", "accepted", "reported", "verified")
    ]
    call_command("verify_trail", "--anchor")
    assert "Anchored 2 trails" in capsys.readouterr().out
