"""Whatever is sent, the answer is one of ours: no field, filter or cursor of any operation makes an error of the inside."""

import base64
import json

import pytest
from django.db import transaction

from tests.envmap.api.caller import ROOT, document
from tests.envmap.api.test_roles import (
    call,
    filled,
    make_scene,  # noqa: F401
)

NASTY = [
    None, True, -1, 10**30, 1e308, "", "x" * 5000, "1", [None], [[]], {"a": None}, {"layer": 1},
    {"type": "Point", "coordinates": [1e300, 1e300]}, {"type": "Point", "coordinates": [[[[]]]]},
    {"type": "GeometryCollection", "geometries": []}, {"above": 10**30, "clear_below": "x", "for_minutes": -1},
]  # fmt: skip
RAW = [
    b'{"a": 1e999}',
    b'{"name": "\\ud800"}',
    b'{"note": "\\u0000"}',
    b"null",
    b"0",
    b'""',
    b"[]",
    b"{" * 5000,
    b"\x80",
    b'{"a":1,}',
]
OPERATIONS = [
    (method.upper(), path.removeprefix(ROOT), operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
]


def is_ours(response):
    """Whether the answer is one that we meant to give."""
    return response.status_code < 400 or (
        response.status_code < 500 and response["Content-Type"].startswith("application/problem+json")
    )


def properties(operation):
    (content,) = list(operation["requestBody"]["content"].values())[:1]
    name = content["schema"]["$ref"].rpartition("/")[2]
    return list(document()["components"]["schemas"][name]["properties"])


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [pytest.param(m, p, o, id=o["operationId"]) for m, p, o in OPERATIONS if "application/json" in o.get("requestBody", {}).get("content", {})],
)  # fmt: skip
def test_no_body_makes_an_error_of_the_inside(api, make_scene, method, path, operation):  # noqa: F811
    scene = make_scene(path)
    url = filled(path, scene.ids.get(path.split("/")[1], {}))
    unit = path.startswith("/orders") and path.rpartition("/")[2] in {"accept", "return", "report"}
    who = "admin" if path.startswith("/layers") and not path.endswith("/{id}") else "field" if unit else "officer"
    headers = {"If_Match": "*"} if "features/{id}" in path else {}
    base = scene.bodies.get(f"{method} {path}", {})
    base = base(who) if callable(base) else base
    bodies = [base | {name: value} for name in properties(operation) for value in NASTY]
    if "properties" in base:
        bodies += [
            base | {"properties": {"name": "n"} | {name: value}}
            for name in ("name", "code", "department", "attributes", "town", "version", "updated_at")
            for value in NASTY
        ]
    inside = []
    for raw in [*RAW, *(json.dumps(body).encode() for body in bodies)]:
        with transaction.atomic():
            if not is_ours(api(method, url, raw, as_=who, **headers)):
                inside.append(raw[:200])
            transaction.set_rollback(True)
    assert not inside


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "operation"),
    [pytest.param(p, o, id=o["operationId"]) for m, p, o in OPERATIONS if m == "GET" and any(x["in"] == "query" for x in o["parameters"])],
)  # fmt: skip
def test_no_parameter_makes_an_error_of_the_inside(api, make_scene, path, operation):  # noqa: F811
    scene = make_scene(path)
    url = filled(path, scene.ids.get(path.split("/")[1], {}))
    values = [
        "", "-1", "9" * 30, "%00", "%ED%A0%80", "1e400", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00%2B14:00",
        "' OR 1=1 --", "&", "W10", "bnVsbA", cursor("x"), cursor({"a": 1}),
    ]  # fmt: skip
    made = call(api, scene, "GET", path, "officer")
    following = None
    if not made.streaming and "next" in made.json():
        following = api("GET", f"{url}?limit=1").json().get("next")  # a search is a list without pages, and needs `q`
    if following:
        name, *rest = json.loads(base64.urlsafe_b64decode(following + "=="))
        wild = [
            None,
            10**40,
            "\ud800",
            "\x00",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "2026-01-01",
            [],
        ]
        values += [cursor(name, *rest[:n], bad, *rest[n + 1 :]) for n in range(len(rest)) for bad in wild]
    inside = []
    for parameter in (p["name"].replace("<key>", "stage") for p in operation["parameters"] if p["in"] == "query"):
        for value in values if parameter == "cursor" else values[:11]:
            with transaction.atomic():
                if not is_ours(api("GET", f"{url}?{parameter}={value}")):
                    inside.append(f"{parameter}={value}")
                transaction.set_rollback(True)
    assert not inside
