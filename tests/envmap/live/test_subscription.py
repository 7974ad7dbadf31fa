"""What a client may ask for."""

import contextlib
import json

import pytest
from django.contrib.gis.geos import Point
from hypothesis import given
from hypothesis import strategies as st

from envmap.core.errors import BadInput
from envmap.core.models import OutboxFact
from envmap.live.subscription import Subscription, addressed, parse


def test_an_empty_subscription_takes_everything_from_now_on():
    assert parse('{"type":"subscribe"}') == Subscription(None, None, None)


def test_layers_box_and_since_are_taken_over():
    text = '{"type":"subscribe","layers":["outfalls"],"bbox":[118,24,119,25.5],"since":7}'
    assert parse(text) == Subscription(frozenset({"outfalls"}), (118, 24, 119, 25.5), 7)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", '"subscribe"', "{", '{"type":"hello"}', '{"type":["subscribe"]}', '{"type":"subscribe","layer":"x"}',
        '{"type":"subscribe","layers":"outfalls"}', '{"type":"subscribe","layers":[1]}', '{"type":"subscribe","bbox":[1,2,3]}',
        '{"type":"subscribe","bbox":[2,1,1,2]}', '{"type":"subscribe","bbox":[1,2,3,"4"]}', '{"type":"subscribe","bbox":[1,2,3,NaN]}',
        '{"type":"subscribe","bbox":[1,2,3,Infinity]}', '{"type":"subscribe","since":-1}', '{"type":"subscribe","since":true}',
        '{"type":"subscribe","since":1.5}', '{"type":"subscribe","since":"7"}', '{"type":"subscribe","since":9223372036854775808}',
        '{"type":"subscribe","layers":["' + "x" * 16384 + '"]}', "[" * 8000,
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(text):
    with pytest.raises(BadInput) as refusal:
        parse(text)
    assert refusal.value.detail.endswith((".", "。"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_no_json_brings_it_down(value):
    for text in (json.dumps(value), json.dumps({"type": "subscribe", "layers": value, "bbox": value, "since": value})):
        with contextlib.suppress(BadInput):
            assert isinstance(parse(text), Subscription)


def fact(**values) -> OutboxFact:
    return OutboxFact(**{"seq": 1, "type": "feature.changed", "layer": "outfalls", "audience": ["public"]} | values)


@pytest.mark.parametrize(
    ("wanted", "one", "fits"),
    [
        (Subscription(), fact(), True),
        (Subscription(layers=frozenset({"outfalls"})), fact(), True),
        (Subscription(layers=frozenset({"dust-sites"})), fact(), False),
        (Subscription(layers=frozenset()), fact(), False),
        (Subscription(layers=frozenset({"outfalls"})), fact(layer=None), False),
        (Subscription(box=(1, 1, 2, 2)), fact(location=Point(1, 2)), True),
        (Subscription(box=(1, 1, 2, 2)), fact(location=Point(3, 2)), False),
        (Subscription(box=(1, 1, 2, 2)), fact(location=None), True),
    ],
)
def test_a_fact_fits_by_layer_and_place_and_what_has_no_place_is_never_left_out(wanted, one, fits):
    assert wanted.wants(one) is fits


def test_only_those_who_are_addressed_are_asked_about_at_all():
    facts = [fact(audience=["bureau"]), fact(audience=["department:1", "work"]), fact()]
    assert addressed(facts, ["public", "department:1"], Subscription()) == facts[1:]
