"""Geometry that is taken is what was sent; all else is refused with a sentence and, where it crosses itself, the place."""

import json
import math

import pytest
from django.contrib.gis.geos import GEOSGeometry, LineString, Point
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from layers.catalogue.geometry import TYPES, BadGeometry, parse, representative_point
from layers.catalogue.payloads import geojson

ALL = list(TYPES)
lons = st.one_of(st.floats(-180, 180), st.integers(-180, 180))
lats = st.one_of(st.floats(-90, 90), st.integers(-90, 90))
positions = st.tuples(lons, lats).map(list)


@pytest.fixture(autouse=True, scope="module")
def english():
    """Sentences are read in English, whether or not translations are compiled."""
    with translation.override("en"):
        yield


def said(raw, allowed=ALL) -> str:
    with pytest.raises(BadGeometry) as refusal:
        parse(raw, allowed=allowed)
    return str(refusal.value)


def plain(geometry) -> dict:
    return json.loads(json.dumps({"type": geometry["type"], "coordinates": geometry["coordinates"]}))


@given(st.one_of(
    positions.map(lambda p: {"type": "Point", "coordinates": p}),
    st.lists(positions, min_size=1, max_size=5).map(lambda ps: {"type": "MultiPoint", "coordinates": ps}),
))  # fmt: skip
def test_points_are_kept_to_the_last_bit(geometry):
    kept = geojson(parse(geometry, allowed=ALL))
    assert kept == plain(geometry)


@given(st.lists(positions, min_size=2, max_size=6), st.booleans())
def test_a_line_is_taken_exactly_when_it_is_simple_and_has_two_places(line, as_geos):
    raw = {"type": "LineString", "coordinates": line}
    good = len({tuple(map(float, p)) for p in line}) > 1 and shape(raw).is_simple
    if as_geos:
        raw = LineString([tuple(p) for p in line], srid=4326)
    if good:
        assert geojson(parse(raw, allowed=ALL))["coordinates"] == [list(map(float, p)) for p in line]
    else:
        said(raw)


@given(st.lists(positions, min_size=3, max_size=6))
def test_a_polygon_is_taken_exactly_when_it_is_valid(ring):
    raw = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    if shape(raw).is_valid:
        assert geojson(parse(raw, allowed=ALL)) == plain(raw)
    else:
        said(raw)


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=12,
)


@given(
    st.one_of(
        anything, st.builds(lambda t, c: {"type": t, "coordinates": c}, st.sampled_from([*TYPES, "Circle"]), anything)
    )
)
def test_nonsense_never_does_more_than_be_refused(raw):
    try:
        taken = parse(raw, allowed=ALL)
    except BadGeometry as refusal:
        assert len(str(refusal)) > 10
    else:
        assert taken.valid
        assert not taken.empty
        assert taken.srid == 4326


def test_a_bow_tie_is_refused_with_the_place_of_its_knot():
    bow = [[118, 24], [119, 25], [119, 24], [118, 25], [118, 24]]
    assert "118.5, 24.5" in said({"type": "Polygon", "coordinates": [bow]})
    assert "118.5, 24.5" in said({"type": "MultiPolygon", "coordinates": [[bow]]})
    assert "118.5, 24.5" in said({"type": "LineString", "coordinates": bow[:-1]})


def test_a_closed_line_does_not_cross_itself():
    assert parse({"type": "LineString", "coordinates": [[0, 0], [1, 0], [1, 1], [0, 0]]}, allowed=ALL)


@pytest.mark.parametrize(
    "coordinates",
    [[180.0001, 0], [-181, 0], [0, 90.5], [24.6, 118.2], [math.nan, 0], [0, math.inf], [1e308, 0], [10**400, 0]],
)
def test_what_lies_outside_the_world_is_refused(coordinates):
    assert "outside the world" in said({"type": "Point", "coordinates": coordinates})


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": [1]},
        {"type": "Point", "coordinates": ["1", "2"]},
        {"type": "Point", "coordinates": [True, False]},
        {"type": "Point", "coordinates": [[1, 2]]},
        {"type": "Point", "coordinates": None},
        {"type": "Point"},
        {"type": "MultiPoint", "coordinates": []},
        {"type": "LineString", "coordinates": [[0, 0]]},
        {"type": "LineString", "coordinates": [[0, 0], [0, 0]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0], [0, 0]]]},
        {"type": "GeometryCollection", "geometries": []},
        {"type": ["Point"], "coordinates": [1, 2]},
        {"coordinates": [1, 2]},
        "POINT(1 2)",
        None,
        GEOSGeometry("POINT EMPTY"),
        GEOSGeometry("SRID=4326;POINT(1 2 3)"),
        GEOSGeometry("SRID=4490;POINT(1 2)"),
        {"type": "Point", "coordinates": [1, 2], "crs": {"type": "name", "properties": {"name": "EPSG:4490"}}},
    ],
)
def test_what_is_no_geometry_of_the_map_is_refused(raw):
    said(raw)


def test_a_crs_that_says_what_holds_anyway_does_no_harm():
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"):
        raw = {"type": "Point", "coordinates": [1, 2], "crs": {"type": "name", "properties": {"name": name}}}
        assert parse(raw, allowed=ALL).coords == (1, 2)


def test_a_layer_takes_its_own_kinds_only_and_says_which():
    assert "Point" in said({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, allowed=["Point"])


def test_the_representative_point_lies_on_the_thing_even_in_a_horseshoe():
    horseshoe = GEOSGeometry("SRID=4326;POLYGON((0 0,10 0,10 10,9 10,9 1,1 1,1 10,0 10,0 0))")
    assert horseshoe.intersects(representative_point(horseshoe))
    assert representative_point(Point(3, 4, srid=4326)).coords == (3, 4)
