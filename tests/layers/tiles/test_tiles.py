"""Tiles as a client of interfaces.md §8 meets them: what lies in them, whose they are, when they are new."""

import json
import math
import secrets

import mapbox_vector_tile
import pytest
from django.contrib.gis.geos import GEOSGeometry, LineString, Point, Polygon
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envmap.accounts.models import Token
from envmap.accounts.queries import digest
from envmap.core import clock
from layers.catalogue import actions
from layers.catalogue.conditions import Condition, Source
from layers.catalogue.models import Feature
from tests.cast import make_feature, make_layer

CONDITIONS = {"alarm", "rectifying", "silent", "attention", "normal"}
LON, LAT = 118.25, 24.6


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """The tile in which a position lies, by the formula of the OSM wiki; independent of the SQL."""
    n = 2**z
    x = int((lon + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return z, min(x, n - 1), min(y, n - 1)


def url(key, z, x, y):
    return f"/tiles/{key}/{z}/{x}/{y}.mvt"


def fetch(client, key, z, x, y):
    """The features of a tile; an empty list for 204."""
    response = client.get(url(key, z, x, y))
    assert response.status_code in (200, 204), response.content
    if response.status_code == 204:
        assert response.content == b""
        return []
    assert response["Content-Type"] == "application/vnd.mapbox-vector-tile"
    decoded = mapbox_vector_tile.decode(response.content)
    assert set(decoded) == {key}
    assert decoded[key]["extent"] == 4096
    return decoded[key]["features"]


def signed_in(cast, username) -> Client:
    client = Client()
    client.force_login(cast.user[username], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def officer(cast):
    return signed_in(cast, "officer")


def test_a_single_point_carries_id_code_name_condition_at_every_zoom(cast, officer):
    feature = cast.feature["dust-sites"]
    actions.set_condition(feature, Source.SENSORS, Condition.ALARM, at=clock.now())
    for z in (0, 5, 12, 13, 16, 22):
        (seen,) = fetch(officer, "dust-sites", *tile_of(LON, LAT, z))
        assert seen["properties"] == {
            "id": feature.pk, "code": feature.code, "name": feature.name, "condition": "alarm",
        }  # fmt: skip
        assert seen["id"] == feature.pk


def test_a_cluster_has_its_count_and_a_count_for_each_of_the_five_conditions(cast, officer):
    layer = cast.layer["dust-sites"]
    for n, level in enumerate([Condition.ALARM, Condition.ALARM, Condition.SILENT, Condition.RECTIFYING]):
        feature = make_feature(layer, f"c-{n}", geometry=Point(LON + n * 1e-5, LAT, srid=4326))
        actions.set_condition(feature, Source.SENSORS, level, at=clock.now())
    (seen,) = fetch(officer, "dust-sites", *tile_of(LON, LAT, 10))
    assert seen["properties"] == {
        "point_count": 5, "alarm": 2, "silent": 1, "rectifying": 1, "attention": 0, "normal": 1,
    }  # fmt: skip
    assert len(fetch(officer, "dust-sites", *tile_of(LON, LAT, 13))) == 5


positions = st.tuples(
    st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 0.0, 90.0, 11.25])),
    st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 0.0, 85.0511287798066, 66.51326044311186])),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(positions, min_size=1, max_size=12), z=st.integers(0, 3))
def test_every_feature_is_counted_in_exactly_one_tile_wherever_it_lies(cast, places, z):
    layer = make_layer(f"world-{secrets.token_hex(6)}", public=True)
    for n, (lon, lat) in enumerate(places):
        make_feature(layer, f"p-{n}", geometry=Point(lon, lat, srid=4326))
    counted, client = [], Client()
    for x in range(2**z):
        for y in range(2**z):
            for seen in fetch(client, layer.key, z, x, y):
                counted.append(seen["properties"].get("point_count", 1))
                coordinates = seen["geometry"]["coordinates"]
                assert all(-64 <= c <= 4096 + 64 for c in coordinates)
    assert sum(counted) == len(places)


def test_lines_and_polygons_are_counted_once_below_and_drawn_in_every_tile_they_touch_above(cast):
    layer = make_layer("shapes", public=True, geometry=["Point", "LineString", "Polygon"])
    long_line = make_feature(layer, "line", geometry=LineString((LON - 0.3, LAT), (LON + 0.3, LAT + 0.1), srid=4326))
    area = make_feature(layer, "area", geometry=Polygon.from_bbox((LON, LAT, LON + 0.2, LAT + 0.2)))
    tiny = make_feature(
        layer, "tiny", geometry=Polygon.from_bbox((LON + 0.05, LAT + 0.05, LON + 0.05 + 1e-9, LAT + 0.05 + 1e-9))
    )
    client = Client()

    def around(z):
        _z, x0, y0 = tile_of(LON - 0.3, LAT + 0.2, z)
        _z, x1, y1 = tile_of(LON + 0.3, LAT, z)
        return [(x, y) for x in range(x0 - 1, x1 + 2) for y in range(y0 - 1, y1 + 2)]

    below = [f for x, y in around(9) for f in fetch(client, "shapes", 9, x, y)]
    assert sum(f["properties"].get("point_count", 1) for f in below) == 3
    assert {f["geometry"]["type"] for f in below} == {"Point"}
    above = [f for x, y in around(13) for f in fetch(client, "shapes", 13, x, y)]
    kinds = {}
    for f in above:
        kinds.setdefault(f["properties"]["code"], set()).add(f["geometry"]["type"])
    assert kinds["line"] <= {"LineString", "MultiLineString"}
    assert kinds["area"] <= {"Polygon", "MultiPolygon"}
    assert kinds["tiny"] == {"Point"}, "what is smaller than a unit stays visible as a point"
    assert sum(f["properties"]["code"] == "line" for f in above) > 3
    assert {f["properties"]["id"] for f in above} == {long_line.pk, area.pk, tiny.pk}


def test_a_shape_that_reaches_to_the_pole_is_cut_where_mercator_ends(cast):
    layer = make_layer("polar", public=True, geometry=["Polygon"])
    make_feature(layer, "cap", geometry=Polygon.from_bbox((10, 80, 20, 90)))
    assert fetch(Client(), "polar", *tile_of(15, 84, 13))[0]["properties"]["code"] == "cap"


VISIBLE = {  # who: (public layer, hidden layer)
    None: (200, 404), "viewer": (200, 404), "field": (200, 404), "field2": (200, 404), "manager": (200, 404),
    "partner": (200, 404), "officer": (200, 200), "supervisor": (200, 200), "admin": (200, 200),
}  # fmt: skip


@pytest.mark.parametrize("who", VISIBLE)
def test_who_sees_which_tiles(cast, who):
    client = signed_in(cast, who) if who else Client()
    for key, status in zip(("outfalls", "dust-sites"), VISIBLE[who], strict=True):
        assert client.get(url(key, *tile_of(LON, LAT, 14))).status_code == status
        assert client.get(url(key, *tile_of(LON, LAT, 4))).status_code == status
        assert client.get(f"/tiles/{key}.json").status_code == status


@pytest.mark.parametrize("z", [5, 14])
def test_a_share_shows_the_layer_a_grant_or_a_part_one_feature_and_nobody_else_anything(cast, z):
    layer, at = cast.layer["dust-sites"], tile_of(LON, LAT, z)
    granted = make_feature(layer, "granted")
    owned = make_feature(layer, "owned", department=cast.department["enterprise"])
    actions.grant(granted, cast.department["unit-one"], reason="ZF1")

    def codes(who):
        client = signed_in(cast, who)
        if client.get("/tiles/dust-sites.json").status_code == 404:
            assert client.get(url("dust-sites", *at)).status_code == 404
            return None
        seen = fetch(client, "dust-sites", *at)
        counted = sum(f["properties"].get("point_count", 1) for f in seen)
        return counted, {f["properties"].get("code") for f in seen}

    assert codes("field") == (1, {"granted"})
    assert codes("partner") == (1, {"owned"})
    assert codes("field2") is None
    assert codes("viewer") is None
    actions.share_layer(by=cast.asker("admin"), key="dust-sites", department="health")
    assert codes("viewer")[0] == 3
    actions.unshare_layer(by=cast.asker("admin"), key="dust-sites", department="health")
    actions.end_grants(reason="ZF1")
    assert codes("viewer") is None
    assert codes("field") is None
    assert owned.pk


def test_a_bearer_token_works_as_the_session_does_and_a_bad_one_is_refused(cast):
    raw = "a-token-of-the-test"
    user = cast.user["officer"]
    Token.objects.create(
        user=user, membership=user.memberships.get(), name="t", scopes=["read"], digest=digest(raw), made_by=user
    )
    at = url("dust-sites", *tile_of(LON, LAT, 14))
    assert Client().get(at, headers={"Authorization": f"Bearer {raw}"}).status_code == 200
    refusal = Client().get(at, headers={"Authorization": "Bearer wrong"})
    assert refusal.status_code == 401
    assert "Bearer" in refusal["WWW-Authenticate"]


def test_only_what_an_anonymous_visitor_may_see_goes_into_shared_caches(cast, officer):
    public = officer.get(url("outfalls", *tile_of(LON, LAT, 14)))
    private = officer.get(url("dust-sites", *tile_of(LON, LAT, 14)))
    empty = officer.get(url("dust-sites", *tile_of(0, 0, 14)))
    assert "public" in public["Cache-Control"]
    for response in (private, empty):
        assert "private" in response["Cache-Control"]
        assert {"Cookie", "Authorization"} <= {v.strip() for v in response["Vary"].split(",")}


def test_a_public_tile_asks_nobody_who_they_are(cast, officer, django_assert_num_queries):
    with django_assert_num_queries(5):  # the layer; savepoint, settings, tile, release
        officer.get(url("outfalls", *tile_of(LON, LAT, 14)))
    etag = officer.get(url("outfalls", *tile_of(LON, LAT, 14)))["ETag"]
    with django_assert_num_queries(1):
        assert officer.get(url("outfalls", *tile_of(LON, LAT, 14)), headers={"If-None-Match": etag}).status_code == 304


def test_the_etag_is_answered_before_the_tile_is_built(cast, officer, monkeypatch):
    at = url("dust-sites", *tile_of(LON, LAT, 14))
    first = officer.get(at)
    monkeypatch.setattr("layers.tiles.queries.tile", None)  # building one would fail
    again = officer.get(at, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "private" in again["Cache-Control"]


@pytest.mark.parametrize("z", [10, 14])
def test_a_filter_in_the_address_narrows_the_tile_and_has_an_etag_of_its_own(cast, officer, z):
    make_feature(cast.layer["dust-sites"], "b", geometry=Point(LON, LAT, srid=4326), attributes={"stage": "earthwork"},
                 department=cast.department["unit-one"])  # fmt: skip
    at = url("dust-sites", *tile_of(LON, LAT, z))

    def shown(query):
        body = officer.get(f"{at}?{query}").content
        features = mapbox_vector_tile.decode(body)["dust-sites"]["features"] if body else []
        return sum(f["properties"].get("point_count", 1) for f in features)

    assert [shown(q) for q in ("", "department=unit-one", "attributes.stage=earthwork", "condition=alarm")] == [
        2,
        1,
        1,
        0,
    ]
    assert shown("alarm_since=2126-01-01") == 0
    plain, asked = officer.get(at)["ETag"], officer.get(f"{at}?department=unit-one")["ETag"]
    assert plain != asked
    assert officer.get(f"{at}?department=unit-one", headers={"If-None-Match": asked}).status_code == 304
    assert officer.get(f"{at}?department=unit-one", headers={"If-None-Match": plain}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "condition=broken", "department=nowhere", "town=nowhere", "attributes.colour=red", "attributes.=1", "colour=red",
        "alarm_since=soon", "department=town&department=town", "town=%00", "bbox=0,0,1,1",
    ],
)  # fmt: skip
def test_an_unknown_filter_of_a_tile_is_400(cast, officer, query):
    assert officer.get(f"{url('dust-sites', *tile_of(LON, LAT, 14))}?{query}").status_code == 400


def test_a_time_without_offset_is_refused_as_everywhere(officer):
    at = url("dust-sites", *tile_of(LON, LAT, 14))
    for time, status in [("2026-11-24T08:00:00", 422), ("2026-11-24T08:00:00+08:00", 200), ("2026-11-24", 200)]:
        assert officer.get(f"{at}?changed_since={time}").status_code == status, time


def changes(cast):
    """Everything that changes what a layer's tiles show, each with its name."""
    officer, admin = cast.asker("officer"), cast.asker("admin")
    feature = cast.feature["dust-sites"]
    now = clock.now()
    yield "condition", lambda: actions.set_condition(feature, Source.SENSORS, Condition.SILENT, at=now)
    yield "no condition", lambda: actions.set_condition(feature, Source.SENSORS, Condition.NORMAL, at=now)
    yield (
        "edit",
        lambda: actions.update_feature(
            by=officer, layer="dust-sites", feature_id=feature.pk, version=1, changes={"properties": {"name": "新名"}}
        ),
    )
    yield "new", lambda: actions.make_feature(by=officer, layer="dust-sites", name="n", geometry=feature.geometry)
    yield "grant", lambda: actions.grant(feature, cast.department["unit-one"], reason="ZF1")
    yield "no grant", lambda: actions.end_grants(reason="ZF1")
    yield "share", lambda: actions.share_layer(by=admin, key="dust-sites", department="town")
    yield "no share", lambda: actions.unshare_layer(by=admin, key="dust-sites", department="town")
    yield "style", lambda: actions.update_layer(by=admin, key="dust-sites", style={"symbol": "x"})
    yield "gone", lambda: actions.delete_feature(by=officer, layer="dust-sites", feature_id=feature.pk, version=2)


@pytest.mark.django_db(transaction=True)
def test_the_etag_moves_with_every_change_of_its_layer_and_of_no_other(cast, officer):
    def etags():
        return [officer.get(f"/tiles/{key}/0/0/0.mvt")["ETag"] for key in ("dust-sites", "outfalls")]

    seen = {etags()[0]}
    other = etags()[1]
    for name, change in changes(cast):
        with transaction.atomic():
            change()
        ours, theirs = etags()
        assert ours not in seen, name
        assert theirs == other, name
        seen.add(ours)


def test_gathering_the_touches_leaves_the_etag_as_it_is(cast, officer):
    for n in range(3):
        make_feature(cast.layer["dust-sites"], f"t-{n}")
    before = officer.get("/tiles/dust-sites/0/0/0.mvt")["ETag"]
    actions.gather_touches()
    assert officer.get("/tiles/dust-sites/0/0/0.mvt")["ETag"] == before


def test_askers_who_see_different_things_never_share_an_etag(cast, officer):
    actions.grant(cast.feature["dust-sites"], cast.department["unit-one"], reason="ZF1")
    etags = {signed_in(cast, who).get("/tiles/dust-sites/0/0/0.mvt")["ETag"] for who in ("officer", "field")}
    assert len(etags) == 2


@pytest.mark.parametrize("at", ["0/0/1", "0/1/0", "5/32/0", "5/0/32", "23/0/0", "99/0/0", "-1/0/0", "3/-1/2", "3/2/-1"])
def test_outside_the_grid_is_a_sentence_with_400(cast, at):
    response = Client().get(f"/tiles/outfalls/{at}.mvt")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["detail"]


def test_an_unknown_layer_is_404_like_one_that_may_not_be_seen(cast):
    unknown, hidden = (Client().get(f"/tiles/{key}/0/0/0.mvt") for key in ("no-such", "dust-sites"))
    assert unknown.status_code == hidden.status_code == 404
    assert (
        json.loads(unknown.content)["detail"].replace("no-such", "dust-sites") == json.loads(hidden.content)["detail"]
    )


def test_tilejson_tells_where_the_tiles_are_and_what_is_in_them(cast, officer):
    document = officer.get("/tiles/dust-sites.json").json()
    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == ["http://testserver/tiles/dust-sites/{z}/{x}/{y}.mvt"]
    (layer,) = document["vector_layers"]
    assert layer["id"] == "dust-sites"
    assert {"id", "code", "name", "condition", "point_count", *CONDITIONS} == set(layer["fields"])
    assert document["bounds"] == [LON, LAT, LON, LAT]
    etag = officer.get("/tiles/dust-sites.json")["ETag"]
    assert officer.get("/tiles/dust-sites.json", headers={"If-None-Match": etag}).status_code == 304


def test_deleted_features_are_in_no_tile(cast, officer):
    feature = cast.feature["dust-sites"]
    Feature.objects.filter(pk=feature.pk).update(deleted_at=clock.now())
    assert fetch(officer, "dust-sites", *tile_of(LON, LAT, 14)) == []
    assert fetch(officer, "dust-sites", 0, 0, 0) == []


def test_head_is_answered_and_writing_is_not(cast):
    assert Client().head("/tiles/outfalls/0/0/0.mvt").status_code == 200
    refused = Client().post("/tiles/outfalls/0/0/0.mvt")
    assert (refused.status_code, refused["Content-Type"], refused["Allow"]) == (
        405, "application/problem+json", "GET, HEAD",
    )  # fmt: skip


def test_the_basemap_comes_from_the_database_for_everybody(cast):
    actions.load_areas(
        by=cast.asker("admin"),
        areas=[
            actions.NewArea("t1", {"zh-hans": "镇", "en": "Town"}, "town", Polygon.from_bbox((0, 0, 1, 1)),
                            schematic=True, attribution="示意", drawing={"label": [0.5, 0.5], "attribution_en": "schematic"}),
            actions.NewArea("s1", {"zh-hans": "海"}, "sea", GEOSGeometry("SRID=4326;POLYGON((2 0,3 0,3 1,2 1,2 0))")),
        ],
    )  # fmt: skip
    response = Client().get("/tiles/basemap.json")
    document = response.json()
    assert document["attribution"] == {"zh-hans": "示意", "en": "schematic"}
    assert document["bbox"] == [0, 0, 3, 1]
    assert [f["properties"] for f in document["features"]] == [
        {"code": "s1", "kind": "sea", "schematic": False, "names": {"zh-hans": "海", "en": "海"}},
        {
            "code": "t1",
            "kind": "town",
            "schematic": True,
            "names": {"zh-hans": "镇", "en": "Town"},
            "label": [0.5, 0.5],
        },
    ]
    assert Client().get("/tiles/basemap.json", headers={"If-None-Match": response["ETag"]}).status_code == 304
    actions.load_areas(
        by=cast.asker("admin"),
        areas=[actions.NewArea("t1", {"zh-hans": "新镇"}, "town", Polygon.from_bbox((0, 0, 1, 1)))],
    )
    assert Client().get("/tiles/basemap.json")["ETag"] != "" != response["ETag"]
