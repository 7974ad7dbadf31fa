"""The OpenAPI document is whole, valid and in the repository."""

import json
import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from envmap.api.docs import document_bytes
from envmap.api.errors import TABLE

ROOT = Path(__file__).parents[3]
DOCUMENT = json.loads(document_bytes())
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_the_committed_document_is_the_served_one():
    committed = (ROOT / "docs" / "openapi.json").read_bytes()
    assert committed == document_bytes(), "docs/openapi.json is old: manage.py openapi > docs/openapi.json"


def test_it_is_valid_openapi_31():
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_each_operation_says_all_of_itself(path, method, operation):
    assert operation["summary"] and operation["description"] and operation["tags"]
    assert set(re.findall(r"{(\w+)}", path)) == {p["name"] for p in operation["parameters"] if p["in"] == "path"}
    assert operation["security"]
    answers = operation["responses"]
    assert {"400", "401", "default"} <= set(answers)
    for status, answer in answers.items():
        if status == "default" or status >= "400":
            assert list(answer["content"]) == ["application/problem+json"]
        elif status not in {"204", "304"}:
            assert answer["content"]
    if "201" in answers:
        assert "Location" in answers["201"]["headers"]
    if method in {"patch", "post"}:
        assert operation["requestBody"]["content"]
        assert {"413", "415", "422"} <= set(answers)


def test_operation_ids_are_unique_and_refs_lead_somewhere():
    ids = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)):
        assert name in DOCUMENT["components"]["schemas"]


def test_every_refusal_of_ours_has_its_one_status():
    from envmap.core import errors

    ours = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.EnvmapError) and kind is not errors.EnvmapError
    }
    assert set(TABLE) == ours
    assert len({name for _status, name, _title in TABLE.values()}) == len(TABLE)


def test_what_is_not_built_yet_is_absent(api):
    for path in (
        "/jobs",
        "/programmes",
        "/market/resources",
        "/layers/outfalls/export",
        "/layers/outfalls/map.html",
    ):
        assert api("GET", path).status_code == 404
        assert path.partition("?")[0] not in document_bytes().decode()
    assert api("POST", "/layers/outfalls/import").status_code == 404
