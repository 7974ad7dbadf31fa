"""Units: exact both ways, and unlike ones refused with a sentence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.sensors.units import UnlikeUnits, convert, unit


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("153", "ug/m3", "mg/m³", "0.153"),
        ("153", "µg/m³", "mg/m3", "0.153"),
        ("153000", "ng/m3", "mg/m3", "0.153"),
        ("0.153", "mg/m3", "µg/m³", "153"),
        ("0.153", "mg/m3", "mg/m³", "0.153"),
        ("1.5", "m³/h", "L/s", "0.4166666666666666666666666667"),
        ("293.15", "K", "°C", "20.00"),
        ("1013.25", "hPa", "kPa", "101.325"),
        ("50", "%", "1", "0.5"),
        ("100", "MPN/L", "个/L", "100"),
    ],
)
def test_values_are_converted_exactly(value: str, source: str, target: str, expected: str) -> None:
    assert convert(Decimal(value), source, target) == Decimal(expected)


@pytest.mark.parametrize(("source", "target"), [("mg/L", "mg/m3"), ("mg/m3", "furlong"), ("dB", "%")])
def test_unlike_units_are_refused_with_a_sentence(source: str, target: str) -> None:
    with pytest.raises(UnlikeUnits, match=r"\.$"):
        convert(Decimal(1), source, target)


def test_typography_makes_no_difference() -> None:
    assert unit("μg/m³") is unit("µg/m3") is unit(" UG/M3 ")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_there_and_back_is_the_same_value(value: Decimal) -> None:
    assert convert(convert(value, "ug/m3", "mg/m3"), "mg/m3", "ug/m3") == value
