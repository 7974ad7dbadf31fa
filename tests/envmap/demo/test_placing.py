"""Where the demo's things lie, what they are called and how well they are described. Pure: files in, plain data out."""

import json
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from shapely.geometry import box, shape

from envmap.demo.placing import OUTFALL_SHARES, place, shared_out
from envmap.demo.sheet import Sheet
from envmap.demo.things import things_of

ROOT = Path(__file__).parents[3]
AREA_FILE = next((ROOT / "fixtures" / "areas").glob("*/area.json"))
SCHEMAS = {
    p.stem: json.loads(p.read_text(encoding="utf-8"))["schema"] for p in (ROOT / "fixtures" / "layers").glob("*.json")
}
UNITS = json.loads((ROOT / "fixtures" / "demo" / "units.json").read_text(encoding="utf-8"))["departments"]
PUBLIC = json.loads((ROOT / "fixtures" / "departments.json").read_text(encoding="utf-8"))["departments"]
DECLARED = {key: len(schema["properties"]) for key, schema in SCHEMAS.items()}
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def sheet():
    return Sheet.read(AREA_FILE)


@pytest.fixture(scope="module")
def things(sheet):
    return things_of(sheet, UNITS, DECLARED, TODAY)


def spots(sheet, things, *layers):
    """(thing, its representative spot in the plane) as its published geometry gives it, rounding included."""
    for thing in things:
        if thing.layer in layers:
            yield thing, sheet._plane(shape(thing.geometry))


def test_there_are_more_than_three_hundred_things_on_all_five_layers(things):
    assert len(things) >= 300
    assert {t.layer for t in things} == set(SCHEMAS)


def test_every_outfall_lies_within_60_m_of_coast_or_stream(sheet, things):
    streams = [w.shape for w in sheet.streams]
    for thing, spot in spots(sheet, things, "outfalls"):
        assert min(sheet.coast.distance(spot), *(s.distance(spot) for s in streams)) <= 60, thing.name


def test_every_site_and_station_stands_on_land_of_the_district(sheet, things):
    for thing, spot in spots(sheet, things, "dust-sites", "sewage-stations", "epidemic-control"):
        assert sheet.land.contains(spot), thing.name
        assert sheet.district.contains(spot), thing.name


def test_every_debris_point_lies_within_300_m_of_the_coast_and_patches_float(sheet, things):
    for thing, spot in spots(sheet, things, "marine-debris"):
        assert sheet.coast.distance(spot) <= 300, thing.name
        if thing.kind == "floating":
            assert sheet.sea.contains(spot), thing.name
        if thing.kind == "segment":
            assert thing.geometry["type"] == "LineString"
            assert spot.length > 200


def test_everything_lies_inside_the_districts_box(things):
    west, south, east, north = json.loads(AREA_FILE.read_text(encoding="utf-8"))["box"]
    for thing in things:
        w, s, e, n = shape(thing.geometry).bounds
        assert box(west, south, east, north).contains(box(w, s, e, n)), thing.name


def test_outfall_types_are_shared_as_in_the_register_within_ten_points(things):
    outfalls = [t for t in things if t.layer == "outfalls"]
    whole = sum(OUTFALL_SHARES.values())
    for kind, count in OUTFALL_SHARES.items():
        share = sum(t.attributes["type"] == kind for t in outfalls) / len(outfalls)
        assert abs(share - count / whole) < 0.10, kind


@pytest.mark.parametrize("total", [1, 7, 100, 1448])
def test_sharing_out_loses_and_invents_nothing(total):
    assert sum(shared_out(total, OUTFALL_SHARES).values()) == total


def test_every_feature_fits_its_schema_with_70_percent_filled(things):
    checks = {
        key: Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for key, schema in SCHEMAS.items()
    }
    for thing in things:
        assert [e.message for e in checks[thing.layer].iter_errors(thing.attributes)] == [], thing.name
        assert len(thing.attributes) >= 0.7 * DECLARED[thing.layer], thing.name


def test_codes_names_and_mns_are_unique(things):
    for values in (
        [(t.layer, t.code) for t in things],
        [(t.layer, t.name) for t in things],
        [logger.mn for t in things for logger in t.loggers],
    ):
        assert len(values) == len(set(values))


def test_an_outfall_is_coded_and_named_as_hj_1235_has_it(sheet, things):
    towns = "|".join(t.name for t in sheet.towns)
    for thing in things:
        if thing.layer == "outfalls":
            assert re.fullmatch(rf"[A-Z]{{2}}-{sheet.code}-\d{{4}}-{thing.kind}-00", thing.code)
            assert re.fullmatch(rf"({towns})\S+(社区|村|生活区|农场)\S+?\d+#\S+[口]", thing.name), thing.name


def test_mns_have_24_hex_digits(things):
    assert all(re.fullmatch(r"[0-9A-F]{24}", logger.mn) for t in things for logger in t.loggers)


def test_every_duty_unit_and_party_is_a_department(sheet, things):
    known = {d["code"] for d in PUBLIC + UNITS} | {t.code for t in sheet.towns}
    for thing in things:
        assert {thing.department, *(code for code, _ in thing.parties)} <= known


def test_every_dust_site_has_its_contractor_and_its_monitor(things):
    for thing in things:
        if thing.layer == "dust-sites":
            assert "contractor" in {part for _, part in thing.parties}
            assert [logger.st for logger in thing.loggers] == ["39"]


def test_the_same_seed_gives_the_same_district(sheet, things):
    again = things_of(sheet, UNITS, DECLARED, TODAY)
    assert [(t.code, t.name, t.geometry, t.attributes) for t in again] == [
        (t.code, t.name, t.geometry, t.attributes) for t in things
    ]
    other = [p.geojson(sheet) for p in place(sheet, seed=7)]
    assert other != [t.geometry for t in things]


def test_no_code_outside_the_fixtures_knows_the_district(sheet):
    """Another district must load without touching code: neither its number nor a coordinate inside its box is written."""
    west, _south, east, _north = json.loads(AREA_FILE.read_text(encoding="utf-8"))["box"]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so the files of the project cannot be told from others")
    code = {".py", ".js", ".mjs", ".css", ".html", ".sql", ".sh", ".toml", ".conf", ".json", ".txt", ".xml", ""}
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if (
            not name
            or name.startswith(("fixtures/", "tests/", "docs/"))
            or path.suffix not in code
            or not path.is_file()
        ):
            continue
        if path.name in ("requirements.lock", "package-lock.json"):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert sheet.code not in text, f"{name} names the district's code"
        numbers = [float(n) for n in re.findall(r"(?<![\d.])\d{1,3}\.\d{2,}(?![\d.])", text)]
        assert not [n for n in numbers if west <= n <= east], f"{name} holds a longitude of the district"
