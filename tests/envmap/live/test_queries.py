"""Facts for an asker: the stored audience intersected with what they may see now."""

from datetime import timedelta

import pytest

from envmap.accounts.asker import ANONYMOUS
from envmap.core import clock, outbox
from envmap.core.errors import Gone
from envmap.core.jobs import forget_old_rows
from envmap.core.models import OutboxFact
from envmap.core.outbox import Fact
from envmap.live.queries import CHUNK, facts_since
from layers.catalogue.models import Feature, FeatureGrant, LayerShare
from layers.sensors.models import Alarm, AlarmRule, Factor, Station
from tests.cast import make_feature

pytestmark = pytest.mark.django_db


def tell(*facts: Fact) -> None:
    outbox.tell(facts)
    outbox.number_committed()


def about(feature: Feature, *audience: str, kind="feature.changed", **more) -> Fact:
    return Fact(kind, audience, layer=feature.layer.key, feature=feature.code, feature_id=feature.pk, **more)


def read(asker, since=0, limit=100):
    return facts_since(asker, since, limit)


def seqs(asker) -> list[int]:
    return [fact["seq"] for fact in read(asker).items]


def test_without_since_only_the_head_is_told(cast):
    tell(about(cast.feature["outfalls"], "public"))
    page = facts_since(ANONYMOUS, None, 100)
    assert (page.items, page.head) == ([], 1)


def test_a_fact_has_the_promised_shape(cast):
    feature = cast.feature["outfalls"]
    at = clock.parse_instant("2026-11-24T08:00:00+08:00", field="at")
    tell(about(feature, "public", kind="alarm.raised", id=5, station="MN1", rule=3, at=at, location=feature.geometry))
    OutboxFact.objects.update(type="feature.changed")  # the alarm itself is not what is looked at here
    assert read(cast.asker("officer")).items == [
        {
            "seq": 1, "type": "feature.changed", "layer": "outfalls", "feature": "outfalls-1", "feature_id": feature.pk,
            "id": 5, "station": "MN1", "rule": 3, "at": "2026-11-24T08:00:00+08:00",
            "location": {"type": "Point", "coordinates": [feature.geometry.x, feature.geometry.y]},
        }
    ]  # fmt: skip
    assert "station" not in read(ANONYMOUS).items[0]


def test_the_audience_as_it_was_and_the_rights_as_they_are_must_both_agree(cast):
    dust = cast.feature["dust-sites"]
    viewer, department = cast.asker("viewer"), cast.department["health"]
    tell(about(dust, "bureau", f"department:{department.pk}"))
    assert (seqs(viewer), seqs(cast.asker("officer")), seqs(ANONYMOUS)) == ([], [1], [])
    share = LayerShare.objects.create(layer=dust.layer, department=department)
    assert seqs(viewer) == [1]
    tell(about(dust, "bureau"))
    assert seqs(viewer) == [1], "what was not addressed to a department stays unsaid, whatever it may see now"
    share.delete()
    assert seqs(viewer) == []


def test_each_role_sees_the_facts_of_features_that_it_sees(cast):
    dust, outfall = cast.feature["dust-sites"], cast.feature["outfalls"]
    unit, enterprise = cast.department["unit-one"], cast.department["enterprise"]
    everybody = [f"department:{d.pk}" for d in cast.department.values()]
    own = make_feature(dust.layer, "dust-2", department=enterprise)
    FeatureGrant.objects.create(feature=dust, department=unit, reason="ZF1")
    tell(
        about(outfall, "public", *everybody),
        about(dust, "bureau", *everybody),
        about(own, "bureau", *everybody),
    )
    expected = {
        "officer": [1, 2, 3], "supervisor": [1, 2, 3], "admin": [1, 2, 3], "field": [1, 2], "manager": [1, 2],
        "field2": [1], "partner": [1, 3], "viewer": [1],
    }  # fmt: skip
    assert {name: seqs(cast.asker(name)) for name in expected} == expected
    assert seqs(ANONYMOUS) == [1]


def test_an_order_or_issue_that_is_not_visible_is_not_told_even_if_the_audience_says_so(cast):
    tell(
        Fact("order.moved", ["public", "bureau", "work"], number="ZF20261124-0001", state="sent"),
        Fact("issue.opened", ["public", "bureau", "work"], number="WT20261124-0001"),
    )
    assert seqs(cast.asker("officer")) == [], "there is no such order"


def test_an_alarm_is_told_to_those_who_see_its_feature(cast):
    dust, outfall = cast.feature["dust-sites"], cast.feature["outfalls"]
    factor = Factor.objects.create(code="a34002", names={"en": "PM10", "zh-hans": "PM10"}, unit="mg/m³")
    raised = []
    for n, feature in enumerate([dust, outfall]):
        station = Station.objects.create(mn=f"MN{n}", name="s", feature=feature)
        rule = AlarmRule.objects.create(name="r", station=station, factor=factor, kind="minute", above=1, clear_below=1)
        alarm = Alarm.objects.create(
            rule=rule, station=station, feature=feature, layer=feature.layer, factor=factor, severity="major",
            opened_at=clock.now(), first_value=2, last_value=2, peak_value=2, limit={},
        )  # fmt: skip
        raised.append(about(feature, "public", "bureau", kind="alarm.raised", id=alarm.pk))
    tell(*raised)
    assert (seqs(cast.asker("admin")), seqs(cast.asker("viewer")), seqs(ANONYMOUS)) == ([1, 2], [2], [2])


def test_the_station_of_a_feature_is_told_with_the_feature_and_a_loose_one_to_the_bureau(cast):
    Station.objects.create(mn="LOOSE", name="s")
    tell(
        about(cast.feature["outfalls"], "public", kind="station.silent", station="MN1"),
        Fact("station.back", ["public", "bureau"], station="LOOSE"),
    )
    assert (seqs(cast.asker("officer")), seqs(cast.asker("viewer")), seqs(ANONYMOUS)) == ([1, 2], [1], [1])


def test_a_map_learns_that_a_feature_has_left_if_it_saw_the_layer(cast):
    for feature in cast.feature.values():
        Feature.objects.filter(pk=feature.pk).update(deleted_at=clock.now())
        tell(about(feature, "public", "bureau"))
    assert (seqs(cast.asker("officer")), seqs(ANONYMOUS)) == ([1, 2], [1])


def test_pages_follow_one_another_past_facts_that_one_may_not_see(cast):
    outfall, dust = cast.feature["outfalls"], cast.feature["dust-sites"]
    tell(*[about(dust if n % 3 else outfall, "public", "bureau") for n in range(12)])
    got, since = [], 0
    while True:
        page = read(ANONYMOUS, since, 2)
        since = page.head
        if not page.items:
            break
        got += [f["seq"] for f in page.items]
        assert page.head >= got[-1]
    assert (got, since) == ([1, 4, 7, 10], 12)


def test_a_long_stretch_of_foreign_facts_is_crossed_in_one_page(cast):
    dust, outfall = cast.feature["dust-sites"], cast.feature["outfalls"]
    tell(*[about(dust, "public") for _ in range(CHUNK + 3)], about(outfall, "public"))
    while outbox.number_committed():
        pass
    page = read(ANONYMOUS, 0, 10)
    assert [f["seq"] for f in page.items] == [CHUNK + 4] and page.head == CHUNK + 4


def test_the_number_of_queries_does_not_grow_with_the_facts(cast, django_assert_max_num_queries):
    viewer = cast.asker("viewer")
    tell(about(cast.feature["outfalls"], "public"))
    with django_assert_max_num_queries(6):
        read(viewer)
    tell(*[about(cast.feature["outfalls"], "public") for _ in range(40)])
    with django_assert_max_num_queries(6):
        assert len(read(viewer).items) == 41


def test_what_is_forgotten_or_not_yet_given_out_is_gone(cast):
    tell(*[about(cast.feature["outfalls"], "public") for _ in range(4)])
    OutboxFact.objects.filter(seq__lte=2).update(created_at=clock.now() - timedelta(days=8))
    forget_old_rows()
    for since in (0, 1, 5):
        with pytest.raises(Gone, match=str(since)):
            read(ANONYMOUS, since)
    assert [f["seq"] for f in read(ANONYMOUS, 2).items] == [3, 4]
    assert read(ANONYMOUS, 4).items == []


def test_a_token_that_may_not_read_hears_nothing(cast):
    from dataclasses import replace

    from envmap.accounts.roles import Scope

    tell(about(cast.feature["outfalls"], "public"))
    assert seqs(replace(cast.asker("officer"), scopes=frozenset({Scope.WRITE}))) == []
