"""Stations, readings and rules over HTTP."""

from datetime import timedelta

import pytest

from envmap.core import clock
from layers.sensors.models import AlarmRule, Factor, Reading, Station
from tests.envmap.api.test_door import is_problem

NOW = "2026-11-24T08:00:00+08:00"


@pytest.fixture
def factor(db):
    return Factor.objects.create(code="a34002", names={"zh-hans": "颗粒物", "en": "PM10"}, unit="mg/m3", decimals=3)


@pytest.fixture
def station(cast, factor):
    return Station.objects.create(
        mn="MN-1", name="扬尘一号", protocol="http", feature=cast.feature["dust-sites"], password="pw-of-the-wire"
    )


def reading(**changes):
    return {"factor": "a34002", "time": NOW, "value": 0.153, "kind": "minute"} | changes


def deliver(api, *readings, mn="MN-1", **more):
    return api("POST", f"/stations/{mn}/readings", {"readings": list(readings)}, **more)


def test_readings_are_kept_once_and_read_back(api, station):
    first = deliver(api, reading(), reading(time="2026-11-24T08:01:00+08:00", value=0.2, flag="N"))
    assert (first.status_code, first.json()) == (201, {"stored": 2, "duplicates": 0, "conflicts": 0})
    again = deliver(api, reading(), reading(time="2026-11-24T00:01:00Z", value=0.3, flag="N"))
    assert again.json() == {"stored": 0, "duplicates": 1, "conflicts": 1}
    body = api("GET", "/stations/MN-1/readings?from=2026-11-24&to=2026-11-25").json()
    assert [(r["time"], r["value"], r["flag"]) for r in body["items"]] == [
        ("2026-11-24T08:01:00+08:00", 0.2, "N"),
        ("2026-11-24T08:00:00+08:00", 0.153, None),
    ]
    feature = station.feature
    assert api("GET", f"/layers/dust-sites/features/{feature.pk}/readings?from=2026-11-24").json() == body


def test_without_from_the_last_24_hours(api, station):
    now = clock.now()
    deliver(api, *(reading(time=(now - timedelta(hours=h)).isoformat()) for h in (1, 30)))
    assert len(api("GET", "/stations/MN-1/readings").json()["items"]) == 1


def test_an_escaped_and_a_bare_plus_mean_the_same_offset(api, station):
    deliver(api, reading())
    for start in ("2026-11-24T08:00:00%2B08:00", "2026-11-24T08:00:00+08:00", "2026-11-24T00:00:00Z"):
        assert len(api("GET", f"/stations/MN-1/readings?from={start}").json()["items"]) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2026-11-24T08:00:00", 422), ("to=2026-11-24T08:00:00", 422), ("from=yesterday", 400),
        ("from=2026-13-40", 400), ("from=2026-11-25&to=2026-11-24", 400), ("kind=second", 400),
        ("resolution=week", 400), ("factor=nope", 400), ("station=x", 400),
    ],
)  # fmt: skip
def test_bounds_and_filters_of_readings(api, station, query, status):
    is_problem(api("GET", f"/stations/MN-1/readings?{query}"), status)


def test_readings_fold_by_hour_and_day(api, station):
    deliver(
        api,
        reading(value=0.1),
        reading(time="2026-11-24T08:30:00+08:00", value=0.3),
        reading(time="2026-11-24T09:00:00+08:00", value=9, flag="D"),
    )
    for resolution, at in (("hour", "2026-11-24T08:00:00+08:00"), ("day", "2026-11-24T00:00:00+08:00")):
        (row,) = api("GET", f"/stations/MN-1/readings?from=2026-11-24&resolution={resolution}").json()["items"]
        assert (row["time"], row["value"], row["minimum"], row["maximum"]) == (at, 0.2, 0.1, 0.3)


@pytest.mark.parametrize("resolution", ["raw", "hour"])
def test_pages_of_readings_follow_each_other(api, station, resolution):
    deliver(api, *(reading(time=f"2026-11-24T{hour:02}:00:00+08:00") for hour in range(7)))
    seen, query = [], f"?from=2026-11-24&limit=3&resolution={resolution}"
    cursor = ""
    for _step in range(5):
        body = api("GET", f"/stations/MN-1/readings{query}{cursor}").json()
        seen += [row["time"] for row in body["items"]]
        if body["next"] is None:
            break
        cursor = f"&cursor={body['next']}"
    assert seen == [f"2026-11-24T{hour:02}:00:00+08:00" for hour in reversed(range(7))]


@pytest.mark.parametrize(
    "wrong",
    [
        {"time": "2026-11-24T08:00:00"}, {"time": "soon"}, {"factor": "nope"}, {"kind": "second"},
        {"value": "0.153"}, {"value": None}, {"unit": "ug/m3"}, {"value": 1e30},
    ],
    ids=str,
)  # fmt: skip
def test_one_wrong_reading_is_named_by_its_index_and_none_is_kept(api, station, wrong):
    body = is_problem(deliver(api, reading(), reading(**wrong)), 422)
    assert body["errors"][0]["index"] == 1
    assert not Reading.objects.exists()


def test_who_delivers_readings(api, station, cast):
    made = api("POST", "/tokens", {"name": "MN-1", "scopes": ["ingest"], "station": "MN-1"})
    assert (made.status_code, made.json()["station"]) == (201, "MN-1")
    token = made.json()["token"]
    assert deliver(api, reading(), token=token).status_code == 201
    Station.objects.create(mn="MN-2", name="二号", protocol="http")
    is_problem(deliver(api, reading(), mn="MN-2", token=token), 404)
    is_problem(api("GET", "/stations/MN-1", token=token), 403)
    is_problem(api("GET", "/stations/MN-1/readings", token=token), 403)
    is_problem(api("GET", "/layers", token=token), 403)
    is_problem(deliver(api, reading(), as_="supervisor"), 403)
    is_problem(deliver(api, reading(), as_="field"), 404)
    is_problem(deliver(api, reading(), as_=None), 401)
    is_problem(deliver(api, reading(), scopes=("read",)), 403)
    assert deliver(api, reading(), as_="admin").json()["duplicates"] == 1


def test_a_token_for_a_station_that_is_not_there_or_by_one_who_may_not(api, station):
    is_problem(api("POST", "/tokens", {"name": "x", "scopes": ["ingest"], "station": "MN-9"}), 422)
    is_problem(api("POST", "/tokens", {"name": "x", "scopes": ["ingest"], "station": "MN-1"}, as_="field"), 403)
    is_problem(api("POST", "/tokens", {"name": "x", "scopes": ["read"], "station": "MN-1"}), 422)


def test_a_station_is_made_and_changed_and_never_shows_its_password(api, cast, factor):
    body = {"mn": "0123456789ABCDEF01234567", "name": "一号", "protocol": "hj212", "st": "39", "password": "123456",
            "layer": "dust-sites", "feature": "dust-sites-1", "units": {"a34002": "ug/m3"}}  # fmt: skip
    made = api("POST", "/stations", body)
    assert made.status_code == 201
    assert made["Location"] == f"/api/v1/stations/{body['mn']}"
    assert "password" not in made.json() and "123456" not in made.content.decode().replace(body["mn"], "")
    assert made.json()["feature_id"] == cast.feature["dust-sites"].pk
    is_problem(api("POST", "/stations", body), 409)
    changed = api("PATCH", f"/stations/{body['mn']}", {"name": "改名"})
    assert changed.json() == made.json() | {"name": "改名"}
    assert Station.objects.get().password == "123456"


@pytest.mark.parametrize(
    "wrong", [{"mn": "with space"}, {"protocol": "fax"}, {"feature": "nope", "layer": "dust-sites"}, {"feature": "x"},
              {"units": {"a34002": "miles"}}, {"expected_interval": 0}, {"location": {"type": "Point", "coordinates": [200, 0]}},
              {"last_seen": NOW}, {"department": "nowhere"}], ids=str,
)  # fmt: skip
def test_a_station_that_cannot_be_kept(api, factor, wrong):
    is_problem(api("POST", "/stations", {"mn": "M", "name": "n", "protocol": "http"} | wrong), 422)
    assert not Station.objects.exists()


def test_filters_of_stations(api, station):
    Station.objects.create(mn="MN-2", name="二号", protocol="http")

    def mns(query):
        return [s["mn"] for s in api("GET", f"/stations{query}").json()["items"]]

    assert mns("") == ["MN-2", "MN-1"]
    assert mns("?layer=dust-sites&feature=dust-sites-1&condition=normal") == ["MN-1"]
    assert "layer" in is_problem(api("GET", "/stations?feature=dust-sites-1"), 400)["detail"]
    assert "dust-sites, outfalls" in is_problem(api("GET", "/stations?layer=nope"), 400)["detail"]
    is_problem(api("GET", "/stations?layer=dust-sites&feature=nope"), 400)
    is_problem(api("GET", "/stations?condition=rectifying"), 400)
    # A layer that one may not see is as unknown as one that is not there.
    assert "dust" not in is_problem(api("GET", "/stations?layer=dust-sites", as_="field"), 400)["errors"][0]["detail"].partition(":")[2]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("path", "most"), [("/stations", 4), ("/rules", 3), ("/factors", 3)])
def test_lists_take_the_same_queries_however_long(
    api, station, factor, django_assert_max_num_queries, path, most, rows
):
    for n in range(rows):
        Station.objects.create(mn=f"X{n}", name="x", protocol="http", feature=station.feature)
        AlarmRule.objects.create(
            name="r", station=station, factor=factor, kind="minute", above=1, clear_below=1, severity="minor"
        )
        Factor.objects.create(code=f"x{n}", names={"zh-hans": "x"}, unit="mg/L")
    api("GET", "/me")
    with django_assert_max_num_queries(most):
        assert len(api("GET", path).json()["items"]) >= rows


# --- rules ---


def rule(**changes):
    return {
        "name": "PM10",
        "scope": {"layer": "dust-sites"},
        "factor": "a34002",
        "kind": "minute",
        "condition": {"above": 0.15, "for_minutes": 0, "clear_below": 0.13},
        "severity": "major",
    } | changes


def test_a_rule_is_made_changed_and_deleted(api, station):
    made = api("POST", "/rules", rule())
    assert made.status_code == 201
    path = f"/rules/{made.json()['id']}"
    assert made["Location"] == f"/api/v1{path}"
    assert api("GET", path).json() == made.json()
    changed = api("PATCH", path, {"enabled": False, "scope": {"station": "MN-1"}})
    assert (changed.json()["enabled"], changed.json()["scope"]) == (False, {"station": "MN-1"})
    assert [r["id"] for r in api("GET", "/rules?station=MN-1&factor=a34002").json()["items"]] == [made.json()["id"]]
    is_problem(api("DELETE", path, as_="supervisor"), 403)
    assert api("DELETE", path).status_code == 204
    is_problem(api("GET", path), 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": {"layer": "nope"}}, {"scope": {}}, {"scope": {"layer": "dust-sites", "station": "MN-1"}},
        {"factor": "nope"}, {"kind": "second"}, {"condition": {}}, {"condition": {"above": 1, "clear_below": 2}},
        {"condition": {"above": 1, "rising": 2}}, {"severity": "fatal"}, {"colour": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_that_cannot_be_kept(api, station, wrong):
    is_problem(api("POST", "/rules", rule(**wrong)), 422)
    assert not AlarmRule.objects.exists()


def test_rules_are_the_bureaus_own_business(api, station):
    for who in ("field", "manager", "partner", "viewer"):
        is_problem(api("GET", "/rules", as_=who), 403)
        is_problem(api("POST", "/rules", b"{", as_=who), 403)
    for who in ("supervisor", "admin"):
        assert api("GET", "/rules", as_=who).status_code == 200


def test_an_exceeding_reading_is_answered_with_plain_numbers(api, station):
    api("POST", "/rules", rule())
    deliver(api, reading(value=0.5))
    feature = api("GET", f"/layers/dust-sites/features/{station.feature_id}").json()
    assert feature["properties"]["condition"] == "alarm"
    assert feature["properties"]["version"] == 1
