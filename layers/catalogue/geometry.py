"""Geometry as it comes: GeoJSON (RFC 7946) or GEOS, checked before it is kept. EPSG:4326, two-dimensional. No database."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Point
from django.utils.translation import gettext as _
from pyproj import Geod
from shapely import from_wkb as shapely_of
from shapely import get_coordinates, unary_union
from shapely.ops import nearest_points
from shapely.validation import explain_validity

from envmap.core.errors import FieldError

SRID = 4326
_WGS84 = Geod(ellps="WGS84")
TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_CRS = re.compile(r"(^|:)(EPSG:+4326|OGC:[\d.]*:?CRS84)$", re.IGNORECASE)


class BadGeometry(Exception):
    """A geometry that is not taken; the sentence says what and where."""


def parse(raw: object, *, allowed: list[str]) -> GEOSGeometry:
    """A checked geometry out of a GeoJSON object or a GEOS geometry; `allowed` are the layer's GeoJSON types.

    Raises BadGeometry: unknown or unwanted type, not two-dimensional, empty, outside the world, self-intersecting
    (with the place), a ring that is not closed.
    """
    document = (
        {"type": raw.geom_type, "coordinates": getattr(raw, "coords", None)} if isinstance(raw, GEOSGeometry) else raw
    )
    if isinstance(raw, GEOSGeometry):
        if raw.empty:
            raise BadGeometry(_("The geometry is empty."))
        if raw.srid not in (None, SRID):
            raise BadGeometry(_("The geometry is in EPSG:%s; give it in EPSG:4326 (WGS 84).") % raw.srid)
        if raw.hasz:
            raise BadGeometry(_("The geometry has heights; give longitude and latitude only."))
    if not isinstance(document, Mapping):
        raise BadGeometry(_('A geometry is a GeoJSON object {"type", "coordinates"}.'))
    kind = document.get("type")
    if kind not in TYPES:
        raise BadGeometry(_("The type must be one of %(types)s.") % {"types": ", ".join(allowed)})
    if kind not in allowed:
        raise BadGeometry(_("This layer takes %(types)s, not %(kind)s.") % {"types": ", ".join(allowed), "kind": kind})
    if (crs := document.get("crs")) is not None and not _is_wgs84(crs):
        raise BadGeometry(_("Coordinates must be in EPSG:4326 (WGS 84), longitude before latitude."))
    coordinates = document.get("coordinates")
    _check(coordinates, str(kind))
    # GDAL is never asked to read what came from outside: the WKT is written here from checked numbers.
    geometry = GEOSGeometry(f"SRID={SRID};{kind.upper()}{_wkt(coordinates, _DEPTH[kind])}")
    _check_crossings(geometry)
    return geometry


def _is_wgs84(crs: object) -> bool:
    try:
        return bool(_CRS.search(crs["properties"]["name"]))  # type: ignore[index]
    except (TypeError, KeyError):
        return False


def _positions(coordinates: object, depth: int) -> Iterator[Any]:
    if depth == 0:
        yield coordinates
        return
    if not isinstance(coordinates, list | tuple):
        raise BadGeometry(_("The coordinates are not nested as their type demands."))
    if not coordinates:
        raise BadGeometry(_("The geometry is empty."))
    for inner in coordinates:
        yield from _positions(inner, depth - 1)


def _check(coordinates: object, kind: str) -> None:
    for position in _positions(coordinates, _DEPTH[kind]):
        if not isinstance(position, list | tuple) or any(isinstance(inner, list | tuple) for inner in position):
            raise BadGeometry(_("The coordinates are not nested as their type demands."))
        if not position:
            raise BadGeometry(_("The geometry is empty."))
        if any(isinstance(n, bool) or not isinstance(n, int | float) for n in position):
            raise BadGeometry(
                _("A position is two numbers, longitude and latitude, not %s.") % json.dumps(position)[:80]
            )
        if len(position) != 2:
            raise BadGeometry(_("A position is longitude and latitude, two numbers; this one has %d.") % len(position))
        lon, lat = position
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise BadGeometry(
                _("%(lon)s, %(lat)s is outside the world: longitude is -180 to 180, latitude -90 to 90, in this order.")
                % {"lon": lon, "lat": lat}
            )
    lines = {"LineString": [coordinates], "MultiLineString": coordinates}.get(kind, [])
    for line in lines:  # type: ignore[attr-defined]
        if len({tuple(position) for position in line}) < 2:
            raise BadGeometry(_("A line needs at least two different positions."))
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])
    for ring in (ring for polygon in polygons for ring in polygon):  # type: ignore[attr-defined]
        if len(ring) < 4 or list(ring[0]) != list(ring[-1]):
            raise BadGeometry(_("A ring needs at least four positions, the last equal to the first."))


def _wkt(coordinates: Any, depth: int) -> str:
    if depth == 0:
        return f"({coordinates[0]!r} {coordinates[1]!r})"
    if depth == 1:
        return "(" + ", ".join(f"{x!r} {y!r}" for x, y in coordinates) + ")"
    return "(" + ", ".join(_wkt(inner, depth - 1) for inner in coordinates) + ")"


def _check_crossings(geometry: GEOSGeometry) -> None:
    """Refuses what is not valid by OGC Simple Features, and lines that cross themselves, with the place."""
    if not geometry.valid:
        why = explain_validity(shapely_of(bytes(geometry.wkb)))
        reason, _bracket, place = why.partition("[")
        lon, _space, lat = place.rstrip("]").partition(" ")
        if "intersection" in reason.lower() and lat:
            raise BadGeometry(
                _("The geometry intersects itself at %(lon)s, %(lat)s.") % {"lon": _short(lon), "lat": _short(lat)}
            )
        raise BadGeometry(_("The geometry is not valid: %s.") % why)
    if geometry.geom_type in ("LineString", "MultiLineString") and not geometry.simple:
        x, y = _crossing(geometry)
        raise BadGeometry(
            _("The geometry intersects itself at %(lon)s, %(lat)s.") % {"lon": _short(x), "lat": _short(y)}
        )


def _short(number: object) -> str:
    return f"{float(number):.7f}".rstrip("0").rstrip(".")  # type: ignore[arg-type]


def _crossing(geometry: GEOSGeometry) -> tuple[float, float]:
    """Where a line meets itself: a place where more than two ends of its noded pieces lie, else its first position."""
    line = shapely_of(bytes(geometry.wkb))
    pieces = unary_union(line)
    ends: Counter[tuple[float, float]] = Counter()
    for piece in getattr(pieces, "geoms", [pieces]):
        coordinates = get_coordinates(piece)
        for end in (coordinates[0], coordinates[-1]):
            ends[(float(end[0]), float(end[1]))] += 1
    place, most = ends.most_common(1)[0]
    if most > 2:
        return place
    first = get_coordinates(line)[0]
    return float(first[0]), float(first[1])


def representative_point(geometry: GEOSGeometry) -> Point:
    """A point on the geometry (never beside it) by which a feature is counted, found in a town and told of; EPSG:4326."""
    if isinstance(geometry, Point):
        return geometry
    point: Point = geometry.point_on_surface
    point.srid = SRID
    return point


def geometry_errors(raw: object, *, allowed: list[str]) -> tuple[GEOSGeometry | None, list[FieldError]]:
    """The checked geometry, or the sentence about the field `geometry`."""
    try:
        return parse(raw, allowed=allowed), []
    except BadGeometry as error:
        return None, [{"field": "geometry", "detail": str(error)}]


def point_of(document: Mapping[str, Any]) -> Point:
    """The point of a GeoJSON Point that has been checked before (EPSG:4326)."""
    longitude, latitude = document["coordinates"]
    return Point(longitude, latitude, srid=SRID)


def metres_from(geometry: GEOSGeometry, point: Point) -> float:
    """Metres from a point to the nearest part of a geometry (both EPSG:4326): 0 inside an area.

    The nearest part is looked for in degrees, which near a place is good to a few parts in a thousand at 25° north.
    """
    nearest, _there = nearest_points(shapely_of(bytes(geometry.wkb)), shapely_of(bytes(point.wkb)))
    return metres_between(Point(nearest.x, nearest.y, srid=SRID), point)


def metres_between(one: Point, other: Point) -> float:
    """The length of the geodesic between two points (EPSG:4326) on the ellipsoid of WGS 84, in metres."""
    _azimuth, _back, length = _WGS84.inv(one.x, one.y, other.x, other.y)
    return float(length)
