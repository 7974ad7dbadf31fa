"""Positions as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envmap.search.coordinates import read

HERE = (118.25, 24.6125)


@pytest.mark.parametrize("text", [
    "24.6125, 118.25", "24.6125 118.25", "118.25,24.6125", "(24.6125，118.25)", "24.6125N 118.25E", "N24.6125 E118.25",
    "E118.25 N24.6125", "24°36'45\"N, 118°15'00\"E", "24°36′45″N 118°15′E", "北纬24°36′45″ 东经118°15′",
    "东经118.25° 北纬24.6125°", "24度36分45秒 118度15分", "北24.6125 东118.25",
])  # fmt: skip
def test_the_usual_notations_are_one_place(text):
    assert read(text) == pytest.approx(HERE, abs=1e-7)


@pytest.mark.parametrize("text", [
    "", "24.6", "新店", "24.6 118.2 5", "200, 300", "24°61'N 118°E", "24N 118N", "ZF20261124-0035", "24.6125, 118.25 附近", "95, 200",
])  # fmt: skip
def test_what_is_no_position_is_none(text):
    assert read(text) is None


def test_south_and_west_are_negative():
    assert read("33°52′S 151°12′E") == pytest.approx((151.2, -33.8666667), abs=1e-6)
    assert read("-33.5, -70.6") == (-70.6, -33.5)


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_read_or_not(text):
    found = read(text)
    assert found is None or (-180 <= found[0] <= 180 and -90 <= found[1] <= 90)


@given(st.floats(-90, 90).map(lambda n: round(n, 5)), st.floats(-180, 180).map(lambda n: round(n, 5)))
def test_every_position_in_decimal_degrees_is_read_back(latitude, longitude):
    assert read(f"{latitude:.5f}, {longitude:.5f}") == (pytest.approx(longitude), pytest.approx(latitude))
