"""Features over HTTP: reading, paging, filtering, and changing them in the version that was seen."""

import threading
import uuid

import pytest
from django.db import connections

from envmap.core import clock
from layers.catalogue import actions
from layers.catalogue import queries as catalogue
from layers.catalogue.conditions import Condition, Source
from layers.catalogue.models import Feature
from tests.cast import make_feature
from tests.envmap.api.test_door import is_problem

LAYER = "/layers/dust-sites/features"


def document(name="新工地", lon=118.25, lat=24.6, **attributes):
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"name": name, "attributes": attributes},
    }


def test_a_feature_is_made_read_changed_and_taken_off_the_map(api, cast):
    made = api("POST", LAYER, document(stage="earthwork"))
    assert made.status_code == 201
    body = made.json()
    assert (made["ETag"], made["Content-Type"]) == ('"1"', "application/geo+json")
    assert made["Location"] == f"/api/v1/layers/dust-sites/features/{body['id']}"
    path = f"{LAYER}/{body['id']}"
    assert api("GET", path).json() == body
    assert body["properties"]["department"] == "bureau"
    changed = api("PATCH", path, {"properties": {"attributes": {"stage": "finishing"}}}, If_Match='"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert changed.json()["properties"]["attributes"] == {"stage": "finishing"}
    assert [row["version"] for row in api("GET", f"{path}/history").json()["items"]] == [1, 2]
    assert api("DELETE", path, If_Match='"2"').status_code == 204
    is_problem(api("GET", path), 404)
    is_problem(api("DELETE", path, If_Match='"2"'), 404)


def test_the_same_document_may_be_sent_back_with_what_the_product_says_of_it(api, cast):
    path = f"{LAYER}/{cast.feature['dust-sites'].pk}"
    body = api("GET", path).json()
    again = api("PATCH", path, body, If_Match='"1"')
    assert (again.status_code, again.json()) == (200, body)
    body["properties"]["condition"] = "alarm"
    assert [e["field"] for e in is_problem(api("PATCH", path, body, If_Match='"1"'), 422)["errors"]]


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', "*", '"7", "1"', "1"])
def test_a_version_is_recognised_as_proxies_and_clients_write_it(api, cast, tag):
    path = f"{LAYER}/{cast.feature['dust-sites'].pk}"
    assert api("PATCH", path, {"properties": {"name": "改名"}}, If_Match=tag).status_code == 200


def test_a_change_needs_its_version_before_its_body_is_looked_at(api, cast):
    path = f"{LAYER}/{cast.feature['dust-sites'].pk}"
    is_problem(api("PATCH", path, b"{"), 428)
    is_problem(api("PATCH", path, b"{", If_Match='"9"'), 412)
    is_problem(api("PATCH", path, b"{", If_Match='"1"'), 422)
    is_problem(api("DELETE", path), 428)
    is_problem(api("DELETE", path, If_Match='"9"'), 412)
    is_problem(api("PATCH", path, b"{", as_="supervisor"), 403)
    is_problem(api("PATCH", path, b"{", as_="field"), 404)
    is_problem(api("PATCH", path, b"{", as_=None), 401)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"geometry": {"type": "Point", "coordinates": [200, 24.6]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [118.2, 124.6]}}, "geometry"),
        ({"geometry": {"type": "LineString", "coordinates": [[118.2, 24.6], [118.3, 24.6]]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": ["a", 1]}}, "geometry"),
        ({"geometry": None}, "geometry"),
        ({"properties": {"name": "", "attributes": {}}}, "name"),
        ({"properties": {"name": "n", "attributes": {"colour": "red"}}}, "attributes.colour"),
        ({"properties": {"name": "n", "attributes": {"area": -1}}}, "attributes.area"),
        ({"properties": {"name": "n", "department": "nowhere"}}, "department"),
        ({"properties": {"name": "n", "layer": "outfalls"}}, "layer"),
        ({"properties": {"name": "n", "nick": "x"}}, "nick"),
        ({"id": 99}, "id"),
        ({"client_uuid": "no-uuid"}, "client_uuid"),
    ],
    ids=str,
)
def test_a_feature_that_cannot_be_kept_names_the_place_and_nothing_is_kept(api, cast, change, field):
    before = Feature.objects.count()
    body = is_problem(api("POST", LAYER, document() | change), 422)
    assert any(field in error.get("field", "") for error in body["errors"]), body
    assert Feature.objects.count() == before


def test_a_polygon_that_crosses_itself_is_refused(api, cast):
    cast.layer["dust-sites"].geometry = ["Polygon"]
    cast.layer["dust-sites"].save()
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    body = is_problem(api("POST", LAYER, document() | {"geometry": bow}), 422)
    assert body["errors"][0]["field"] == "geometry"


def test_a_taken_code_conflicts(api, cast):
    made = document()
    made["properties"]["code"] = cast.feature["dust-sites"].code
    is_problem(api("POST", LAYER, made), 409)


def test_an_unknown_layer_is_not_found_and_one_that_may_not_be_seen_neither(api):
    texts = {
        is_problem(api("GET", f"/layers/{key}/features", as_=who), 404)["title"]
        for key, who in [("nowhere", "officer"), ("dust-sites", "field"), ("dust-sites", None)]
    }
    assert len(texts) == 1


def test_the_list_is_equal_to_the_single_ones(api, cast):
    make_feature(cast.layer["dust-sites"], "x", attributes={"stage": "基坑\u2028", "area": 1.5})
    listed = api("GET", LAYER)
    assert listed["Content-Type"] == "application/geo+json"
    assert listed.json()["features"] == [
        api("GET", f"{LAYER}/{feature['id']}").json() for feature in listed.json()["features"]
    ]


def test_filters_of_features(api, cast):
    layer = cast.layer["dust-sites"]
    make_feature(layer, "east", geometry="SRID=4326;POINT(119 24.6)", attributes={"stage": "earthwork"})
    make_feature(layer, "west", department=cast.department["unit-one"])

    def codes(query):
        return [f["properties"]["code"] for f in api("GET", f"{LAYER}?{query}").json()["features"]]

    assert codes("") == ["dust-sites-1", "east", "west"]
    assert codes("bbox=118.9,24,119.1,25") == ["east"]
    assert codes("q=EAS") == ["east"]
    assert codes("condition=alarm") == []
    assert codes("condition=normal&department=unit-one") == ["west"]
    assert codes("attributes.stage=earthwork") == ["east"]
    assert codes("alarm_since=2026-01-01") == []
    actions.set_condition(cast.feature["dust-sites"], Source.SENSORS, Condition.ALARM, at=clock.now())
    assert codes("alarm_since=2026-01-01") == codes("alarm_since=2026-01-01T00:00:00%2B08:00") == ["dust-sites-1"]
    assert codes("alarm_since=2126-01-01") == codes("changed_since=2126-01-01") == []
    assert codes("changed_since=2026-01-01") == ["dust-sites-1", "east", "west"]


def test_layers_count_what_the_filters_of_features_ask_for(api, cast):
    make_feature(
        cast.layer["dust-sites"], "east", attributes={"stage": "earthwork"}, department=cast.department["unit-one"]
    )

    def tally(query):
        (layer,) = [one for one in api("GET", f"/layers?{query}").json()["items"] if one["key"] == "dust-sites"]
        return layer["count"], layer["by_condition"]["normal"]

    assert tally("") == (2, 2)
    assert tally("department=unit-one") == (1, 1)
    assert tally("condition=alarm") == (0, 0)
    assert api("GET", "/layers/dust-sites?attributes.stage=earthwork").json()["count"] == 1
    for query in (
        "/layers?attributes.stage=earthwork",
        "/layers/dust-sites?attributes.colour=x",
        "/layers?town=nowhere",
    ):
        is_problem(api("GET", query), 400)


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3", "bbox=a,b,c,d", "bbox=10,0,0,10", "bbox=0,0,nan,1", "bbox=-181,0,0,1", "condition=broken",
        "department=nowhere", "town=nowhere", "attributes.colour=red", "attributes.=1", "colour=red", "limit=1001",
        "cursor=WyJ1c2VycyIsMV0", "q=%00", "alarm_since=soon", "changed_since=2026-13-01",
    ],
)  # fmt: skip
def test_an_unknown_filter_or_value_is_400(api, query):
    is_problem(api("GET", f"{LAYER}?{query}"), 400)


def test_pages_hold_while_things_are_put_on_the_map(api, cast):
    layer = cast.layer["dust-sites"]
    for n in range(6):
        make_feature(layer, f"f{n}")
    seen, query = [], "?limit=2"
    for step in range(9):
        body = api("GET", LAYER + query).json()
        seen += [feature["properties"]["code"] for feature in body["features"]]
        make_feature(layer, f"a{step}")  # lies before every page that is still to come
        if body["next"] is None:
            break
        query = f"?limit=2&cursor={body['next']}"
    assert seen == ["dust-sites-1", "f0", "f1", "f2", "f3", "f4", "f5"]


def test_a_repeat_of_the_same_request_is_answered_with_the_first_answer(api):
    body = document() | {"client_uuid": str(uuid.uuid4())}
    first, again = api("POST", LAYER, body), api("POST", LAYER, body)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert ("Idempotent-Replay" in first, again["Idempotent-Replay"]) == (False, "true")
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    is_problem(api("POST", LAYER, body | document("another")), 409)
    other = api("POST", LAYER, body, as_="admin")
    assert other.json()["id"] != first.json()["id"]  # unique a person, not in all


def test_a_refusal_is_not_stored(api, cast):
    body = document() | {"client_uuid": str(uuid.uuid4()), "properties": {"name": ""}}
    is_problem(api("POST", LAYER, body), 422)
    assert api("POST", LAYER, body | document()).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_the_same_request_twice_at_once_makes_one_feature(api, cast):
    body = document() | {"client_uuid": str(uuid.uuid4())}
    api.token("officer")
    answers, barrier = [], threading.Barrier(4)

    def send():
        barrier.wait()
        try:
            answers.append(api("POST", LAYER, body))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _n in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted("Idempotent-Replay" in answer for answer in answers) == [False, True, True, True]
    assert Feature.objects.filter(layer=cast.layer["dust-sites"]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_editors_of_one_version_and_one_of_them_is_stale(api, cast):
    path = f"{LAYER}/{cast.feature['dust-sites'].pk}"
    api.token("officer")
    answers, barrier = [], threading.Barrier(2)

    def send(name):
        barrier.wait()
        try:
            answers.append(api("PATCH", path, {"properties": {"name": name}}, If_Match='"1"').status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(name,)) for name in ("one", "two")]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == [200, 412]


# --- layers ---


def test_layers_are_those_that_one_sees_with_their_counts(api, cast):
    assert [layer["key"] for layer in api("GET", "/layers", as_=None).json()["items"]] == ["outfalls"]
    both = api("GET", "/layers?limit=1").json()
    assert [layer["key"] for layer in both["items"]] == ["dust-sites"]
    assert both["items"][0]["count"] == both["items"][0]["by_condition"]["normal"] == 1
    rest = api("GET", f"/layers?cursor={both['next']}").json()
    assert ([layer["key"] for layer in rest["items"]], rest["next"]) == (["outfalls"], None)


def test_an_administrator_makes_and_changes_a_layer(api):
    body = {
        "key": "noise-sites",
        "names": {"zh-hans": "噪声点位", "en": "Noise sites"},
        "geometry": ["Point"],
        "schema": {"type": "object", "properties": {"height": {"type": "number"}}, "additionalProperties": False},
    }
    is_problem(api("POST", "/layers", body), 403)
    made = api("POST", "/layers", body, as_="admin")
    assert (made.status_code, made["Location"]) == (201, "/api/v1/layers/noise-sites")
    is_problem(api("POST", "/layers", body, as_="admin"), 409)
    changed = api("PATCH", "/layers/noise-sites", {"public": True}, as_="admin")
    assert changed.json() == made.json() | {"public": True}
    is_problem(api("PATCH", "/layers/noise-sites", {"colour": 1}, as_="admin"), 422)
    is_problem(api("PATCH", "/layers/noise-sites", b"{", as_="officer"), 403)
    is_problem(api("PATCH", "/layers/dust-sites", b"{", as_="field"), 404)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_of_features_takes_the_same_queries_however_long(api, cast, django_assert_num_queries, rows):
    for n in range(rows - 1):
        make_feature(cast.layer["dust-sites"], f"f{n}")
    api("GET", "/me")  # a token notes its first use
    with django_assert_num_queries(5):  # token, membership, layer twice (for 404, for the list), features
        assert len(api("GET", LAYER).json()["features"]) == rows


def test_what_the_queries_give_is_what_the_list_gives(api, cast):
    assert (
        api("GET", LAYER).json()["features"][0]["id"] == catalogue.features(cast.asker("officer"), "dust-sites")[0].pk
    )
