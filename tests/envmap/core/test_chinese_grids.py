"""The shifted grids, against vectors of two public projects (eviltransform, coordtransform)."""

import pytest

from envmap.core.chinese_grids import bd09_of_gcj02, to_bd09, to_gcj02


def test_gcj02_moves_a_position_as_the_published_formula_does():
    assert to_gcj02(121.5272106, 31.1774276) == (
        pytest.approx(121.531541859215, abs=1e-6), pytest.approx(31.17530398364597, abs=1e-6),
    )  # fmt: skip


def test_bd09_moves_a_gcj02_position_as_the_published_formula_does():
    """Vectors of the coordtransform project: Beijing."""
    assert bd09_of_gcj02(116.404, 39.915) == (
        pytest.approx(116.41036949371029, abs=1e-9), pytest.approx(39.92133699351021, abs=1e-9),
    )  # fmt: skip
    assert to_gcj02(116.404, 39.915) == (
        pytest.approx(116.41024449916938, abs=1e-9), pytest.approx(39.91640428150164, abs=1e-9),
    )  # fmt: skip
    assert to_bd09(116.404, 39.915) == bd09_of_gcj02(*to_gcj02(116.404, 39.915))


def test_a_place_of_the_district_lies_half_a_kilometre_off_on_amap():
    lon, lat = to_gcj02(118.25, 24.6)
    assert (lon - 118.25) * 101_200 == pytest.approx(491, abs=60)
    assert abs(lat - 24.6) * 110_800 < 400
