"""Stations, rules and acknowledgements: who may, what is refused, what follows."""

from pathlib import Path

import pytest

from envmap.accounts.asker import ANONYMOUS
from envmap.core.errors import BadInput, Conflict, NotAllowed, NotSignedIn, NotVisible, WrongState
from envmap.core.models import AuditRow, OutboxFact
from layers.catalogue.models import FeatureCondition
from layers.sensors import actions, payloads, queries
from layers.sensors.models import (
    Alarm,
    AlarmRule,
    RuleState,
    Station,
)
from tests.layers.sensors import make
from tests.layers.sensors.make import MN, NOON, minute

FIXTURES = Path(__file__).parents[3] / "fixtures"


def new_station(cast, who: str = "officer", **more) -> Station:
    values = {"mn": MN, "name": "一号站", "protocol": "hj212", "password": "123456"} | more
    return actions.make_station(by=cast.asker(who), **values)


# -- stations ---------------------------------------------------------------------------------------------------------


def test_an_officer_makes_a_station_with_all_its_fields(cast) -> None:
    make.factor()
    new_station(
        cast,
        st="39",
        require_flag=True,
        layer="dust-sites",
        feature="dust-sites-1",
        department="unit-one",
        location={"type": "Point", "coordinates": [118.25, 24.6]},
        units={"a34002": "ug/m3"},
        expected_interval=300,
    )
    payload = payloads.station_payload(queries.station_of(cast.asker("officer"), MN))
    assert payload == {
        "mn": MN, "name": "一号站", "protocol": "hj212", "st": "39", "open": False, "commands": False,
        "require_flag": True, "leniencies": [], "layer": "dust-sites", "feature": "dust-sites-1",
        "feature_id": cast.feature["dust-sites"].pk, "department": "unit-one",
        "location": {"type": "Point", "coordinates": [118.25, 24.6]}, "units": {"a34002": "ug/m3"}, "aliases": {},
        "expected_interval": 300, "last_seen": None, "condition": "normal", "warnings": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mn", "with blank"),
        ("mn", "x" * 41),
        ("mn", ""),
        ("name", ""),
        ("protocol", "modbus"),
        ("st", "3"),
        ("password", "a;b"),
        ("expected_interval", 0),
        ("expected_interval", "60"),
        ("expected_interval", True),
        ("open", "yes"),
        ("leniencies", ["all"]),
        ("units", {"a99999": "mg/m3"}),
        ("units", {"a34002": "mg/L"}),
        ("units", {"a34002": "furlong"}),
        ("units", ["a34002"]),
        ("aliases", {"PM10": 1}),
        ("location", {"type": "Point", "coordinates": [200, 24]}),
        ("location", {"type": "LineString", "coordinates": [[118, 24], [118, 25]]}),
        ("location", "118,24"),
        ("department", "nobody"),
    ],
)
def test_a_wrong_field_of_a_station_is_named_and_nothing_is_kept(cast, field, value) -> None:
    make.factor()
    with pytest.raises(BadInput) as caught:
        new_station(cast, **{field: value})
    assert {error.get("field") for error in caught.value.errors} == {field}
    assert not Station.objects.exists()


@pytest.mark.parametrize(
    "place", [{"layer": "dust-sites"}, {"feature": "dust-sites-1"}, {"layer": "x", "feature": "y"}]
)
def test_a_feature_is_named_by_layer_and_code_together(cast, place) -> None:
    with pytest.raises(BadInput):
        new_station(cast, **place)


def test_a_taken_mn_is_a_conflict(cast) -> None:
    new_station(cast)
    with pytest.raises(Conflict):
        new_station(cast)


def test_an_unusual_mn_and_a_missing_password_are_warnings_not_refusals(cast) -> None:
    new_station(cast, mn="site-7", password="")
    (first, second) = payloads.station_payload(queries.station_of(cast.asker("officer"), "site-7"))["warnings"]
    assert first != second


def test_a_change_names_only_what_it_changes(cast) -> None:
    new_station(cast, layer="dust-sites", feature="dust-sites-1")
    changed = actions.update_station(by=cast.asker("admin"), mn=MN, name="二号站", expected_interval=30)
    assert (changed.name, changed.expected_interval, changed.password) == ("二号站", 30, "123456")
    assert changed.feature == cast.feature["dust-sites"]
    changed = actions.update_station(by=cast.asker("admin"), mn=MN, layer=None, feature=None)
    assert changed.feature is None
    with pytest.raises(BadInput):
        actions.update_station(by=cast.asker("admin"), mn=MN, last_seen="2026-01-01")


def test_a_silent_stations_condition_moves_with_it_to_another_feature(cast) -> None:
    station = new_station(cast, layer="dust-sites", feature="dust-sites-1")
    actions.note_silence(station.created_at.replace(year=2099))
    actions.update_station(by=cast.asker("officer"), mn=MN, layer="outfalls", feature="outfalls-1")
    assert [span.feature_id for span in FeatureCondition.objects.filter(until=None)] == [cast.feature["outfalls"].pk]


@pytest.mark.parametrize("who", ["supervisor", "field", "manager", "partner", "viewer"])
def test_others_make_no_stations_and_no_rules(cast, who) -> None:
    make.factor()
    with pytest.raises(NotAllowed):
        new_station(cast, who)
    with pytest.raises(NotAllowed):
        new_rule(cast, who)


def test_a_stations_password_is_in_no_audit_row(cast) -> None:
    new_station(cast, password="secret77")
    actions.update_station(by=cast.asker("officer"), mn=MN, password="secret88")
    rows = AuditRow.objects.filter(kind__startswith="station.")
    assert [row.kind for row in rows.order_by("pk")] == ["station.made", "station.changed"]
    assert not [row for row in rows if "secret" in str(row.detail)]


def test_hearing_of_a_station_writes_no_audit_row(cast) -> None:
    make.factor()
    new_station(cast)
    before = AuditRow.objects.count()
    actions.record_readings(by=cast.asker("officer"), mn=MN, readings=[minute(0, "0.1")])
    assert AuditRow.objects.count() == before


def test_stations_are_listed_by_place_and_condition_for_those_who_see_them(cast, django_assert_num_queries) -> None:
    make.factor()
    make.station("A", feature=cast.feature["outfalls"])
    make.station("B", feature=cast.feature["dust-sites"])
    make.station("C", silent_since=NOON)
    officer = cast.asker("officer")
    with django_assert_num_queries(1):
        rows = [payloads.station_payload(one) for one in queries.stations(officer)]
    assert [row["mn"] for row in rows] == ["C", "B", "A"]
    seen = {who: [one.mn for one in queries.stations(cast.asker(who))] for who in ("admin", "viewer", "field")}
    assert seen == {"admin": ["C", "B", "A"], "viewer": ["A"], "field": ["A"]}
    assert list(queries.stations(ANONYMOUS)) == []
    assert [one.mn for one in queries.stations(officer, condition="silent")] == ["C"]
    assert [one.mn for one in queries.stations(officer, layer="outfalls", feature="outfalls-1")] == ["A"]


# -- rules ------------------------------------------------------------------------------------------------------------


def new_rule(cast, who: str = "officer", **more) -> AlarmRule:
    values = {
        "name": "PM10", "scope": {"layer": "dust-sites"}, "factor": "a34002", "kind": "minute", "severity": "major",
        "condition": {"above": 0.15, "for_minutes": 0, "clear_below": 0.13},
    } | more  # fmt: skip
    return actions.make_rule(by=cast.asker(who), **values)


@pytest.mark.parametrize(
    "scope", [{"layer": "dust-sites"}, {"layer": "dust-sites", "feature": "dust-sites-1"}, {"station": MN}]
)
def test_a_rule_comes_back_as_it_was_made(cast, scope) -> None:
    make.factor()
    make.station()
    rule = new_rule(cast, scope=scope)
    assert payloads.rule_payload(queries.rule_of(cast.asker("officer"), rule.pk)) == {
        "id": rule.pk, "name": "PM10", "scope": scope, "factor": "a34002", "kind": "minute",
        "condition": {"above": 0.15, "for_minutes": 0, "clear_below": 0.13},
        "severity": "major", "enabled": True, "auto_issue": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("scope", {}),
        ("scope", {"feature": "dust-sites-1"}),
        ("scope", {"layer": "nowhere"}),
        ("scope", {"station": "nobody"}),
        ("scope", {"layer": "dust-sites", "station": MN}),
        ("factor", "x1"),
        ("kind", "week"),
        ("severity", "huge"),
        ("condition", {"for_minutes": 5}),
        ("condition", {"above": "much"}),
        ("condition", {"above": float("inf")}),
        ("condition", {"above": 1, "clear_below": 2}),
        ("condition", {"above": 1, "for_minutes": -1}),
        ("condition", {"above": 1, "for_minutes": 1.5}),
        ("condition", {"above": 1, "below": 2}),
        ("condition", 7),
        ("enabled", "yes"),
    ],
)
def test_a_wrong_field_of_a_rule_is_named(cast, field, value) -> None:
    make.factor()
    with pytest.raises(BadInput) as caught:
        new_rule(cast, **{field: value})
    assert {error.get("field") for error in caught.value.errors} == {field}
    assert not AlarmRule.objects.exists()


@pytest.mark.parametrize("way", ["disabled", "deleted", "moved"])
def test_alarms_of_a_rule_that_ends_are_cleared_with_it(cast, way) -> None:
    make.factor()
    make.factor("a34004")
    make.station(feature=cast.feature["dust-sites"])
    rule, officer = new_rule(cast), cast.asker("officer")
    actions.record_readings(by=officer, mn=MN, readings=[minute(0, "0.2")])
    if way == "disabled":
        actions.update_rule(by=officer, rule_id=rule.pk, enabled=False)
    elif way == "deleted":
        actions.delete_rule(by=officer, rule_id=rule.pk)
        with pytest.raises(NotVisible):
            queries.rule_of(officer, rule.pk)
    else:
        actions.update_rule(by=officer, rule_id=rule.pk, factor="a34004")
    assert not Alarm.objects.filter(cleared_at=None).exists()
    assert not FeatureCondition.objects.filter(until=None).exists()
    assert [fact.type for fact in OutboxFact.objects.order_by("pk")] == ["alarm.raised", "alarm.cleared"]
    actions.record_readings(by=officer, mn=MN, readings=[minute(1, "0.2")])
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_a_change_of_a_rules_numbers_keeps_its_alarm_until_the_next_reading(cast) -> None:
    make.factor()
    make.station(feature=cast.feature["dust-sites"])
    rule, officer = new_rule(cast), cast.asker("officer")
    actions.record_readings(by=officer, mn=MN, readings=[minute(0, "0.2")])
    actions.update_rule(by=officer, rule_id=rule.pk, condition={"above": 0.5, "clear_below": 0.4})
    assert Alarm.objects.filter(cleared_at=None).count() == RuleState.objects.count() == 1
    actions.record_readings(by=officer, mn=MN, readings=[minute(1, "0.2")])
    assert not Alarm.objects.filter(cleared_at=None).exists()


# -- alarms -----------------------------------------------------------------------------------------------------------


def raised(cast) -> Alarm:
    make.factor()
    make.station(feature=cast.feature["outfalls"])
    make.rule(layer=cast.layer["outfalls"])
    actions.record_readings(by=cast.asker("officer"), mn=MN, readings=[minute(0, "0.2")])
    return Alarm.objects.get()


def test_an_officer_acknowledges_an_alarm_once(cast) -> None:
    alarm = raised(cast)
    actions.acknowledge(by=cast.asker("officer"), alarm_id=alarm.pk, note="看到了")
    payload = payloads.alarm_payload(queries.alarm_of(cast.asker("officer"), alarm.pk), issue="WT20261124-0001")
    assert (payload["acknowledged_by"], payload["note"], payload["issue"]) == ("officer", "看到了", "WT20261124-0001")
    for note in ("", "x" * 501):  # the state is refused before the words
        with pytest.raises(WrongState):
            actions.acknowledge(by=cast.asker("officer"), alarm_id=alarm.pk, note=note)


def test_who_may_not_acknowledge_is_told_so_and_who_does_not_see_it_is_not(cast) -> None:
    alarm = raised(cast)
    with pytest.raises(NotAllowed):
        actions.acknowledge(by=cast.asker("supervisor"), alarm_id=alarm.pk)
    with pytest.raises(NotSignedIn):
        actions.acknowledge(by=ANONYMOUS, alarm_id=alarm.pk)
    cast.layer["outfalls"].public = False
    cast.layer["outfalls"].save()
    with pytest.raises(NotVisible):
        actions.acknowledge(by=cast.asker("field"), alarm_id=alarm.pk)


def test_alarms_are_filtered_and_cost_one_query(cast, django_assert_num_queries) -> None:
    alarm, officer = raised(cast), cast.asker("officer")
    with django_assert_num_queries(1):
        assert [payloads.alarm_payload(one)["id"] for one in queries.alarms(officer)] == [alarm.pk]
    assert queries.alarms(officer, open=True, acknowledged=False, layer="outfalls", station=MN).count() == 1
    assert queries.alarms(officer, open=False).count() == queries.alarms(officer, acknowledged=True).count() == 0
    assert queries.alarms(cast.asker("viewer")).count() == 1
    assert [one.pk for one in queries.open_auto_issue_alarms()] == [alarm.pk]


# -- readings read ----------------------------------------------------------------------------------------------------


def test_readings_are_listed_newest_first_and_folded_by_hour(cast, django_assert_num_queries) -> None:
    make.factor()
    station, officer = make.station(feature=cast.feature["outfalls"]), cast.asker("officer")
    values = [minute(0, "0.1"), minute(1, "0.3"), minute(2, "9", flag="D"), minute(60, "0.5")]
    actions.record_readings(by=officer, mn=MN, readings=values)
    with django_assert_num_queries(2):
        rows = [payloads.reading_payload(one) for one in queries.readings(officer, station=station)]
    assert [row["value"] for row in rows] == [0.5, 9.0, 0.3, 0.1]
    assert rows[-1]["time"] == "2026-11-24T12:00:00+08:00"
    folded = [
        payloads.aggregate_payload(row)
        for row in queries.aggregated(queries.readings(officer, feature=cast.feature["outfalls"]), "hour")
    ]
    assert [(row["time"], row["value"], row["maximum"]) for row in folded] == [
        ("2026-11-24T13:00:00+08:00", 0.5, 0.5),
        ("2026-11-24T12:00:00+08:00", 0.2, 0.3),
    ]


def test_the_newest_reading_of_each_factor_and_kind_is_found_in_two_queries(cast, django_assert_num_queries) -> None:
    make.factor()
    make.factor("LA", "dB(A)")
    officer = cast.asker("officer")
    ids = [make.station(mn, feature=cast.feature["outfalls"]).pk for mn in ("A", "B", "C")]
    hour = minute(0, "0.7")._replace(kind="hour")
    wrong = minute(0, "9")._replace(time=NOON.replace(year=2098))
    values = [minute(0, "0.1"), minute(5, "0.3"), minute(3, "0.2"), minute(1, "55", code="LA"), hour, wrong]
    for mn in ("A", "B"):
        actions.record_readings(by=officer, mn=mn, readings=values)
    with django_assert_num_queries(2):
        found = [
            (one.station.mn, one.factor, one.kind, str(one.value)) for one in queries.latest_readings(officer, ids)
        ]
    each = [("LA", "minute", "55.000000000"), ("a34002", "hour", "0.700000000"), ("a34002", "minute", "0.300000000")]
    assert found == [(mn, *one) for mn in ("A", "B") for one in each]
    assert queries.latest_readings(ANONYMOUS, ids) == []
