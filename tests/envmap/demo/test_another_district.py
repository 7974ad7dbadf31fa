"""Another district loads without touching code: its boundary alone, or its whole folder with a demo of its own."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from shapely.geometry import shape

from envmap.accounts.models import Department
from envmap.core import area
from envmap.demo.sheet import Sheet
from envmap.demo.things import things_of
from layers.catalogue.models import Area

ROOT = Path(__file__).parents[3]
HOME = next((ROOT / "fixtures" / "areas").glob("*/area.json"))
CODE = "990101"


def moved(node, east, north):
    """Nested coordinates, moved by degrees."""
    if node and isinstance(node[0], int | float):
        return [round(node[0] + east, 6), round(node[1] + north, 6)]
    return [moved(part, east, north) for part in node]


@pytest.fixture
def elsewhere(tmp_path):
    """The area of the fixtures under another number, two degrees to the west and one to the north."""
    meta = json.loads(HOME.read_text(encoding="utf-8"))
    own = meta["code"]
    folder = tmp_path / CODE
    folder.mkdir()
    for file in meta["files"].values():
        collection = json.loads((HOME.parent / file).read_text(encoding="utf-8").replace(f'"{own}', f'"{CODE}'))
        for feature in collection["features"]:
            feature["geometry"]["coordinates"] = moved(feature["geometry"]["coordinates"], -2, 1)
            if "label" in feature["properties"]:
                feature["properties"]["label"] = moved(feature["properties"]["label"], -2, 1)
        (folder / file).write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    west, south, east, north = meta["box"]
    meta |= {"code": CODE, "name": "他乡区", "name_en": "Elsewhere", "box": [west - 2, south + 1, east - 2, north + 1]}
    (folder / "area.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
    return folder / "area.json"


def test_a_district_elsewhere_gets_a_demo_of_its_own(elsewhere):
    sheet = Sheet.read(elsewhere)
    units = json.loads((ROOT / "fixtures/demo/units.json").read_text(encoding="utf-8"))["departments"]
    declared = {p.stem: 20 for p in (ROOT / "fixtures/layers").glob("*.json")}
    things = things_of(sheet, units, declared, date(2026, 11, 24))
    west, south, east, north = json.loads(elsewhere.read_text(encoding="utf-8"))["box"]
    assert len(things) >= 300
    for thing in things:
        w, s, e, n = shape(thing.geometry).bounds
        assert west <= w <= e <= east, thing.name
        assert south <= s <= n <= north, thing.name
        assert CODE in thing.code
        for logger in thing.loggers:
            assert logger.mn.startswith(CODE)


@pytest.mark.django_db
def test_its_whole_folder_brings_towns_streams_and_their_departments(elsewhere, capsys):
    call_command("load_area", str(elsewhere))
    assert "他乡区" in capsys.readouterr().out
    assert Area.objects.get(code=CODE).kind == "district"
    towns = Area.objects.filter(kind="town", code__startswith=CODE)
    assert towns.count() == Department.objects.filter(kind="town", code__startswith=CODE).count() == 10
    assert all(town.department.code == town.code for town in towns.select_related("department"))
    bureau = Department.objects.get(kind="bureau")
    assert (bureau.names["zh-hans"], bureau.names["en"]) == (
        "他乡区生态环境局", "Elsewhere Ecology and Environment Bureau",
    )  # fmt: skip


@pytest.mark.django_db
def test_a_boundary_alone_is_enough_to_begin_with(tmp_path):
    ring = [[100.0, 20.0], [100.5, 20.0], [100.5, 20.5], [100.0, 20.5], [100.0, 20.0]]
    feature = {
        "type": "Feature",
        "properties": {"code": "999999", "name": "他区", "name_en": "Other District"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file = tmp_path / "other.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    call_command("load_area", str(file))
    there = Area.objects.get(code="999999")
    assert there.geometry.extent == (100.0, 20.0, 100.5, 20.5)
    assert not there.schematic
    assert area.load(file).names["en"] == "Other District"


@pytest.mark.django_db
def test_where_only_the_boundary_is_known_no_demo_is_made_and_the_command_says_why(settings, tmp_path):
    ring = [[100.0, 20.0], [100.5, 20.0], [100.5, 20.5], [100.0, 20.0]]
    file = tmp_path / "other.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": "他区"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file.write_text(json.dumps(feature), encoding="utf-8")
    settings.AREA, settings.DEMO = str(file), True
    with pytest.raises(CommandError, match="names no district, .*ENVMAP_DEMO=0"):
        call_command("demo")
    assert not Department.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("missing.json", None, "no file"), ("broken.json", "{", "not JSON"), ("empty.json", "{}", "lacks code")],
)
def test_a_file_that_is_no_area_is_refused_in_a_sentence(tmp_path, name, text, said):
    file = tmp_path / name
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        call_command("load_area", str(file))
    assert not Area.objects.exists()
