"""How a feature is doing: spans in time, one open a source, the worst is shown."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.catalogue import actions, queries
from layers.catalogue.conditions import RANK, WORST_FIRST, Condition, Source, worst
from layers.catalogue.models import FeatureCondition, FeatureHistory
from tests.cast import make_feature

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def feature(cast):
    return cast.feature["dust-sites"]


def spans(feature):
    return [(s.level.value, s.since, s.until) for s in FeatureCondition.objects.filter(feature=feature).order_by("pk")]


def test_the_worst_of_any_two_is_the_one_named_first():
    order = ["alarm", "rectifying", "silent", "attention", "normal"]
    assert [c.value for c in WORST_FIRST] == order
    for one, two in product(Condition, Condition):
        assert worst([one, two]).value == min(one.value, two.value, key=order.index)
    assert worst([]) is Condition.NORMAL


def test_a_condition_begins_changes_and_ends_as_spans(feature):
    say = lambda level, minutes: actions.set_condition(feature, Source.SENSORS, level, at=at(minutes))  # noqa: E731
    assert say(Condition.NORMAL, 0) is False
    assert say(Condition.ALARM, 1) is True
    assert say(Condition.ALARM, 2) is False
    assert say(Condition.SILENT, 3) is True
    assert say(Condition.NORMAL, 4) is True
    assert say(Condition.NORMAL, 5) is False
    assert spans(feature) == [("alarm", at(1), at(3)), ("silent", at(3), at(4))]


def test_a_late_word_ends_no_span_before_it_began_and_begins_none_inside_another(feature):
    actions.set_condition(feature, Source.SENSORS, Condition.ALARM, at=at(10))
    actions.set_condition(feature, Source.SENSORS, Condition.NORMAL, at=at(5))
    actions.set_condition(feature, Source.SENSORS, Condition.SILENT, at=at(7))
    assert spans(feature) == [("alarm", at(10), at(10)), ("silent", at(10), None)]


def test_an_alarm_never_makes_an_editors_save_stale_nor_writes_history(feature, cast):
    actions.set_condition(feature, Source.SENSORS, Condition.ALARM, at=at(0))
    actions.grant(feature, cast.department["unit-one"], reason="ZF1")
    feature.refresh_from_db()
    assert feature.version == 1
    assert FeatureHistory.objects.filter(feature=feature).count() == 1


levels = st.lists(
    st.tuples(st.sampled_from(list(Source)), st.sampled_from(list(Condition)), st.integers(0, 60)), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=levels)
def test_after_any_story_the_worst_last_word_of_each_source_is_shown(cast, said):
    feature = make_feature(cast.layer["dust-sites"], f"s-{FeatureHistory.objects.count()}")
    last: dict[Source, Condition] = {}
    for source, level, minutes in said:
        changed = actions.set_condition(feature, source, level, at=at(minutes))
        assert changed == (last.get(source, Condition.NORMAL) is not level)
        last[source] = level
    shown = queries.feature_of(cast.asker("officer"), "dust-sites", feature.pk).condition
    assert shown is worst(list(last.values()))
    for source in Source:
        mine = list(FeatureCondition.objects.filter(feature=feature, source=source).order_by("pk"))
        assert sum(span.until is None for span in mine) == (last.get(source, Condition.NORMAL) is not Condition.NORMAL)
        assert all(a.until is not None and a.since <= a.until <= b.since for a, b in zip(mine, mine[1:], strict=False))
        assert all(span.rank == RANK[span.level] for span in mine)
