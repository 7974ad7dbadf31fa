"""Layers as data, and who sees which of them, of their features, counts and lists."""

import pytest
from django.contrib.gis.geos import LineString, Point, Polygon

from envmap.accounts.asker import ANONYMOUS, Asker
from envmap.accounts.roles import Role
from envmap.accounts.signals import rights_changed
from envmap.core.errors import BadInput, BadQuery, Conflict, NotAllowed, NotSignedIn, NotVisible
from envmap.core.models import AuditRow
from layers.catalogue import actions, payloads, queries
from layers.catalogue.conditions import Condition, Source
from layers.catalogue.models import Area, Feature, Layer
from layers.catalogue.queries import FeatureFilter
from tests.cast import SPOT, make_feature, make_layer

SCHEMA = {"type": "object", "additionalProperties": False, "properties": {"level": {"type": "integer"}}}


@pytest.fixture
def admin(cast):
    return cast.asker("admin")


def new(by, **more):
    values = {
        "key": "noise-sites",
        "names": {"zh-hans": "噪声", "en": "Noise"},
        "geometry": ["Point"],
        "schema": SCHEMA,
    }
    return actions.make_layer(by=by, **(values | more))


def test_an_administrator_makes_a_layer_and_it_works_at_once(admin, cast):
    layer = new(admin, style={"symbol": "x"}, expected_factors=["LA"], position=7)
    assert payloads.layer_payload(layer, queries.counts(admin)["noise-sites"]) == {
        "key": "noise-sites",
        "names": {"zh-hans": "噪声", "en": "Noise"},
        "name": "噪声",
        "descriptions": {},
        "geometry": ["Point"],
        "schema": SCHEMA,
        "style": {"symbol": "x"},
        "public": False,
        "expected_factors": ["LA"],
        "position": 7,
        "builtin": False,
        "code_prefix": "NS",
        "count": 0,
        "by_condition": {"alarm": 0, "rectifying": 0, "silent": 0, "attention": 0, "normal": 0},
    }
    made = actions.make_feature(
        by=cast.asker("officer"), layer="noise-sites", name="n", geometry=SPOT, attributes={"level": 3}
    )
    assert made.code == "NS-0001"
    assert queries.counts(admin)["noise-sites"]["count"] == 1


@pytest.mark.parametrize("who", ["officer", "supervisor", "manager", "field", "partner", "viewer"])
def test_nobody_else_makes_changes_or_shares_layers(cast, who):
    asker = cast.asker(who)
    for do in (
        lambda: new(asker),
        lambda: actions.update_layer(by=asker, key="outfalls", public=False),
        lambda: actions.share_layer(by=asker, key="outfalls", department="town"),
        lambda: actions.unshare_layer(by=asker, key="outfalls", department="town"),
        lambda: actions.load_areas(by=asker, areas=[]),
    ):
        with pytest.raises(NotAllowed):
            do()
    with pytest.raises(NotAllowed if who in ("officer", "supervisor") else NotVisible):
        actions.update_layer(by=asker, key="dust-sites", public=True)


def test_nobody_signed_in_changes_anything(cast):
    with pytest.raises(NotSignedIn):
        new(ANONYMOUS)
    with pytest.raises(NotSignedIn):
        actions.update_layer(by=ANONYMOUS, key="outfalls", public=False)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"key": "Noise"}, "key"), ({"key": "a--b"}, "key"), ({"key": "basemap"}, "key"), ({"key": "x" * 65}, "key"),
        ({"names": {"en": "only"}}, "names.zh-hans"), ({"names": {"zh-hans": "a", "fr": "b"}}, "names.fr"), ({"names": "x"}, "names"),
        ({"geometry": []}, "geometry"), ({"geometry": ["Circle"]}, "geometry"), ({"schema": {}}, "schema"),
        ({"style": {"a": float("inf")}}, "style.a"), ({"public": "yes"}, "public"), ({"position": -1}, "position"),
        ({"expected_factors": [3]}, "expected_factors[0]"), ({"code_prefix": "x" * 21}, "code_prefix"),
    ],
)  # fmt: skip
def test_each_wrong_field_of_a_layer_is_named(admin, values, field):
    with pytest.raises(BadInput) as refusal:
        new(admin, **values)
    assert field in {e["field"] for e in refusal.value.errors}
    assert Layer.objects.count() == 2


def test_a_key_is_taken_once(admin):
    new(admin)
    with pytest.raises(Conflict):
        new(admin)


def test_a_layer_changes_unless_a_feature_would_no_longer_fit(admin, cast):
    new(admin)
    actions.make_feature(by=admin, layer="noise-sites", name="n", geometry=SPOT, attributes={"level": 3})
    assert actions.update_layer(by=admin, key="noise-sites", names={"zh-hans": "新"}, public=True).names == {
        "zh-hans": "新"
    }
    for changes in ({"schema": {"type": "object", "properties": {}}}, {"geometry": ["Polygon"]}):
        with pytest.raises(BadInput) as refusal:
            actions.update_layer(by=admin, key="noise-sites", **changes)
        assert "NS-0001" in refusal.value.errors[0]["detail"]
    wider = {"type": "object", "properties": {"level": {"type": "integer"}, "more": {"type": "string"}}}
    assert (
        actions.update_layer(by=admin, key="noise-sites", schema=wider, geometry=["Point", "Polygon"]).schema == wider
    )
    with pytest.raises(BadInput):
        actions.update_layer(by=admin, key="noise-sites", builtin=True)
    assert actions.update_layer(by=admin, key="noise-sites", builtin=False)  # no difference, no harm


def test_layers_and_shares_leave_audit_rows_with_who_did_it(admin, cast):
    new(admin)
    actions.share_layer(by=admin, key="noise-sites", department="town")
    actions.share_layer(by=admin, key="noise-sites", department="town")
    actions.unshare_layer(by=admin, key="noise-sites", department="town")
    rows = AuditRow.objects.filter(actor__id=cast.user["admin"].pk).order_by("pk")
    assert [row.kind for row in rows] == ["layer.made", "share.made", "share.removed"]
    with pytest.raises(BadInput):
        actions.share_layer(by=admin, key="noise-sites", department="no-such")


# Who sees what: public layer, hidden layer, feature granted to unit-one, feature of enterprise, feature with enterprise as party.
SEEN = {
    "anonymous": {"public"},
    "viewer": {"public"},
    "field2": {"public"},
    "field": {"public", "granted"},
    "manager": {"public", "granted"},
    "partner": {"public", "duty", "party"},
    "officer": {"public", "granted", "duty", "party", "plain"},
    "supervisor": {"public", "granted", "duty", "party", "plain"},
    "admin": {"public", "granted", "duty", "party", "plain"},
}


@pytest.fixture
def stage(cast):
    """One feature of each kind in SEEN, by its name."""
    hidden = cast.layer["dust-sites"]
    Feature.objects.filter(layer=hidden).update(code="plain")
    Feature.objects.filter(layer=cast.layer["outfalls"]).update(code="public")
    granted = make_feature(hidden, "granted")
    actions.grant(granted, cast.department["unit-one"], reason="ZF1")
    make_feature(hidden, "duty", department=cast.department["enterprise"])
    party = make_feature(hidden, "party")
    party.parties.create(department=cast.department["enterprise"], part="contractor")
    return {f.code: f for f in Feature.objects.select_related("layer")}


@pytest.mark.parametrize("who", SEEN)
def test_who_sees_which_layers_features_and_counts(cast, stage, who):
    asker = ANONYMOUS if who == "anonymous" else cast.asker(who)
    seen = SEEN[who]
    keys = {"outfalls"} | ({"dust-sites"} if seen - {"public"} else set())
    assert {layer.key for layer in queries.layers(asker)} == keys
    assert set(queries.counts(asker)) == keys
    for code, feature in stage.items():
        key = feature.layer.key
        if code in seen:
            assert queries.feature_of(asker, key, feature.pk) == feature
            assert queries.feature_by_code(asker, key, code) == feature
        else:
            for ask in (
                lambda: queries.feature_of(asker, key, feature.pk),  # noqa: B023
                lambda: queries.feature_by_code(asker, key, code),  # noqa: B023
                lambda: queries.history_of(asker, feature),  # noqa: B023
            ):
                with pytest.raises(NotVisible) as refusal:
                    ask()
                assert feature.name not in refusal.value.detail
    for key in keys:
        codes = {f.code for f in queries.features(asker, key)}
        assert codes == {code for code in seen if stage[code].layer.key == key}
        assert queries.counts(asker)[key]["count"] == len(codes)


def test_a_feature_of_another_layer_is_not_found_under_this_one(cast, stage):
    with pytest.raises(NotVisible):
        queries.feature_of(cast.asker("officer"), "outfalls", stage["plain"].pk)


def test_a_stations_token_sees_nothing_at_all(cast, stage):
    asker = Asker(role=Role.STATION, station="S1")
    assert queries.layers(asker) == []
    assert not Feature.objects.visible_to(asker).exists()


def test_a_share_shows_all_of_a_layer_to_one_department(cast, stage, admin):
    actions.share_layer(by=admin, key="dust-sites", department="health")
    assert {f.code for f in queries.features(cast.asker("viewer"), "dust-sites")} == {
        "plain",
        "granted",
        "duty",
        "party",
    }
    with pytest.raises(NotVisible):
        queries.layer_of(cast.asker("field2"), "dust-sites")
    actions.unshare_layer(by=admin, key="dust-sites", department="health")
    with pytest.raises(NotVisible):
        queries.layer_of(cast.asker("viewer"), "dust-sites")


def codes(asker, layer, **wanted):
    return [f.code for f in queries.features(asker, layer, FeatureFilter(**wanted))]


def test_filters_hold_together(cast):
    officer = cast.asker("officer")
    layer = make_layer("filtered", public=False, geometry=["Point", "LineString"])
    box = Polygon.from_bbox((0, 0, 5, 5))
    box.srid = 4326
    town = Area.objects.create(code="t1", names={"zh-hans": "镇"}, kind="town", geometry=box)
    one = make_feature(layer, "F-1", geometry=Point(1, 1, srid=4326), department=cast.department["town"], town=town,
                       attributes={"stage": "a", "area": 2.5})  # fmt: skip
    make_feature(layer, "F-2", geometry=Point(9, 9, srid=4326), attributes={"stage": "b"})
    make_feature(layer, "f%3", geometry=LineString((0, 0), (10, 10), srid=4326))
    actions.set_condition(one, Source.SENSORS, Condition.ALARM, at=one.created_at)
    assert codes(officer, "filtered") == ["F-1", "F-2", "f%3"]
    assert codes(officer, "filtered", bbox=(0.5, 0.5, 1.5, 1.5)) == ["F-1", "f%3"]
    assert codes(officer, "filtered", bbox=(1, 1, 1, 1)) == ["F-1", "f%3"]
    assert codes(officer, "filtered", bbox=(1, 3, 2, 4)) == []  # inside the line's box, but not on the line
    assert codes(officer, "filtered", q="f-") == ["F-1", "F-2"]
    assert codes(officer, "filtered", q="%") == ["f%3"]
    assert codes(officer, "filtered", q="要素 F") == ["F-1", "F-2", "f%3"]
    assert codes(officer, "filtered", condition="alarm") == ["F-1"]
    assert codes(officer, "filtered", condition="normal") == ["F-2", "f%3"]
    assert codes(officer, "filtered", department="town", town="t1", attributes={"stage": "a", "area": "2.5"}) == ["F-1"]
    assert codes(officer, "filtered", department="no-such") == []
    assert codes(officer, "filtered", attributes={"stage": "a"}, condition="normal") == []
    assert codes(officer, "filtered", after=("F-1", one.pk), limit=1) == ["F-2"]
    for bad in (
        {"condition": "fine"},
        {"bbox": (2, 0, 1, 1)},
        {"bbox": (0, 0, 1, 91)},
        {"attributes": {"colour": "x"}},
    ):
        with pytest.raises(BadQuery):
            codes(officer, "filtered", **bad)


def test_pages_by_code_and_id_hold_every_feature_once(cast):
    officer, layer = cast.asker("officer"), make_layer("paged", public=True)
    for n in range(7):
        make_feature(layer, f"P-{n}")
    seen, after = [], None
    while page := list(queries.features(officer, "paged", FeatureFilter(after=after, limit=3))):
        seen += [f.code for f in page]
        after = (page[-1].code, page[-1].pk)
    assert seen == [f"P-{n}" for n in range(7)]


def test_a_name_with_nul_in_it_is_found_nowhere(cast):
    officer = cast.asker("officer")
    with pytest.raises(NotVisible):
        queries.layer_of(officer, "out\x00falls")
    with pytest.raises(NotVisible):
        queries.feature_by_code(officer, "outfalls", "\x00")
    with pytest.raises(NotVisible):
        queries.feature_of(officer, "outfalls", 2**64)


def test_areas_are_loaded_whole_or_not_at_all_and_towns_found_anew(cast, admin):
    feature = cast.feature["outfalls"]
    around = Polygon.from_bbox((SPOT.x - 1, SPOT.y - 1, SPOT.x + 1, SPOT.y + 1))
    assert (
        actions.load_areas(
            by=admin, areas=[actions.NewArea("t1", {"zh-hans": "镇"}, "town", around, department="town")]
        )
        == 1
    )
    feature.refresh_from_db()
    assert (feature.town.code, feature.version, feature.town.department.code) == ("t1", 1, "town")
    with pytest.raises(BadInput) as refusal:
        actions.load_areas(
            by=admin,
            areas=[
                actions.NewArea("t2", {"zh-hans": "镇"}, "town", around),
                actions.NewArea("t3", {}, "colour", {"type": "Point", "coordinates": [999, 0]}, department="x"),
                actions.NewArea("t2", {"zh-hans": "镇"}, "town", around),
            ],
        )
    assert {e["field"] for e in refusal.value.errors if e.get("index") == 1} == {
        "names.zh-hans",
        "kind",
        "department",
        "geometry",
    }
    assert Area.objects.count() == 1
    actions.load_areas(by=admin, areas=[actions.NewArea("t1", {"zh-hans": "新镇"}, "town", around)])
    assert Area.objects.get().name == "新镇"


def test_open_pages_of_a_department_hear_that_a_layer_is_shared_with_it_or_no_more(
    admin, cast, django_capture_on_commit_callbacks
):
    heard = []

    def hear(user_id, **_rest):
        heard.append(user_id)

    rights_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            actions.share_layer(by=admin, key="dust-sites", department="unit-two")
            actions.share_layer(by=admin, key="dust-sites", department="unit-two")
        assert heard == [cast.user["field2"].pk]
        with django_capture_on_commit_callbacks(execute=True):
            actions.unshare_layer(by=admin, key="dust-sites", department="unit-two")
        assert heard == [cast.user["field2"].pk] * 2
    finally:
        rights_changed.disconnect(hear)
