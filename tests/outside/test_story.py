"""The whole story through the outside doors alone: TCP, HTTP and WebSocket, from docs/interfaces.md."""

import hashlib
import uuid
from datetime import datetime, timedelta

import pytest

from tests.outside.client import SHANGHAI, Api, Live, Monitor, check_chain, minute_frame, new_mn, photo, tile_of

pytestmark = pytest.mark.stack
PLACE = [118.2531, 24.6412]


@pytest.fixture(scope="module")
def officer(stack):
    return Api(stack.base_url, "officer")


@pytest.fixture(scope="module")
def field(stack):
    return Api(stack.base_url, "field")


@pytest.fixture
def site(officer):
    """A dust site with a monitor of its own, which sends µg/m³."""
    code = f"story-{uuid.uuid4().hex[:8]}"
    feature = officer.post(
        "/layers/dust-sites/features",
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": PLACE},
            "properties": {"code": code, "name": "故事里的工地", "attributes": {}},
        },
        201,
    )
    mn = new_mn()
    officer.post(
        "/stations",
        {
            "mn": mn, "name": "扬尘监测仪", "protocol": "hj212", "st": "39", "password": "123456",
            "layer": "dust-sites", "feature": code, "units": {"a34002": "ug/m3"}, "expected_interval": 60,
        },
        201,
    )  # fmt: skip
    return {"id": feature["id"], "code": code, "mn": mn, "path": f"/layers/dust-sites/features/{feature['id']}"}


def condition(api, site):
    return api.get(site["path"])["properties"]["condition"]


def until_unchanged(api, address, tries=20):
    """The first 304: the layer's other stations and the issue just being opened may change it between two requests."""
    for _ in range(tries):
        etag = api.http.get(address).headers["etag"]
        answer = api.http.get(address, headers={"If-None-Match": etag})
        if answer.status_code == 304:
            break
    return answer


def test_from_a_frame_above_the_limit_to_a_closed_order(stack, officer, field, site):
    me = field.get("/me")
    before = officer.get("/statistics/layers/dust-sites")
    live, crew = Live(stack.ws_url, officer.token), Live(stack.ws_url, field.token)
    monitor = Monitor(stack.hj212_port)
    minute = datetime.now(SHANGHAI).replace(second=0, microsecond=0) - timedelta(minutes=1)

    # The monitor reports 200 µg/m³: answered once it is kept, and the alarm stands on the officer's map.
    monitor.send(minute_frame(site["mn"], {"a34002": "200"}, minute))
    answer = monitor.answer()
    assert f"CN=9014;PW=123456;MN={site['mn']};Flag=4;CP=&&&&" in answer
    raised = live.wait("alarm.raised", feature=site["code"])
    assert (raised["layer"], raised["feature_id"], raised["station"]) == ("dust-sites", site["id"], site["mn"])
    alarm = officer.get(f"/alarms/{raised['id']}")
    assert (alarm["severity"], alarm["first_value"], alarm["limit"]["value"]) == ("major", 0.2, 0.15)
    assert condition(officer, site) == "alarm"
    reading = officer.get(f"{site['path']}/readings", factor="a34002", kind="minute")["items"][0]
    assert (reading["value"], reading["flag"]) == (0.2, "N")
    x, y = tile_of(*PLACE, 16)
    address = f"{stack.base_url}/tiles/dust-sites/16/{x}/{y}.mvt"
    tile = officer.http.get(address)
    assert tile.status_code == 200
    assert site["code"].encode() in tile.content
    assert until_unchanged(officer, address).status_code == 304

    # The unit sees nothing of it before an order is theirs.
    field.get(site["path"], 404)
    assert field.http.get(address).status_code in {204, 404}

    # The alarm is an issue by itself; the officer makes it an order for the unit.
    opened = live.wait("issue.opened", feature=site["code"])
    issue = officer.get(f"/issues/{opened['number']}")
    assert (issue["source"], issue["state"], issue["alarms"]) == ("alarm", "reported", [alarm["id"]])
    order = officer.post(
        f"/issues/{issue['number']}/dispatch",
        {"department": me["department"]["code"], "note": "请到现场洒水降尘", "client_uuid": str(uuid.uuid4())},
        201,
    )
    number = order["number"]
    assert order["state"] == "sent"
    assert order["accept_by"] < order["report_by"] == order["due_at"]
    live.wait("order.moved", number=number, state="sent")
    crew.wait("order.moved", number=number, state="sent")
    assert number in {o["number"] for o in field.get("/orders", state="sent")["items"]}
    assert field.get(site["path"])["properties"]["code"] == site["code"]

    # The team accepts, reports with a photo and a position, is sent back once, reports again.
    field.press(number, "accept")
    live.wait("order.moved", number=number, state="accepted")
    raw = photo(*PLACE)
    first = field.upload(raw)
    assert first["sha256"] == hashlib.sha256(raw).hexdigest()
    assert first["location"]["coordinates"] == pytest.approx(PLACE, abs=1e-4)
    spot = {"type": "Point", "coordinates": PLACE}
    field.press(number, "report", note="已洒水", attachments=[first["id"]], location=spot, accuracy=12.5)
    live.wait("order.moved", number=number, state="reported")
    sent_back = officer.press(number, "send_back", note="裸土仍未覆盖，请补拍")
    assert (sent_back["state"], sent_back["rework_count"], sent_back["due_at"]) == ("accepted", 1, order["due_at"])
    crew.wait("order.moved", number=number, state="accepted")
    second = field.upload(photo(*PLACE, colour=(40, 90, 60)))
    field.press(number, "report", note="裸土已覆盖", attachments=[first["id"], second["id"]], location=spot)

    # The dust settles, the officer verifies; order closed, issue settled.
    monitor.send(minute_frame(site["mn"], {"a34002": "80"}, minute + timedelta(minutes=1)))
    monitor.answer()
    live.wait("alarm.cleared", feature=site["code"])
    assert condition(officer, site) == "rectifying"
    key = str(uuid.uuid4())
    closed = officer.post(f"/orders/{number}/verify", {"client_uuid": key})
    assert (closed["state"], closed["verbs"]) == ("verified", [])
    repeat = officer.http.post(f"/orders/{number}/verify", json={"client_uuid": key})
    assert (repeat.status_code, repeat.headers["idempotent-replay"], repeat.json()) == (200, "true", closed)
    live.wait("order.moved", number=number, state="verified")
    live.wait("issue.moved", number=issue["number"], state="settled")
    assert condition(officer, site) == "normal"

    # The trail is complete and can be proved from outside.
    events = officer.get(f"/orders/{number}/events")["items"]
    assert [e["verb"] for e in events] == ["dispatch", "accept", "report", "send_back", "report", "verify"]
    assert events[4]["attachments"][1]["sha256"] == second["sha256"]
    check_chain(events, closed["head_hash"])
    chain = officer.get(f"/issues/{issue['number']}/events")["items"]
    assert [e["verb"] for e in chain][1:3] == ["accept", "dispatch"]
    shown = officer.http.get(f"/orders/{number}/attachments/{first['id']}")
    assert hashlib.sha256(shown.content).hexdigest() == first["sha256"]

    # The layer's statistics have moved on the first request after the commit.
    after = officer.get("/statistics/layers/dust-sites")
    assert after["orders"]["closed"] == before["orders"]["closed"] + 1
    assert after["orders"]["closed_on_time"] == before["orders"]["closed_on_time"] + 1
    monitor.close(), live.close(), crew.close()


def test_a_socket_that_was_away_gets_what_it_missed_in_order(stack, officer, site):
    live = Live(stack.ws_url, officer.token)
    seen = live.last
    live.close()
    for n in range(3):
        feature = officer.http.get(site["path"])
        officer.http.patch(
            site["path"], json={"properties": {"name": f"改名 {n}"}}, headers={"If-Match": feature.headers["etag"]}
        ).raise_for_status()
    back = Live(stack.ws_url, officer.token, since=seen)
    for _n in range(3):
        back.wait("feature.changed", feature=site["code"])
    events = officer.get("/events", since=seen)
    assert [f["seq"] for f in events["items"]] == sorted(f["seq"] for f in events["items"])
    assert {f["seq"] for f in back.facts} <= {f["seq"] for f in events["items"]}
    back.close()


def test_a_wrong_frame_is_not_answered_and_costs_the_next_one_nothing(stack, officer, site):
    monitor = Monitor(stack.hj212_port)
    minute = datetime.now(SHANGHAI).replace(second=0, microsecond=0) - timedelta(minutes=3)
    good = minute_frame(site["mn"], {"a34002": "70"}, minute)
    broken = good[:-6] + b"0000\r\n"
    unknown = minute_frame(new_mn(), {"a34002": "70"}, minute)
    monitor.send(broken + unknown + good)
    assert f"MN={site['mn']}" in monitor.answer()
    rows = officer.get(f"{site['path']}/readings", factor="a34002", kind="minute")["items"]
    assert [r["value"] for r in rows] == [0.07]
    monitor.send(good)  # a retry is answered like the first and changes nothing
    assert f"MN={site['mn']}" in monitor.answer()
    assert officer.get(f"{site['path']}/readings", factor="a34002", kind="minute")["items"] == rows
    monitor.close()


def test_readings_over_http_are_taken_whole_or_not_at_all(stack, officer, site):
    good = {"factor": "a34002", "time": "2026-11-24T08:00:00+08:00", "value": 0.1, "kind": "minute", "flag": "N"}
    token = officer.post("/tokens", {"name": "monitor", "scopes": ["ingest"], "station": site["mn"]}, 201)["token"]
    machine = Api(stack.base_url)
    machine.http.headers["Authorization"] = f"Bearer {token}"
    path = f"/stations/{site['mn']}/readings"
    assert machine.post(path, {"readings": [good, {**good, "time": "2026-11-24T08:01:00+08:00"}]}, 201) == {
        "stored": 2, "duplicates": 0, "conflicts": 0,
    }  # fmt: skip
    assert machine.post(path, {"readings": [good, {**good, "time": "2026-11-24T08:01:00+08:00", "value": 0.2}]}, 201) == {
        "stored": 0, "duplicates": 1, "conflicts": 1,
    }  # fmt: skip
    refused = machine.post(
        path, {"readings": [{**good, "time": "2026-11-24T09:00:00+08:00"}, {**good, "factor": "zzz"}]}, 422
    )
    assert refused["errors"][0]["index"] == 1
    refused = machine.post(path, {"readings": [{**good, "time": "2026-11-24T09:00:00"}]}, 422)
    assert refused["errors"][0]["index"] == 0
    machine.get(path, 403)
    stored = officer.get(path, **{"from": "2026-11-24", "to": "2026-11-25", "kind": "minute"})["items"]
    assert [r["time"] for r in stored] == ["2026-11-24T08:01:00+08:00", "2026-11-24T08:00:00+08:00"]
