"""Every route for every role: the expected status by hand in roles.csv, and a second department's things nowhere.

The scene: on the layer `dust-sites`, which is not public, `unit-one` has an order about one site (whose duty unit is
the partner's enterprise), `unit-two` one about another, with station, alarm, issue, file and readings each. What is
asked is the first one's; what must not be seen by anybody but `unit-two` and the bureau is the second one's.
"""

import csv
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from envmap.accounts import actions as accounts
from envmap.accounts.models import Token
from envmap.core import outbox
from layers.catalogue.actions import store_attachment
from layers.sensors.models import Factor, Reading, Station
from tasks.issues import actions as issue_actions
from tasks.orders import actions as order_actions
from tests.cast import make_feature
from tests.envmap.api.caller import ROOT, document
from tests.layers.catalogue.photos import photo
from tests.tasks.make import make_alarm, make_category, make_hours

TABLE = Path(__file__).with_name("roles.csv")
ROWS = {(row["method"], row["path"]): row for row in csv.DictReader(TABLE.open(encoding="utf-8"))}
ROLES = ["anonymous", "viewer", "field", "manager", "field2", "partner", "officer", "supervisor", "admin", "station"]
WITHOUT_THE_SECOND = {"anonymous", "viewer", "field", "manager", "partner", "station"}
ROUTES = [
    (method.upper(), path.removeprefix(ROOT)) for path, methods in document()["paths"].items() for method in methods
]


@dataclass
class World:
    """One unit's site with all that hangs on it."""

    feature: Any
    station: Any
    alarm: Any
    issue: Any
    order: Any
    file: Any
    marks: list[str] = field(default_factory=list)


def picture(size):
    return SimpleUploadedFile("现场.jpg", photo(size=size))


def make_world(cast, name, unit, worker, duty, *, state):
    """A world whose texts all carry a mark of their own."""
    officer = cast.asker("officer")
    feature = make_feature(cast.layer["dust-sites"], f"site-{name}", department=cast.department[duty])
    factor, _made = Factor.objects.get_or_create(
        code="a34002", defaults={"names": {"zh-hans": "颗粒物"}, "unit": "mg/m3"}
    )
    station = Station.objects.create(mn=f"MN-{name}", name=f"站 {name}", protocol="http", feature=feature)
    cast.feature[name] = feature
    alarm = make_alarm(cast, station=station, factor=factor, feature=name)
    size = (320, 200) if name == "one" else (200, 320)
    attached = store_attachment(by=officer, upload=picture(size))
    issue = issue_actions.open_issue(
        by=officer, title=f"问题 {name}", layer="dust-sites", feature=feature.code, attachments=[attached.pk]
    )
    order = order_actions.dispatch(issue.number, by=officer, department=unit, note=f"交办 {name}")
    person = cast.asker(worker)
    file = store_attachment(by=person, upload=picture((size[0] + 1, size[1])))
    order_actions.comment(order.number, by=person, note=f"留言 {name}", attachments=[file.pk])
    if state in ("accepted", "reported"):
        order_actions.accept(order.number, by=person)
    if state == "reported":
        order_actions.report(order.number, by=person, note=f"反馈 {name}", attachments=[file.pk])
    Reading.objects.create(station=station, factor="a34002", kind="minute", time="2026-11-24T00:00:00Z", value="0.1")
    issue.refresh_from_db()
    order.refresh_from_db()
    marks = [feature.code, feature.name, station.mn, station.name, issue.number, order.number, issue.title,
             file.sha256, attached.sha256, f"交办 {name}", f"留言 {name}", f"反馈 {name}", f'"feature_id":{feature.pk},']  # fmt: skip
    world = World(feature, station, alarm, issue, order, file, marks)
    world.attached = attached
    return world


@dataclass
class Scene:
    """Both worlds, and what calls need."""

    one: World
    two: World
    ids: dict[str, dict[str, Any]]
    bodies: dict[str, Any]
    if_match: str


STATES = {"report": "accepted", "send_back": "reported", "verify": "reported"}
"""Which state an order has that a verb may be pressed on; sent otherwise."""


@pytest.fixture
def make_scene(api, cast, settings, tmp_path):
    """Builds a scene for one route."""
    settings.MEDIA_ROOT = tmp_path

    def build(path):
        make_hours()
        make_category(layer=cast.layer["dust-sites"])
        state = STATES.get(path.rpartition("/")[2], "sent")
        one = make_world(cast, "one", "unit-one", "field", "enterprise", state=state)
        two = make_world(cast, "two", "unit-two", "field2", "bureau", state=state)
        reported = issue_actions.open_issue(
            by=cast.asker("field"), title="问题 field", location={"type": "Point", "coordinates": [118.25, 24.6]}
        )
        token, _secret = accounts.make_token(by=cast.asker("field"), name="own", scopes=["read"])
        loose = store_attachment(by=cast.asker("field"), upload=picture((90, 90)))
        _row, api.tokens["station", ("read", "write")] = accounts.make_token(
            by=cast.asker("officer"), name="s", scopes=["ingest"], station=one.station.mn
        )
        for who in ROLES[1:-1]:
            api.token(who)
        while outbox.number_committed():
            pass
        photos = {
            who: store_attachment(by=cast.asker(who), upload=picture((91, 90))).pk for who in ("field", "manager")
        }
        place = {"type": "Point", "coordinates": [118.25, 24.6]}
        return Scene(
            one,
            two,
            {
                "tokens": {"id": token.pk},
                "layers": {"key": "dust-sites", "id": one.feature.pk},
                "stations": {"mn": one.station.mn},
                "rules": {"id": one.alarm.rule_id},
                "alarms": {"id": one.alarm.pk},
                "issues": {
                    "number": reported.number if path.endswith(("/accept", "/reject", "/dispatch")) else one.issue.number,
                    "id": one.attached.pk,
                },
                "orders": {"number": one.order.number, "id": one.file.pk},
                "attachments": {"id": loose.pk},
                "statistics": {"key": "dust-sites"},
            },
            {
                "POST /tokens": {"name": "n", "scopes": ["read"]},
                "POST /layers": {
                    "key": "new", "names": {"zh-hans": "新"}, "geometry": ["Point"],
                    "schema": {"type": "object", "properties": {}},
                },
                "PATCH /layers/{key}": {"position": 7},
                "POST /layers/{key}/features": {"type": "Feature", "geometry": place, "properties": {"name": "新"}},
                "PATCH /layers/{key}/features/{id}": {"properties": {"name": "改"}},
                "POST /stations": {"mn": "MN-new", "name": "n", "protocol": "http"},
                "PATCH /stations/{mn}": {"name": "改"},
                "POST /stations/{mn}/readings": {
                    "readings": [{"factor": "a34002", "time": "2026-11-24T09:00:00+08:00", "value": 0.1, "kind": "minute"}]
                },
                "POST /rules": {
                    "name": "r", "scope": {"layer": "dust-sites"}, "factor": "a34002", "kind": "hour",
                    "condition": {"above": 1}, "severity": "minor",
                },
                "PATCH /rules/{id}": {"name": "改"},
                "POST /issues": {"title": "t", "location": place},
                "POST /issues/{number}/reject": {"note": "n"},
                "POST /issues/{number}/dispatch": {"department": "unit-one"},
                "POST /orders/{number}/return": {"note": "n"},
                "POST /orders/{number}/reassign": {"department": "unit-two"},
                "POST /orders/{number}/report": lambda who: {"note": "n", "attachments": [photos.get(who, 1)]},
                "POST /orders/{number}/send_back": {"note": "n"},
                "POST /orders/{number}/withdraw": {"note": "n"},
                "POST /orders/{number}/comment": {"note": "n"},
            },
            f'"{one.feature.version}"',
        )  # fmt: skip

    return build


def filled(path, ids):
    return re.sub(r"{(\w+)}", lambda name: str(ids[name.group(1)]), path)


def call(api, scene, method, path, who):
    """The request of one cell."""
    as_ = None if who == "anonymous" else who
    url = filled(path, scene.ids.get(path.split("/")[1], {}))
    if path == "/events":
        url += "?since=0"
    if path.endswith("/search"):
        url += "?q=x"
    if path.endswith("/readings") and method == "GET":
        url += "?from=2026-11-01"
    if (method, path) == ("POST", "/attachments"):
        if as_ is None:
            return api(method, url, as_=None)
        return api.upload(url, {"file": picture((92, 90))}, as_=as_)
    body = scene.bodies.get(f"{method} {path}", {} if method == "POST" else None)
    if callable(body):
        body = body(who)
    headers = {"If_Match": scene.if_match} if "features/{id}" in path and method in {"PATCH", "DELETE"} else {}
    return api(method, url, body, as_=as_, **headers)


def text_of(response):
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    return raw.decode("utf-8", "replace").replace(": ", ":")


def test_every_route_has_a_row_and_every_row_a_route():
    assert sorted(ROWS) == sorted(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda value: value)
def test_each_role_gets_what_the_table_says_and_nothing_of_a_second_department(api, make_scene, method, path):
    scene = make_scene(path)
    found, leaks = {}, []
    asked = filled(path, scene.ids.get(path.split("/")[1], {}))
    for who in ROLES:
        with transaction.atomic():
            response = call(api, scene, method, path, who)
            text = text_of(response).replace(asked, "").replace(asked.split("/")[2] if "{" in path else asked, "")
            transaction.set_rollback(True)
        found[who] = str(response.status_code)
        foreign = scene.two if who in WITHOUT_THE_SECOND else scene.one if who == "field2" else None
        leaks += [f"{who} is shown {mark}" for mark in (foreign.marks if foreign else []) if mark in text]
    expected = {who: ROWS[method, path][who] for who in ROLES}
    assert found == expected
    assert not leaks
    if "{" in path and path not in SEEN_BY_BOTH:
        refused_alike(api, scene, method, path)


SEEN_BY_BOTH = {"/layers/{key}", "/layers/{key}/features", "/statistics/layers/{key}"}


def refused_alike(api, scene, method, path):
    """What is another department's is refused in the words of what is not there."""
    two, room = scene.two, path.split("/")[1]
    anothers = Token.objects.filter(user__username="manager").first()
    foreign = {
        "tokens": {"id": anothers.pk if anothers else 1},
        "layers": {"key": "dust-sites", "id": two.feature.pk},
        "stations": {"mn": two.station.mn},
        "rules": {"id": two.alarm.rule_id},
        "alarms": {"id": two.alarm.pk},
        "issues": {"number": two.issue.number, "id": two.attached.pk},
        "orders": {"number": two.order.number, "id": two.file.pk},
        "attachments": {"id": two.file.pk},
    }[room]
    known = {"number": "ZF20990101-0001", "mn": "MN-nowhere", "key": "dust-sites"}
    nowhere = {name: known.get(name, 2**40) for name in foreign}
    texts = []
    for ids in (foreign, nowhere):
        scene.ids[room] = ids
        response = call(api, scene, method, path, "field")
        assert response.status_code == 404
        text = json.dumps(response.json())
        for value in ids.values():
            text = text.replace(str(value), "…")
        texts.append(text)
    assert texts[0] == texts[1]


def test_counts_and_statistics_count_nothing_of_a_second_department(api, make_scene):
    make_scene("/layers")
    for who, expected in (("field", 1), ("field2", 1), ("officer", 3)):
        layer = next(row for row in api("GET", "/layers", as_=who).json()["items"] if row["key"] == "dust-sites")
        assert (layer["count"], sum(layer["by_condition"].values())) == (expected, expected)
        one = api("GET", "/statistics/layers/dust-sites", as_=who).json()
        assert (one["total"], one["orders"]["open"]) == (expected, min(expected, 2))
        days = api("GET", "/statistics/layers/dust-sites?by=month", as_=who).json()["rows"]
        assert sum(row["alarms"] for row in days) == min(expected, 2)
        for by in ("department", "town"):
            rows = api("GET", f"/statistics/layers/dust-sites?by={by}", as_=who).json()["rows"]
            assert sum(row["total"] for row in rows) == expected


def test_what_each_lists_is_its_own(api, make_scene):
    scene = make_scene("/orders")
    for who, world in (("field", scene.one), ("manager", scene.one), ("field2", scene.two)):
        assert [o["number"] for o in api("GET", "/orders", as_=who).json()["items"]] == [world.order.number]
        assert world.issue.number in [i["number"] for i in api("GET", "/issues", as_=who).json()["items"]]
        assert [s["mn"] for s in api("GET", "/stations", as_=who).json()["items"]] == [world.station.mn]
        assert [a["id"] for a in api("GET", "/alarms", as_=who).json()["items"]] == [world.alarm.pk]
        codes = [f["properties"]["code"] for f in api("GET", "/layers/dust-sites/features", as_=who).json()["features"]]
        assert codes == [world.feature.code]
        facts = api("GET", "/events?since=0", as_=who).json()["items"]
        assert world.order.number in {fact.get("number") for fact in facts}
