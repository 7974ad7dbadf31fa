"""Readings are kept once, told apart and judged in their own transaction."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from envmap.accounts.asker import Asker
from envmap.accounts.roles import Role, Scope
from envmap.core.errors import BadInput, NotAllowed, NotVisible
from envmap.core.models import OutboxFact
from layers.catalogue.models import FeatureCondition
from layers.sensors import actions
from layers.sensors.actions import NewReading, Recorded
from layers.sensors.models import Alarm, Reading, RuleState, Station
from layers.sensors.signals import alarm_raised
from tests.layers.sensors import make
from tests.layers.sensors.make import MN, NOON, minute


@pytest.fixture
def dust(cast):
    """A dust site's station, its factor and a rule of its layer."""
    make.factor()
    make.rule(layer=cast.layer["dust-sites"])
    return make.station(feature=cast.feature["dust-sites"])


def record(cast, *readings: NewReading, mn: str = MN, who: str = "officer") -> Recorded:
    return actions.record_readings(by=cast.asker(who), mn=mn, readings=readings)


def open_alarms() -> list[Alarm]:
    return list(Alarm.objects.filter(cleared_at=None))


def facts() -> list[str]:
    return list(OutboxFact.objects.order_by("pk").values_list("type", flat=True))


def test_readings_are_stored_with_their_values(cast, dust) -> None:
    one = NewReading(
        "a34002", "hour", NOON, Decimal("0.1"), Decimal("0.05"), Decimal("0.2"), Decimal("7"), Decimal("0.11"), "N"
    )
    assert record(cast, one) == Recorded(stored=1)
    row = Reading.objects.get()
    assert (row.station_id, row.factor, row.kind, row.time) == (dust.pk, "a34002", "hour", NOON)
    assert [row.value, row.minimum, row.maximum, row.total, row.converted, row.flag] == [
        Decimal("0.1"), Decimal("0.05"), Decimal("0.2"), Decimal("7"), Decimal("0.11"), "N",
    ]  # fmt: skip


def test_duplicates_and_conflicts_are_told_apart_and_the_first_stays(cast, dust) -> None:
    record(cast, minute(0, "0.1"))
    assert record(cast, minute(0, "0.100")) == Recorded(duplicates=1)
    assert record(cast, minute(0, "0.2")) == Recorded(conflicts=1)
    assert record(cast, minute(0, "0.1", flag=None)) == Recorded(conflicts=1)
    assert [row.value for row in Reading.objects.all()] == [Decimal("0.1")]


def test_two_of_one_key_in_one_delivery_are_told_apart_too(cast, dust) -> None:
    assert record(cast, minute(0, "0.1"), minute(0, "0.1"), minute(0, "0.2"), minute(1, "0.1")) == Recorded(2, 1, 1)


def test_values_are_converted_from_the_stations_unit_once(cast, dust) -> None:
    Station.objects.update(units={"a34002": "ug/m3"})
    record(cast, minute(0, "153")._replace(minimum=Decimal(100), maximum=Decimal(200), total=Decimal(5)))
    row = Reading.objects.get()
    assert (row.value, row.minimum, row.maximum, row.total) == tuple(map(Decimal, ("0.153", "0.1", "0.2", "5")))
    assert record(cast, minute(0, "153")) == Recorded(duplicates=1)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"factor": "x99999"}, "x99999"),
        ({"kind": "week"}, "kind"),
        ({"time": datetime(2026, 11, 24)}, "offset"),  # noqa: DTZ001
        ({"time": datetime(1, 1, 1, tzinfo=UTC)}, "year"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal("1e15")}, "value"),
        ({"value": None}, "value"),
        ({"flag": "TOOLONG"}, "flag"),
    ],
)
def test_one_wrong_reading_keeps_all_out_and_is_named_by_its_index(cast, dust, wrong, says) -> None:
    with translation.override("en"), pytest.raises(BadInput) as caught:
        record(cast, minute(0, "0.1"), minute(1, "0.1")._replace(**wrong))
    assert [error.get("index") for error in caught.value.errors] == [1]
    assert says in caught.value.errors[0]["detail"]
    assert not Reading.objects.exists()


def test_who_may_write_readings(cast, dust) -> None:
    for who in ("officer", "admin"):
        record(cast, minute(0, "0.1"), who=who)
    for who in ("supervisor", "field", "manager", "partner", "viewer"):
        with pytest.raises(NotAllowed):
            record(cast, minute(1, "0.1"), who=who)
    token = Asker(role=Role.STATION, scopes=frozenset({Scope.INGEST}), station=MN)
    assert actions.record_readings(by=token, mn=MN, readings=[minute(2, "0.1")]) == Recorded(stored=1)
    make.station("B" * 24)
    with pytest.raises(NotVisible):
        actions.record_readings(by=token, mn="B" * 24, readings=[minute(2, "0.1")])
    with pytest.raises(NotVisible):
        record(cast, minute(0, "0.1"), mn="nobody")


def test_an_exceeding_reading_raises_one_alarm_with_condition_and_fact(
    cast, dust, django_capture_on_commit_callbacks
) -> None:
    heard: list[list[int]] = []

    def listener(alarm_ids, **_more):
        heard.append(alarm_ids)

    alarm_raised.connect(listener)
    with django_capture_on_commit_callbacks(execute=True):
        record(cast, minute(0, "0.153"))
    (alarm,) = open_alarms()
    assert (alarm.opened_at, alarm.first_value, alarm.feature_id) == (NOON, Decimal("0.153"), dust.feature_id)
    assert alarm.limit == {"value": 0.15, "unit": "mg/m³", "standard": None, "clause": None}
    assert heard == [[alarm.pk]]
    fact = OutboxFact.objects.get(type="alarm.raised")
    assert (fact.type, fact.ref, fact.station, fact.layer, fact.feature_id, fact.state) == (
        "alarm.raised", alarm.pk, MN, "dust-sites", dust.feature_id, "open",
    )  # fmt: skip
    assert FeatureCondition.objects.get(until=None, source="sensors").rank == 4


def test_an_alarm_moves_on_and_is_cleared_below_the_lower_mark(cast, dust) -> None:
    for number, value in enumerate(["0.16", "0.2", "0.14", "0.13", "0.12"]):
        record(cast, minute(number, value))
    alarm = Alarm.objects.get()
    assert (alarm.peak_value, alarm.last_value) == (Decimal("0.2"), Decimal("0.12"))
    assert alarm.cleared_at == NOON + timedelta(minutes=4)
    assert facts() == ["alarm.raised", "alarm.cleared"]
    assert not FeatureCondition.objects.filter(until=None).exists()


def test_raising_and_clearing_in_one_delivery_leaves_a_whole_record(cast, dust) -> None:
    record(cast, *(minute(n, value) for n, value in enumerate(["0.16", "0.1", "0.17", "0.1", "0.18"])))
    assert facts() == ["alarm.raised", "alarm.cleared", "alarm.raised", "alarm.cleared", "alarm.raised"]
    assert [alarm.first_value for alarm in open_alarms()] == [Decimal("0.18")]
    record(cast, minute(5, "0.1"), minute(6, "0.2"))
    assert [alarm.first_value for alarm in open_alarms()] == [Decimal("0.2")]
    assert Alarm.objects.count() == 4


def test_only_inserted_rows_are_judged(cast, dust) -> None:
    record(cast, minute(0, "0.1"))
    record(cast, minute(0, "0.2"))
    assert open_alarms() == []


@pytest.mark.parametrize("flag", ["D", "T", "S", "F", "M", "C", "B", "3", "n"])
def test_other_flags_never_alarm(cast, dust, flag) -> None:
    record(cast, minute(0, "0.2", flag=flag))
    assert open_alarms() == []


def test_a_missing_flag_alarms_unless_the_station_must_send_one(cast, dust) -> None:
    Station.objects.update(require_flag=True)
    record(cast, minute(0, "0.2", flag=None))
    assert open_alarms() == []
    Station.objects.update(require_flag=False)
    record(cast, minute(1, "0.2", flag=None))
    assert len(open_alarms()) == 1


def test_a_late_reading_neither_raises_nor_clears(cast, dust) -> None:
    record(cast, minute(5, "0.1"))
    record(cast, minute(4, "0.2"))
    assert open_alarms() == []
    record(cast, minute(6, "0.2"))
    record(cast, minute(3, "0.1"))
    assert len(open_alarms()) == 1


def test_a_clock_that_cannot_be_right_is_stored_and_decides_nothing(cast, dust) -> None:
    future = minute(0, "0.2")._replace(time=datetime(2099, 1, 1, tzinfo=UTC))
    past = minute(0, "0.2")._replace(time=datetime(1970, 1, 1, tzinfo=UTC))
    assert record(cast, future, past) == Recorded(stored=2)
    assert open_alarms() == []
    record(cast, minute(0, "0.2"))
    assert len(open_alarms()) == 1


def test_a_duration_counts_over_deliveries(cast, dust) -> None:
    rule = make.rule(station=dust, for_minutes=3, severity="minor", name="three minutes")
    for number in range(3):
        record(cast, minute(number, "0.2"))
    assert not Alarm.objects.filter(rule=rule).exists()
    record(cast, minute(3, "0.2"))
    assert Alarm.objects.get(rule=rule).opened_at == NOON + timedelta(minutes=3)


def test_rules_of_layer_feature_and_station_each_judge_and_others_do_not(cast, dust) -> None:
    make.rule(feature=cast.feature["dust-sites"], name="feature")
    make.rule(station=dust, name="station")
    make.rule(layer=cast.layer["outfalls"], name="another layer")
    make.rule(feature=cast.feature["outfalls"], name="another feature")
    make.rule(station=make.station("B" * 24), name="another station")
    make.rule(station=dust, kind="hour", name="another kind")
    make.rule(station=dust, code="a34004", name="another factor")
    make.rule(station=dust, enabled=False, name="off")
    record(cast, minute(0, "0.2"))
    assert {alarm.rule.name for alarm in open_alarms()} == {"PM10 预警", "feature", "station"}


def test_a_deleted_feature_alarms_no_more(cast, dust) -> None:
    make.rule(station=dust, name="of the station itself")
    feature = cast.feature["dust-sites"]
    feature.deleted_at = NOON
    feature.save()
    record(cast, minute(0, "0.2"))
    (alarm,) = open_alarms()
    assert (alarm.rule.name, alarm.feature, alarm.layer) == ("of the station itself", None, None)
    assert not FeatureCondition.objects.exists()


def test_minor_alarms_are_attention_and_the_worst_is_shown(cast, dust) -> None:
    make.rule(station=dust, severity="minor", above=Decimal("0.1"), clear_below=Decimal("0.05"), name="minor")
    record(cast, minute(0, "0.12"))
    assert FeatureCondition.objects.get(until=None).rank == 1
    record(cast, minute(1, "0.2"))
    assert FeatureCondition.objects.get(until=None).rank == 4
    record(cast, minute(2, "0.12"))
    assert FeatureCondition.objects.get(until=None).rank == 1


def test_a_refused_transaction_leaves_neither_reading_nor_alarm_nor_fact(cast, dust) -> None:
    with transaction.atomic():
        record(cast, minute(0, "0.2"))
        assert open_alarms()
        transaction.set_rollback(True)
    assert (Reading.objects.count(), Alarm.objects.count(), RuleState.objects.count(), facts()) == (0, 0, 0, [])


def test_a_deliverys_queries_do_not_grow_with_its_readings(cast, dust) -> None:
    make.factor("a34004")

    def queries(start: int, count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            record(cast, *(minute(start + n, "0.1") for n in range(count)))
        return len(captured)

    queries(0, 1)
    assert queries(10, 1) == queries(20, 50)


# -- silence -----------------------------------------------------------------------------------------------------------


def test_a_station_is_silent_after_three_intervals_and_back_with_its_next_reading(cast, dust) -> None:
    record(cast, minute(0, "0.1"))
    seen = Station.objects.get().last_seen
    assert actions.note_silence(seen + timedelta(seconds=180)) == 0
    assert actions.note_silence(seen + timedelta(seconds=181)) == 1
    assert actions.note_silence(seen + timedelta(seconds=500)) == 0
    assert facts() == ["station.silent"]
    assert FeatureCondition.objects.get(until=None).rank == 2
    record(cast, minute(0, "0.1"))  # a duplicate is a sign of life too
    assert Station.objects.get().silent_since is None
    assert facts() == ["station.silent", "station.back"]
    assert not FeatureCondition.objects.filter(until=None).exists()


def test_a_station_that_never_spoke_is_silent_three_intervals_after_its_making(cast, dust) -> None:
    assert actions.note_silence(dust.created_at + timedelta(seconds=179)) == 0
    assert actions.note_silence(dust.created_at + timedelta(seconds=181)) == 1


def test_a_silent_station_whose_interval_is_made_longer_is_back(cast, dust) -> None:
    moment = dust.created_at + timedelta(minutes=10)
    actions.note_silence(moment)
    actions.update_station(by=cast.asker("officer"), mn=MN, expected_interval=3600)
    assert actions.note_silence(moment) == 0
    assert Station.objects.get().silent_since is None
    assert facts() == ["station.silent", "station.back"]
    assert not FeatureCondition.objects.filter(until=None).exists()


def test_an_alarm_outranks_silence(cast, dust) -> None:
    record(cast, minute(0, "0.2"))
    actions.note_silence(Station.objects.get().last_seen + timedelta(hours=1))
    assert FeatureCondition.objects.get(until=None).rank == 4
