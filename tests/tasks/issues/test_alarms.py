"""Issues out of alarms, by pull: every alarm that asks for one gets one, once, whoever asks how often."""

import threading

import pytest
from django.db import connection
from kombu.exceptions import OperationalError

from envmap.core import clock
from envmap.core.models import OutboxFact
from layers.catalogue.models import Feature
from layers.sensors.models import AlarmRule, Station
from layers.sensors.signals import alarm_raised
from tasks.issues import actions, jobs
from tasks.issues.actions import alarms as module
from tasks.issues.models import AlarmCategory, Issue, IssueAlarm
from tests.cast import SPOT, make_cast
from tests.tasks.make import dispatch, make_alarm, make_category


def test_an_alarm_opens_an_issue_with_category_severity_and_place(cast):
    kind = make_category("DS-01", layer=cast.layer["dust-sites"])
    other = make_category("DS-02", layer=cast.layer["dust-sites"])
    AlarmCategory.objects.create(layer=cast.layer["dust-sites"], factor="*", side="above", category=other)
    AlarmCategory.objects.create(layer=cast.layer["dust-sites"], factor="a34002", side="above", category=kind)
    alarm = make_alarm(cast, severity="critical")
    (issue,) = actions.open_from_alarms()
    assert (issue.source, issue.state, issue.category, issue.severity) == ("alarm", "reported", kind, "critical")
    assert (issue.feature, issue.layer) == (cast.feature["dust-sites"], cast.layer["dust-sites"])
    assert issue.location.coords == SPOT.coords
    for word in ("要素 dust-sites-1", "PM10", "0.312", "0.15", "mg/m³"):
        assert word in issue.title
    assert IssueAlarm.objects.get(alarm=alarm).issue == issue
    event = issue.trail.get()
    assert (event.verb, event.by_role, event.by_id) == ("open", "system", None)
    assert str(Feature.objects.with_condition().get(pk=issue.feature_id).condition) == "attention"
    fact = OutboxFact.objects.exclude(type="feature.changed").get()
    assert (fact.type, fact.number, fact.audience) == ("issue.opened", issue.number, ["work"])


def test_the_star_stands_for_every_other_factor(cast):
    kind = make_category("DS-02", layer=cast.layer["dust-sites"])
    AlarmCategory.objects.create(layer=cast.layer["dust-sites"], factor="*", side="above", category=kind)
    make_alarm(cast)
    assert actions.open_from_alarms()[0].category == kind


def test_asking_twice_is_harmless(cast):
    make_alarm(cast)
    assert len(actions.open_from_alarms()) == 1
    assert actions.open_from_alarms() == []
    assert Issue.objects.count() == 1


def test_a_further_alarm_of_the_same_rule_and_station_joins_the_open_issue(cast):
    first = make_alarm(cast, severity="minor")
    (issue,) = actions.open_from_alarms()
    first.cleared_at = clock.now()
    first.save()
    make_alarm(cast, station=first.station, rule=first.rule, severity="major")
    assert actions.open_from_alarms() == []
    issue.refresh_from_db()
    assert (issue.issue_alarms.count(), issue.severity, issue.state) == (2, "major", "reported")
    assert [e.verb for e in issue.trail.all()] == ["open", "join"]
    order = dispatch(cast, issue)
    second = issue.issue_alarms.order_by("pk").last().alarm
    second.cleared_at = clock.now()
    second.save()
    make_alarm(cast, station=first.station, rule=first.rule)
    assert actions.open_from_alarms() == []
    issue.refresh_from_db()
    assert (issue.issue_alarms.count(), issue.state) == (3, "dispatched")
    assert order.issue == issue


def test_after_its_end_a_new_alarm_opens_a_new_issue(cast):
    first = make_alarm(cast, cleared_at=clock.now())
    (issue,) = actions.open_from_alarms()
    actions.reject(issue.number, by=cast.asker("officer"), note="仪器故障")
    make_alarm(cast, station=first.station, rule=first.rule)
    (new,) = actions.open_from_alarms()
    assert new != issue


def test_another_rule_or_station_opens_its_own(cast):
    first = make_alarm(cast)
    make_alarm(cast, station=first.station)
    make_alarm(cast)
    assert len(actions.open_from_alarms()) == 3


def test_a_cleared_alarm_that_nobody_saw_still_gets_its_issue_and_clearing_leaves_it_open(cast):
    make_alarm(cast, cleared_at=clock.now())
    (issue,) = actions.open_from_alarms()
    assert issue.state == "reported"


def test_rules_that_ask_for_none_and_stations_without_a_place_open_none(cast):
    quiet = make_alarm(cast)
    AlarmRule.objects.filter(pk=quiet.rule_id).update(auto_issue=False)
    make_alarm(cast, feature=None)
    assert actions.open_from_alarms() == []
    Station.objects.filter(feature=None).update(location=SPOT)
    (issue,) = actions.open_from_alarms()
    assert (issue.feature, issue.layer, issue.location.coords) == (None, None, SPOT.coords)


def test_what_is_wrong_with_one_alarm_does_not_keep_the_others_back(cast, monkeypatch, caplog):
    bad = make_alarm(cast)
    make_alarm(cast)
    whole = module._open

    def breaks(alarm):
        if alarm == bad:
            raise RuntimeError("broken")
        return whole(alarm)

    monkeypatch.setattr(module, "_open", breaks)
    assert len(actions.open_from_alarms()) == 1
    assert f"Alarm {bad.pk} could not be made an issue" in caplog.text
    monkeypatch.undo()
    assert len(actions.open_from_alarms()) == 1


def test_the_signal_hurries_the_job(cast):
    alarm = make_alarm(cast)
    alarm_raised.send(sender=None, alarm_ids=[alarm.pk])
    assert Issue.objects.count() == 1


def test_without_a_broker_the_nudge_is_lost_and_the_alarm_is_not(cast, monkeypatch, caplog):
    def gone(**options):
        raise OperationalError("no broker")

    alarm = make_alarm(cast)
    with monkeypatch.context() as patch:
        patch.setattr(jobs.open_from_alarms, "apply_async", gone)
        alarm_raised.send(sender=None, alarm_ids=[alarm.pk])
    assert not Issue.objects.exists()
    assert "no broker" in caplog.text
    jobs.open_from_alarms()  # the scheduler's next round
    assert Issue.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_open_each_issue_once(transactional_db):
    cast = make_cast()
    alarms = [make_alarm(cast) for _ in range(4)]
    for alarm in alarms:  # cleared and raised again: the second one has to join
        alarm.cleared_at = clock.now()
        alarm.save()
        make_alarm(cast, station=alarm.station, rule=alarm.rule)
    gate = threading.Barrier(3)

    def work():
        try:
            gate.wait(30)
            actions.open_from_alarms()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (Issue.objects.count(), IssueAlarm.objects.count()) == (4, 8)
    assert {issue.issue_alarms.count() for issue in Issue.objects.all()} == {2}
