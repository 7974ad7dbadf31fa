"""Features through their actions: made, changed, taken off the map, remembered."""

import json

import pytest
from django.contrib.gis.geos import LineString, Point, Polygon
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envmap.accounts.asker import SYSTEM
from envmap.core.errors import BadInput, Conflict, NotAllowed, NotSignedIn, NotVisible, StaleVersion
from envmap.core.models import OutboxFact
from layers.catalogue import actions, payloads, queries
from layers.catalogue.attributes import attribute_errors
from layers.catalogue.models import Area, Feature, FeatureHistory
from tests.cast import SPOT, make_feature, make_layer


@pytest.fixture
def officer(cast):
    return cast.asker("officer")


def new(by, **more):
    values = {"layer": "dust-sites", "name": "工地一", "geometry": SPOT} | more
    return actions.make_feature(by=by, **values)


def fields(refusal) -> set[str]:
    return {error.get("field") for error in refusal.value.errors}


def test_an_officer_puts_a_feature_on_the_map_and_it_is_what_was_said(officer, cast):
    made = new(
        officer, code="YC-77", attributes={"stage": "开挖", "area": 12.5}, parties=[("enterprise", "contractor")]
    )
    assert payloads.feature_payload(made) == {
        "type": "Feature",
        "id": made.pk,
        "geometry": {"type": "Point", "coordinates": [SPOT.x, SPOT.y]},
        "properties": {
            "code": "YC-77",
            "name": "工地一",
            "layer": "dust-sites",
            "condition": "normal",
            "department": "bureau",
            "town": None,
            "version": 1,
            "attributes": {"stage": "开挖", "area": 12.5},
            "updated_at": payloads.feature_payload(made)["properties"]["updated_at"],
        },
    }
    assert [(p.department.code, p.part) for p in made.parties.all()] == [("enterprise", "contractor")]


def test_a_code_that_is_not_given_follows_the_largest_there_has_been_even_on_deleted_ones(officer, cast):
    cast.layer["dust-sites"].code_prefix = "YC"
    cast.layer["dust-sites"].save()
    assert new(officer).code == "YC-0001"
    seventh = new(officer, code="YC-0007")
    actions.delete_feature(by=officer, layer="dust-sites", feature_id=seventh.pk, version=1)
    assert new(officer).code == "YC-0008"
    assert new(officer, code="YC-00x9").code == "YC-00x9"
    assert new(officer).code == "YC-0009"


def test_a_code_is_unique_in_its_layer_also_among_deleted_ones_but_not_across_layers(officer):
    first = new(officer, code="A-1")
    with pytest.raises(Conflict):
        new(officer, code="A-1")
    actions.delete_feature(by=officer, layer="dust-sites", feature_id=first.pk, version=1)
    with pytest.raises(Conflict) as refusal:
        new(officer, code="A-1")
    assert fields(refusal) == {"code"}
    assert new(officer, code="A-1", layer="outfalls").code == "A-1"


@pytest.mark.parametrize("username", ["viewer", "field", "manager", "partner", "supervisor"])
def test_who_may_not_edit_is_refused_what_they_see_and_told_nothing_of_what_they_do_not(cast, username):
    asker = cast.asker(username)
    seen, hidden = cast.feature["outfalls"], cast.feature["dust-sites"]
    with pytest.raises(NotAllowed):
        new(asker, layer="outfalls")
    for do in (
        lambda f: actions.update_feature(by=asker, layer=f.layer.key, feature_id=f.pk, version=99, changes={}),
        lambda f: actions.delete_feature(by=asker, layer=f.layer.key, feature_id=f.pk, version=99),
    ):
        with pytest.raises(NotAllowed):
            do(seen)
        with pytest.raises(NotAllowed if username == "supervisor" else NotVisible):
            do(hidden)
    assert Feature.objects.count() == 2


def test_nobody_signed_in_is_asked_to_sign_in_first(cast):
    from envmap.accounts.asker import ANONYMOUS

    with pytest.raises(NotSignedIn):
        new(ANONYMOUS, layer="outfalls")


def test_each_wrong_place_is_named(officer):
    with pytest.raises(BadInput) as refusal:
        new(
            officer,
            name="",
            code="x" * 65,
            department="no-such",
            geometry=LineString((0, 0), (1, 1), srid=4326),
            attributes={"stage": 4, "area": -1, "colour": "red"},
            parties=[("unit-one", "boss")],
        )
    assert fields(refusal) == {
        "name", "code", "department", "geometry", "attributes.stage", "attributes.area", "attributes.colour", "parties",
    }  # fmt: skip
    assert all(error["detail"] for error in refusal.value.errors)


def test_many_are_made_whole_or_not_at_all_and_each_error_names_its_row(officer):
    rows = [
        actions.NewFeature("一", SPOT, code="N-1"),
        actions.NewFeature("二", SPOT, attributes={"colour": 1}),
        actions.NewFeature("三", {"type": "Point", "coordinates": [200, 0]}),
    ]
    with pytest.raises(BadInput) as refusal:
        actions.make_features(by=officer, layer="dust-sites", rows=rows)
    assert {(e["index"], e["field"]) for e in refusal.value.errors} == {(1, "attributes.colour"), (2, "geometry")}
    assert not Feature.objects.filter(code="N-1").exists()
    made = actions.make_features(by=officer, layer="dust-sites", rows=[rows[0], actions.NewFeature("四", SPOT)])
    assert [f.code for f in made] == ["N-1", "DUST-SITES-0001"]
    with pytest.raises(Conflict) as refusal:
        actions.make_features(by=officer, layer="dust-sites", rows=[actions.NewFeature("五", SPOT, code="Q")] * 2)
    assert refusal.value.errors[0]["index"] == 1


def test_a_patch_merges_and_the_version_rises_once(officer):
    made = new(officer, attributes={"stage": "开挖", "area": 3})
    changed = actions.update_feature(
        by=officer, layer="dust-sites", feature_id=made.pk, version=1,
        changes={"properties": {"name": "工地二", "department": None, "attributes": {"area": None}}},
    )  # fmt: skip
    assert (changed.name, changed.department, changed.attributes, changed.version) == (
        "工地二", None, {"stage": "开挖"}, 2,
    )  # fmt: skip
    with pytest.raises(StaleVersion):
        actions.update_feature(by=officer, layer="dust-sites", feature_id=made.pk, version=1, changes={})


def test_a_patch_that_changes_nothing_leaves_version_and_time_and_tells_nobody(officer):
    made = new(officer, attributes={"stage": "开挖"})
    document = payloads.feature_payload(made)
    told = OutboxFact.objects.count()
    same = actions.update_feature(by=officer, layer="dust-sites", feature_id=made.pk, version=1, changes=document)
    assert (same.version, same.updated_at) == (1, made.updated_at)
    assert OutboxFact.objects.count() == told


@pytest.mark.parametrize(
    ("place", "value"),
    [("id", 1), ("layer", "outfalls"), ("condition", "alarm"), ("town", "x"), ("version", 9), ("updated_at", "2020-01-01T00:00:00Z")],
)  # fmt: skip
def test_what_the_product_finds_itself_is_refused_only_when_it_differs(officer, place, value):
    made = new(officer)
    document = {"id": value} if place == "id" else {"properties": {place: value}}
    with pytest.raises(BadInput) as refusal:
        actions.update_feature(by=officer, layer="dust-sites", feature_id=made.pk, version=1, changes=document)
    assert fields(refusal) == {place}
    with pytest.raises(BadInput):
        actions.make_feature_of(
            by=officer, layer="dust-sites", document={"geometry": {"type": "Point", "coordinates": [0, 0]}} | (
                {"id": value, "properties": {"name": "n"}} if place == "id" else {"properties": {"name": "n", place: value}}
            ),
        )  # fmt: skip


def test_a_document_makes_a_feature(officer):
    made = actions.make_feature_of(
        by=officer, layer="dust-sites",
        document={
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [118.3, 24.6]},
            "properties": {"name": "新", "layer": "dust-sites", "condition": "normal", "attributes": {"area": 1}},
        },
    )  # fmt: skip
    assert made.attributes == {"area": 1}
    with pytest.raises(BadInput) as refusal:
        actions.make_feature_of(by=officer, layer="dust-sites", document={"properties": {"colour": 1}, "more": 2})
    assert fields(refusal) == {"more", "colour", "name", "geometry"}
    for nonsense in (None, [], "x", {"geometry": 1, "properties": []}):
        with pytest.raises(BadInput):
            actions.make_feature_of(by=officer, layer="dust-sites", document=nonsense)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=4),
        st.sampled_from(["\x00", "\ud800", "bureau"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
sent = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(st.just("Feature"), json_values),
        "id": json_values,
        "geometry": st.one_of(st.just({"type": "Point", "coordinates": [1, 2]}), json_values),
        "properties": st.one_of(
            json_values,
            st.fixed_dictionaries(
                {},
                optional={
                    key: st.one_of(json_values, st.sampled_from(["N", "dust-sites", "normal", {"area": 3}, 1]))
                    for key in ("code", "name", "department", "attributes", "layer", "condition", "town", "version", "updated_at", "x")
                },
            ),
        ),
        "more": json_values,
    },
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.one_of(json_values, sent), patches=st.booleans())
def test_no_document_does_more_than_be_taken_or_refused_with_sentences_that_can_be_sent(cast, document, patches):
    officer, feature = cast.asker("officer"), cast.feature["dust-sites"]
    try:
        with transaction.atomic():
            if patches:
                made = actions.update_feature(
                    by=officer, layer="dust-sites", feature_id=feature.pk, version=1, changes=document
                )
            else:
                made = actions.make_feature_of(by=officer, layer="dust-sites", document=document)
            assert attribute_errors(made.layer.schema, made.attributes) == []
            transaction.set_rollback(True)
    except (BadInput, Conflict) as refusal:
        assert refusal.detail
        json.dumps([refusal.detail, refusal.errors], ensure_ascii=False).encode()


def test_the_database_writes_history_with_the_actor_at_every_edit_and_no_row_more(officer, cast):
    made = new(officer)
    actions.update_feature(
        by=cast.asker("admin"),
        layer="dust-sites",
        feature_id=made.pk,
        version=1,
        changes={"properties": {"name": "改"}},
    )
    actions.delete_feature(by=officer, layer="dust-sites", feature_id=made.pk, version=2)
    rows = FeatureHistory.objects.filter(feature=made.pk).order_by("version")
    assert [(r.version, r.name, r.actor["role"], r.actor["id"], r.deleted_at is not None) for r in rows] == [
        (1, "工地一", "officer", cast.user["officer"].pk, False),
        (2, "改", "admin", cast.user["admin"].pk, False),
        (3, "改", "officer", cast.user["officer"].pk, True),
    ]


def test_history_is_read_by_whoever_sees_the_feature(officer, cast):
    made = new(officer, layer="dust-sites")
    assert [payloads.history_payload(r)["department"] for r in queries.history_of(officer, made)] == ["bureau"]
    with pytest.raises(NotVisible):
        queries.history_of(cast.asker("viewer"), made)


def test_a_deleted_feature_is_gone_for_everybody_but_its_row_stays(officer):
    made = new(officer)
    actions.delete_feature(by=officer, layer="dust-sites", feature_id=made.pk, version=1)
    with pytest.raises(NotVisible):
        queries.feature_of(officer, "dust-sites", made.pk)
    with pytest.raises(NotVisible):
        actions.delete_feature(by=officer, layer="dust-sites", feature_id=made.pk, version=2)
    assert Feature.objects.get(pk=made.pk).deleted_at is not None


def test_a_town_is_found_and_at_sea_the_nearest_one_by_metres(officer):
    west = Polygon.from_bbox((100, 0, 101, 1))
    north = Polygon.from_bbox((103, 60.9, 105, 61))
    for code, polygon in [("west", west), ("north", north)]:
        polygon.srid = 4326
        Area.objects.create(code=code, names={"zh-hans": code}, kind="town", geometry=polygon)
    assert queries.town_of(Point(100.5, 0.5, srid=4326)).code == "west"
    # 0.8 degrees of longitude at 60° north are shorter than 0.7 degrees of latitude.
    east = Polygon.from_bbox((105.8, 60, 106, 60.2))
    east.srid = 4326
    Area.objects.create(code="east", names={"zh-hans": "east"}, kind="town", geometry=east)
    assert queries.town_of(Point(105, 60.2, srid=4326)).code == "east"
    made = new(officer, geometry=Point(100.2, 0.2, srid=4326))
    assert made.town.code == "west"
    moved = actions.update_feature(
        by=officer, layer="dust-sites", feature_id=made.pk, version=1,
        changes={"geometry": {"type": "Point", "coordinates": [104, 60.95]}},
    )  # fmt: skip
    assert moved.town.code == "north"


def test_without_towns_a_feature_has_none(officer):
    assert queries.town_of(SPOT) is None


def test_an_edit_is_told_to_those_who_see_the_feature(officer, cast):
    made = new(officer, layer="dust-sites", department="enterprise", parties=[("unit-two", "contractor")])
    actions.share_layer(by=cast.asker("admin"), key="dust-sites", department="health")
    actions.grant(made, cast.department["unit-one"], reason="ZF1")
    expected = {"bureau", *(f"department:{cast.department[c].pk}" for c in ("enterprise", "health", "unit-one"))}
    assert set(queries.audience_of(made)) == expected  # nobody of unit-two is a partner
    actions.update_feature(
        by=officer, layer="dust-sites", feature_id=made.pk, version=1, changes={"properties": {"name": "x"}}
    )
    fact = OutboxFact.objects.latest("pk")
    assert (fact.type, fact.state, fact.feature, fact.feature_id) == ("feature.changed", "changed", made.code, made.pk)
    assert set(fact.audience) == expected
    actions.end_grants(reason="ZF1")
    actions.unshare_layer(by=cast.asker("admin"), key="dust-sites", department="health")
    assert set(queries.audience_of(made)) == {"bureau", f"department:{cast.department['enterprise'].pk}"}
    assert "public" in queries.audience_of(cast.feature["outfalls"])


def test_the_audience_of_many_costs_no_more_queries_than_that_of_one(cast, django_assert_num_queries):
    few = [cast.feature["outfalls"]]
    many = few + [make_feature(cast.layer["dust-sites"], f"m-{n}") for n in range(5)]
    with django_assert_num_queries(4):
        queries.audiences_of(few)
    with django_assert_num_queries(4):
        queries.audiences_of(many)


def test_reference_data_is_loaded_by_the_system_itself(db):
    layer = actions.make_layer(
        by=SYSTEM,
        key="new-things",
        names={"zh-hans": "新"},
        geometry=["Point"],
        schema={"type": "object", "properties": {}},
    )
    made = actions.make_feature(by=SYSTEM, layer=layer.key, name="n", geometry=SPOT)
    assert (made.code, made.department) == ("NT-0001", None)


def test_lists_cost_the_same_with_one_and_with_three(cast, django_assert_num_queries):
    layer = make_layer("three", public=True)
    make_feature(layer, "a", department=cast.department["bureau"])
    viewer = cast.asker("viewer")

    def listed():
        return [payloads.feature_payload(f)["properties"]["code"] for f in queries.features(viewer, "three")]

    with django_assert_num_queries(2):
        assert listed() == ["a"]
    make_feature(layer, "b")
    make_feature(layer, "c", department=cast.department["town"])
    with django_assert_num_queries(2):
        assert listed() == ["a", "b", "c"]
    with django_assert_num_queries(2):
        queries.counts(viewer)
