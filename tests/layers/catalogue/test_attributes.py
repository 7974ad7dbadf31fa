"""Attributes against the layer's schema: what fits is kept as it came, what does not is named with a sentence."""

import json
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from envmap.core.errors import BadQuery
from layers.catalogue.attributes import attribute_errors, filter_value, schema_errors

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["name_zh"],
    "properties": {
        "name_zh": {"type": "string", "minLength": 2, "maxLength": 5},
        "kind": {"type": "string", "oneOf": [{"const": "a", "title": "甲"}, {"const": "b", "title": "乙"}]},
        "depth": {"type": "number", "minimum": 0, "exclusiveMaximum": 10},
        "pipes": {"type": "integer", "multipleOf": 2},
        "signed": {"type": "boolean"},
        "since": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "tags": {"type": "array", "uniqueItems": True, "maxItems": 2, "items": {"enum": ["x", "y", "z"]}},
        "either": {"type": ["string", "null"]},
    },
}
FITS = {"name_zh": "翔安"}


def wrong(**attributes) -> dict[str, str]:
    return {e["field"]: e["detail"] for e in attribute_errors(SCHEMA, FITS | attributes)}


@pytest.mark.parametrize(
    ("attributes", "field", "words"),
    [
        ({"name_zh": "翔"}, "name_zh", "at least 2"),
        ({"name_zh": "翔安区政府所在"}, "name_zh", "at most 5"),
        ({"kind": "c"}, "kind", "one of a, b"),
        ({"kind": 1}, "kind", "must be a text"),
        ({"depth": -0.1}, "depth", "at least 0"),
        ({"depth": 10}, "depth", "less than 10"),
        ({"depth": "3"}, "depth", "a number"),
        ({"depth": True}, "depth", "a number"),
        ({"pipes": 3}, "pipes", "multiple of 2"),
        ({"pipes": 2.5}, "pipes", "a whole number"),
        ({"signed": "yes"}, "signed", "true or false"),
        ({"since": "24.11.2026"}, "since", "2026-11-24"),
        ({"since": "2026-02-30"}, "since", "2026-11-24"),
        ({"at": "2026-11-24T08:00:00"}, "at", "+08:00"),
        ({"code": "abc"}, "code", "pattern"),
        ({"tags": ["x", "x"]}, "tags", "twice"),
        ({"tags": ["x", "q"]}, "tags.1", "one of x, y, z"),
        ({"tags": ["x", "y", "z"]}, "tags", "at most 2"),
        ({"either": 5}, "either", "a text or null"),
        ({"colour": "red"}, "colour", "it has: name_zh, kind"),
        ({"depth": float("nan")}, "depth", "finite"),
        ({"code": "\x00A"}, "code", "no text"),
        ({"code": "\ud800"}, "code", "no text"),
        ({"tags": ["x", "\x00"]}, "tags[1]", "no text"),
    ],
)  # fmt: skip
def test_each_wrong_attribute_is_named_with_what_was_expected(attributes, field, words):
    with translation.override("en"):
        found = wrong(**attributes)
    assert f"attributes.{field}" in found
    assert words in found[f"attributes.{field}"]


def test_all_that_fits_is_taken():
    assert (
        wrong(kind="a", depth=3.25, pipes=4, signed=False, since="2026-11-24", code="FJ", tags=["x"], either=None) == {}
    )
    assert wrong(at="2026-11-24T08:00:00+08:00", depth=0, tags=[]) == {}


def test_a_missing_one_that_is_needed_is_named():
    assert {e["field"] for e in attribute_errors(SCHEMA, {})} == {"attributes.name_zh"}


def test_an_undeclared_one_is_refused_even_where_the_schema_would_let_it():
    open_schema = {"type": "object", "properties": {"a": {}}}
    assert [e["field"] for e in attribute_errors(open_schema, {"b": 1})] == ["attributes.b"]


def test_attributes_are_an_object_of_limited_size():
    for nonsense in (None, [], "x", 3):
        assert attribute_errors(SCHEMA, nonsense)[0]["field"] == "attributes"
    assert attribute_errors(SCHEMA, {"name_zh": "x" * 70_000})[0]["field"] == "attributes"


values = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 15), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["a", "b", "FJ", "翔安", "2026-11-24", "x", ""]), st.lists(st.sampled_from(["x", "y", "q"]), max_size=3),
    st.dictionaries(st.sampled_from(["p"]), st.integers(), max_size=1),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "colour"]), values))
def test_something_is_refused_exactly_when_the_schema_refuses_it(attributes):
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = attribute_errors(SCHEMA, attributes)
    assert bool(errors) == (not validator.is_valid(attributes))
    named = {e["field"].removeprefix("attributes.").split(".")[0] for e in errors}
    assert named <= {*SCHEMA["properties"], "colour"}
    for key, value in attributes.items():  # a value that fits by itself is never named
        if key in SCHEMA["properties"] and validator.is_valid(FITS | {key: value}):
            assert key not in named


@given(st.recursive(st.one_of(st.none(), st.text(max_size=4), st.floats(), st.integers()),
                    lambda inner: st.dictionaries(st.text(max_size=4), inner, max_size=3) | st.lists(inner, max_size=3)))  # fmt: skip
def test_nonsense_never_does_more_than_be_refused(value):
    attribute_errors(SCHEMA, value)
    schema_errors(value)


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (None, "schema"), ({}, "schema"), ({"type": "array", "properties": {}}, "schema"), ({"type": "object"}, "schema"),
        ({"type": "object", "properties": {"A b": {}}}, "schema.properties.A b"),
        ({"type": "object", "properties": {"a": {"type": "colour"}}}, "schema.properties.a.type"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.org/x"}}}, "schema"),
        ({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}, "schema"),
        ({"type": "object", "properties": {"a": {"minLength": -1}}}, "schema.properties.a.minLength"),
    ],
)  # fmt: skip
def test_a_schema_that_is_none_is_refused(schema, field):
    assert schema_errors(schema)[0]["field"] == field


def test_the_schemas_of_the_built_in_layers_are_taken():
    folder = Path(__file__).parents[3] / "fixtures" / "layers"
    found = [json.loads(path.read_text())["schema"] for path in sorted(folder.glob("*.json"))]
    assert len(found) == 5
    for schema in found:
        assert schema_errors(schema) == []
        assert attribute_errors(schema, {}) == [], "no attribute of a built-in layer is required"


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [("kind", "a", "a"), ("pipes", "4", 4), ("depth", "2.5", 2.5), ("depth", "3", 3), ("signed", "true", True),
     ("tags", "x", ["x"]), ("either", "q", "q"), ("since", "2026-11-24", "2026-11-24")],
)  # fmt: skip
def test_a_filter_is_read_by_the_attributes_type(key, raw, value):
    assert filter_value(SCHEMA, key, raw) == {key: value}


@pytest.mark.parametrize(
    ("key", "raw"),
    [("colour", "x"), ("pipes", "x"), ("pipes", "1.5"), ("depth", "nan"), ("signed", "1"), ("kind", "\x00")],
)
def test_a_filter_that_cannot_hold_is_refused(key, raw):
    with pytest.raises(BadQuery):
        filter_value(SCHEMA, key, raw)
