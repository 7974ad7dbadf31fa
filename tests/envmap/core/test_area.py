"""Which district this is comes from a file, and a wrong file is answered with a sentence."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from envmap.core import area


def test_without_a_setting_the_only_area_of_the_fixtures_is_taken(settings):
    settings.AREA = ""
    here = area.current()
    assert here.code == here.path.parent.name
    assert set(here.names) == {"zh-hans", "en"}
    assert all(path.is_file() for path in here.files.values())
    assert here.read("towns")["features"]
    assert "OpenStreetMap" in here.attribution["en"]


def test_a_lone_boundary_is_enough(settings, tmp_path):
    ring = [[100.0, 20.0], [100.5, 20.0], [100.5, 20.5], [100.0, 20.0]]
    file = tmp_path / "elsewhere.geojson"
    feature = {
        "type": "Feature",
        "properties": {"code": "999999", "name": "他区"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    settings.AREA = str(file)
    here = area.current()
    assert (here.code, here.names["en"]) == ("999999", "他区")
    assert here.box == pytest.approx((99.99, 19.99, 100.51, 20.51))
    assert here.read("towns") == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("{}", "lacks code, name, box, files"),
        ('{"type": "FeatureCollection", "features": []}', "no geometry"),
        ('{"type": "Feature", "geometry": {"type": "Point", "coordinates": [625566.8, 2724527.7]}}', "not in degrees"),
    ],
)
def test_a_file_that_is_no_area_stops_with_a_sentence(settings, tmp_path, text, said):
    file = tmp_path / "area.json"
    file.write_text(text, encoding="utf-8")
    settings.AREA = str(file)
    with pytest.raises(ImproperlyConfigured, match=said):
        area.current()


def test_a_missing_file_stops_with_a_sentence(settings):
    settings.AREA = "nowhere/area.json"
    with pytest.raises(ImproperlyConfigured, match="no such file"):
        area.current()
