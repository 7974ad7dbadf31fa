"""Statistics of a layer equal a count by hand, over made histories, for every role, and at once."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.contrib.gis.geos import Polygon
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envmap.accounts.asker import ANONYMOUS
from envmap.core import clock
from envmap.core.clock import midnight
from envmap.core.errors import BadQuery, NotVisible
from envmap.statistics import queries
from layers.catalogue import actions
from layers.catalogue.conditions import Condition, Source
from layers.catalogue.models import Area, FeatureCondition
from layers.sensors.models import Alarm, AlarmRule, Factor, Station
from tasks.issues.models import Issue
from tasks.orders.models import Order
from tests.cast import SPOT, make_feature

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
START, END = midnight(date(2026, 11, 2)), midnight(date(2026, 11, 16))
WORST_FIRST = ["alarm", "rectifying", "silent", "attention", "normal"]
KINDS = [c for c in Condition if c is not Condition.NORMAL]


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr("envmap.core.clock.now", lambda: NOW)


@contextmanager
def undone():
    """A savepoint that is rolled back: each example of a property test begins from the cast alone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@dataclass(frozen=True)
class Told:
    """An order's life in a few instants; `reported` and `ended` are None where that has not happened."""

    created: datetime
    due: datetime | None
    state: str
    reported: datetime | None
    ended: datetime | None


# Bounds and midnights themselves, a microsecond beside them, and anything between.
EDGES = [edge + timedelta(microseconds=d) for edge in (START, END, midnight(date(2026, 11, 9))) for d in (-1, 0, 1)]
instants = st.one_of(
    st.sampled_from(EDGES),
    st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 24), timezones=st.just(UTC)),  # noqa: DTZ001
)


@st.composite
def lives(draw) -> Told:
    steps = sorted(draw(st.lists(instants, min_size=3, max_size=3)))
    state = draw(st.sampled_from(["sent", "accepted", "reported", "returned", "verified", "withdrawn"]))
    created, reported, ended = steps
    return Told(
        created=created,
        due=draw(st.one_of(st.none(), instants)),
        state=state,
        reported=reported if state in ("reported", "verified") else None,
        ended=ended if state in ("verified", "withdrawn") else None,
    )


def kept(layer, lives_, department) -> None:
    for n, life in enumerate(lives_):
        issue = Issue.objects.create(
            number=f"WT-{layer.key}-{n}", source="patrol", title="t", layer=layer, location=SPOT, opened_at=life.created
        )
        Order.objects.create(
            number=f"ZF-{layer.key}-{n}", issue=issue, state=life.state, department=department, layer=layer,
            created_at=life.created, due_at=life.due, report_by=life.due, reported_at=life.reported, ended_at=life.ended,
        )  # fmt: skip


def by_hand(lives_, start, end) -> dict:
    """The definitions of docs/glossary.md read aloud, order by order."""
    due = closed = on_time = 0
    for life in lives_:
        if life.state == "withdrawn" or life.due is None:
            continue
        closed_at = life.ended if life.state == "verified" else None
        if life.due < start:  # carried over, unless it was closed before the period began
            counts = closed_at is None or closed_at >= start
        elif life.due < end:
            counts = True
        else:  # not yet due, but closed early
            counts = closed_at is not None and start <= closed_at < end
        if not counts:
            continue
        due += 1
        if closed_at is not None and closed_at < end:
            closed += 1
            on_time += life.reported <= life.due
    rate = None
    if due:
        rate = float((Decimal(on_time * 100) / Decimal(due)).quantize(Decimal("0.01"), ROUND_HALF_UP))
    late = sum(life.state in ("sent", "accepted") and life.due is not None and life.due < NOW for life in lives_)
    return {
        "open": sum(life.ended is None for life in lives_),
        "overdue": late,
        "due": due,
        "closed": closed,
        "closed_on_time": on_time,
        "on_time_rate": rate,
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ours=st.lists(lives(), max_size=9), others=st.lists(lives(), max_size=3))
def test_orders_are_counted_as_by_hand_over_any_history(cast, ours, others):
    with undone():
        kept(cast.layer["dust-sites"], ours, cast.department["unit-one"])
        kept(cast.layer["outfalls"], others, cast.department["unit-one"])
        officer = cast.asker("officer")
        one = queries.layer_statistics(officer, "dust-sites", start=START, end=END)
        assert one["orders"] == by_hand(ours, START, END)
        assert (one["from"], one["to"]) == ("2026-11-02T00:00:00+08:00", "2026-11-16T00:00:00+08:00")
        whole_year = {s["layer"]: s["orders"] for s in queries.layers_statistics(officer)}
        bounds = midnight(date(2026, 1, 1)), midnight(date(2027, 1, 1))
        assert whole_year == {"dust-sites": by_hand(ours, *bounds), "outfalls": by_hand(others, *bounds)}


def told_alarms(layer, opened) -> None:
    factor = Factor.objects.create(code="a34002", names={"zh-hans": "PM10"}, unit="mg/m³")
    rule = AlarmRule.objects.create(name="r", layer=layer, factor=factor, kind="minute", above=1, clear_below=1)
    station = Station.objects.create(mn="S1", name="s")
    for at in opened:
        Alarm.objects.create(
            rule=rule, station=station, layer=layer, factor=factor, severity="minor", opened_at=at, cleared_at=at,
            first_value=2, last_value=2, peak_value=2, limit={},
        )  # fmt: skip


FORM = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=st.lists(lives(), max_size=7), opened=st.lists(instants, max_size=7), by=st.sampled_from(list(FORM)))
def test_rows_of_time_are_counted_as_by_hand_also_at_midnight(cast, orders, opened, by):
    with undone():
        layer = cast.layer["dust-sites"]
        kept(layer, orders, cast.department["unit-one"])
        told_alarms(layer, opened)
        found = queries.layer_statistics(cast.asker("officer"), "dust-sites", start=START, end=END, by=by)

    def name(instant):  # China has had no summer time since 1991
        return (instant.astimezone(UTC) + timedelta(hours=8)).strftime(FORM[by])

    def tally(found_at):
        return Counter(name(at) for at in found_at if at is not None and START <= at < END)

    alarms = tally(opened)
    filed = tally(o.created for o in orders if o.state != "withdrawn")
    closed = tally(o.ended for o in orders if o.state == "verified")
    days = sorted({name(START + timedelta(days=n)) for n in range(14)})
    assert found["rows"] == [
        {
            "key": key, "label": key, "total": alarms[key] + filed[key] + closed[key],
            "alarms": alarms[key], "filed": filed[key], "closed": closed[key],
        }
        for key in days
    ]  # fmt: skip


things = st.tuples(
    st.sampled_from([None, "unit-one", "enterprise"]),
    st.sampled_from([None, "t1", "t2"]),
    st.lists(st.tuples(st.sampled_from(list(Source)), st.sampled_from(KINDS), st.booleans()), max_size=3, unique_by=lambda s: s[0]),
    st.booleans(),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(things, max_size=9))
def test_features_are_counted_each_once_and_rows_add_up(cast, made):
    with undone():
        layer = cast.layer["dust-sites"]
        layer.features.update(deleted_at=NOW)
        towns = {}
        for code in ("t1", "t2"):
            box = Polygon.from_bbox((0, 0, 1, 1))
            box.srid = 4326
            towns[code] = Area.objects.create(code=code, names={"zh-hans": code}, kind="town", geometry=box)
        there = []
        for n, (unit, town, spans, deleted) in enumerate(made):
            feature = make_feature(
                layer, f"f-{n}", department=cast.department.get(unit), town=towns.get(town),
                deleted_at=NOW if deleted else None,
            )  # fmt: skip
            holding = []
            for source, level, ended in spans:
                rank = len(WORST_FIRST) - 1 - WORST_FIRST.index(level.value)
                FeatureCondition.objects.create(
                    feature=feature, source=source, rank=rank, since=NOW, until=NOW if ended else None
                )
                holding += [] if ended else [level.value]
            if not deleted:
                there.append((unit, town, min(holding, key=WORST_FIRST.index, default="normal")))
        officer = cast.asker("officer")
        found = {
            by: queries.layer_statistics(officer, "dust-sites", by=by) for by in ("condition", "department", "town")
        }
    conditions = Counter(condition for _u, _t, condition in there)
    for table in found.values():
        assert table["total"] == len(there)
        assert table["by_condition"] == {c: conditions[c] for c in WORST_FIRST}
        assert sum(row["total"] for row in table["rows"]) == len(there)
    assert [(r["key"], r["total"]) for r in found["condition"]["rows"]] == [(c, conditions[c]) for c in WORST_FIRST]
    for by, place in (("department", 0), ("town", 1)):
        wanted = Counter(thing[place] for thing in there)
        assert {r["key"]: r["total"] for r in found[by]["rows"]} == dict(wanted)
        for row in found[by]["rows"]:
            mine = Counter(thing[2] for thing in there if thing[place] == row["key"])
            assert row["by_condition"] == {c: mine[c] for c in WORST_FIRST}


@pytest.mark.parametrize("who", ["officer", "supervisor"])
def test_the_bureau_counts_everything(cast, who):
    kept(cast.layer["dust-sites"], [Told(START, START, "verified", START, START)], cast.department["unit-one"])
    counted = queries.layer_statistics(cast.asker(who), "dust-sites")
    assert (counted["total"], counted["orders"]["closed_on_time"], counted["orders"]["on_time_rate"]) == (1, 1, 100.0)


def test_everybody_counts_what_they_see_and_a_second_departments_things_are_absent(cast):
    layer, unit = cast.layer["dust-sites"], cast.department["unit-one"]
    granted = make_feature(layer, "granted")
    make_feature(layer, "owned", department=cast.department["enterprise"])
    actions.grant(granted, unit, reason="ZF1")
    kept(layer, [Told(START, START, "sent", None, None)], unit)
    told_alarms(layer, [START])
    expected = {  # who: (features, open orders), None where the layer is not there
        "officer": (3, 1), "supervisor": (3, 1), "admin": (3, 0), "field": (1, 1), "manager": (1, 1),
        "partner": (1, 0), "field2": None, "viewer": None,
    }  # fmt: skip
    for who, counts in expected.items():
        asker = cast.asker(who)
        if counts is None:
            with pytest.raises(NotVisible):
                queries.layer_statistics(asker, "dust-sites")
            assert "dust-sites" not in {s["layer"] for s in queries.layers_statistics(asker)}
            continue
        for by in queries.BY:
            counted = queries.layer_statistics(asker, "dust-sites", by=by)
            assert (counted["total"], counted["orders"]["open"]) == counts, (who, by)
            if by in ("condition", "department", "town"):
                assert sum(row["total"] for row in counted["rows"]) == counts[0]
            else:
                assert sum(row["filed"] for row in counted["rows"]) == counts[1]
                assert sum(row["alarms"] for row in counted["rows"]) == (who in ("officer", "supervisor", "admin"))
    assert [s["layer"] for s in queries.layers_statistics(ANONYMOUS)] == ["outfalls"]
    actions.share_layer(by=cast.asker("admin"), key="dust-sites", department="health")
    shared = queries.layer_statistics(cast.asker("viewer"), "dust-sites")
    assert (shared["total"], shared["orders"]["open"], shared["orders"]["on_time_rate"]) == (3, 0, None)


def test_a_change_is_counted_on_the_first_request_after_it(cast):
    officer, feature = cast.asker("officer"), cast.feature["dust-sites"]
    assert queries.layer_statistics(officer, "dust-sites")["by_condition"]["alarm"] == 0
    actions.set_condition(feature, Source.SENSORS, Condition.ALARM, at=clock.now())
    assert queries.layer_statistics(officer, "dust-sites")["by_condition"]["alarm"] == 1
    actions.delete_feature(by=officer, layer="dust-sites", feature_id=feature.pk, version=1)
    assert queries.layer_statistics(officer, "dust-sites")["total"] == 0


def test_labels_come_in_the_askers_language(cast):
    officer = cast.asker("officer")
    with translation.override("en"):
        english = queries.layer_statistics(officer, "dust-sites", by="department")
    assert (english["label"], english["rows"][0]["label"]) == ("dust-sites", "bureau")
    with translation.override("zh-hans"):
        assert queries.layer_statistics(officer, "dust-sites", by="department")["rows"][0]["label"] == "bureau 单位"


def test_an_unknown_table_is_refused_with_what_is_allowed(cast):
    with pytest.raises(BadQuery, match="condition, department, town, day, week, month"):
        queries.layer_statistics(cast.asker("officer"), "dust-sites", by="colour")


def test_counting_costs_the_same_with_few_and_with_many(cast, django_assert_num_queries):
    officer = cast.asker("officer")

    def fill(n):
        make_feature(cast.layer["dust-sites"], f"q-{n}", department=cast.department["unit-one"])
        kept(cast.layer["dust-sites" if n % 2 else "outfalls"], [], cast.department["unit-one"])

    for n in (0, 1, 2, 3):
        fill(n)
        with django_assert_num_queries(4):
            queries.layers_statistics(officer)
        with django_assert_num_queries(3):
            queries.layer_statistics(officer, "dust-sites")
        with django_assert_num_queries(4):
            queries.layer_statistics(officer, "dust-sites", by="department")
        with django_assert_num_queries(6):
            queries.layer_statistics(officer, "dust-sites", by="day")
