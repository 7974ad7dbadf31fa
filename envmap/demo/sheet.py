"""The sheet that the demo is drawn on: an area's geometry, read from its files, in a local plane of metres. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely.affinity import affine_transform
from shapely.geometry import LineString, MultiLineString, Point, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, unary_union

METRES_PER_DEGREE = 110_800.0
"""Of latitude, near 25° N. The plane is only as good as a demo needs: under 0.2 % over a district."""


NEEDED = ("district", "land", "sea", "coast", "towns", "villages", "streams", "sea_areas")
"""Files of an area without which nothing can be placed."""


class SheetIncomplete(ValueError):
    """The area's file names too little to place a demo; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Town:
    """A town or street: statistics-bureau code, name, working area and the spot of its label, in the plane."""

    code: str
    name: str
    area: BaseGeometry
    centre: Point


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community with a schematic seat; `short` is its name without 社区 or 村."""

    code: str
    name: str
    short: str
    town: str
    seat: Point


@dataclass(frozen=True, slots=True)
class Water:
    """A stream (a line) or a named part of the sea (a spot)."""

    name: str
    shape: BaseGeometry


class Sheet:
    """One area. Geometry attributes are in metres (x east, y north); `lonlat` leads back to EPSG:4326."""

    def __init__(self, meta: dict[str, Any], layers: dict[str, list[dict[str, Any]]]) -> None:
        self.code: str = meta["code"]
        self.name: str = meta["name"]
        self.name_en: str = meta["name_en"]
        west, south, _east, north = meta["box"]
        self._squeeze = math.cos(math.radians((south + north) / 2)) * METRES_PER_DEGREE
        self._origin = (west, south)

        def shapes(layer: str) -> list[BaseGeometry]:
            return [self._plane(shape(f["geometry"])) for f in layers[layer]]

        self.district = unary_union(shapes("district"))
        self.land = unary_union(shapes("land"))
        self.sea = unary_union(shapes("sea"))
        self.coast = unary_union(shapes("coast"))
        self.towns = [
            Town(p["code"], p["name"], g, self.plane(*p["label"]))
            for p, g in zip((f["properties"] for f in layers["towns"]), shapes("towns"), strict=True)
        ]
        self.villages = [
            Village(p["code"], p["name"], p["short"], p["town"], Point(g.centroid))
            for p, g in zip((f["properties"] for f in layers["villages"]), shapes("villages"), strict=True)
        ]
        self.streams = [
            Water(p["name"] or "无名小溪", g)
            for p, g in zip((f["properties"] for f in layers["streams"]), shapes("streams"), strict=True)
        ]
        self.waters = [
            Water(p["name"], g)
            for p, g in zip((f["properties"] for f in layers["sea_areas"]), shapes("sea_areas"), strict=True)
            if p["kind"] == "sea"
        ]
        self.shore = self._own_shore()
        self._by_town: dict[str, list[Village]] = {}
        for village in self.villages:
            self._by_town.setdefault(village.town, []).append(village)

    @classmethod
    def read(cls, area_file: Path) -> Sheet:
        """The sheet of an `area.json`, which names its other files; SheetIncomplete where it lacks one, OSError."""
        meta = json.loads(area_file.read_text(encoding="utf-8"))
        missing = [name for name in NEEDED if name not in meta.get("files", {})]
        if missing:
            raise SheetIncomplete(
                f"{area_file.name} names no {', '.join(missing)}, so no demo can be placed there; set ENVMAP_DEMO=0."
            )
        layers = {
            name: json.loads((area_file.parent / file).read_text(encoding="utf-8"))["features"]
            for name, file in meta["files"].items()
        }
        return cls(meta, layers)

    def _plane(self, geometry: BaseGeometry) -> BaseGeometry:
        west, south = self._origin
        k, m = self._squeeze, METRES_PER_DEGREE
        return affine_transform(geometry, [k, 0, 0, m, -west * k, -south * m])

    def lonlat(self, x: float, y: float) -> tuple[float, float]:
        """Longitude and latitude, EPSG:4326, rounded to six decimals (a decimetre)."""
        west, south = self._origin
        return round(west + x / self._squeeze, 6), round(south + y / METRES_PER_DEGREE, 6)

    def plane(self, lon: float, lat: float) -> Point:
        """The point of the plane at a longitude and latitude."""
        west, south = self._origin
        return Point((lon - west) * self._squeeze, (lat - south) * METRES_PER_DEGREE)

    def _own_shore(self) -> list[LineString]:
        """The coast that the district's land touches, longest parts first."""
        near = self.coast.intersection(self.district.buffer(25))
        merged = linemerge(near) if isinstance(near, MultiLineString) else near
        parts = [line for line in getattr(merged, "geoms", [merged]) if line.length > 200]
        return sorted(parts, key=lambda line: -line.length)

    def town_of(self, point: Point) -> Town:
        """The town that a point lies in, at sea the nearest one."""
        return min(self.towns, key=lambda t: t.area.distance(point))

    def village_of(self, point: Point, town: Town) -> Village:
        """The village of the town whose seat is nearest."""
        return min(self._by_town[town.code], key=lambda v: v.seat.distance(point))

    def sea_of(self, point: Point) -> str:
        """The name of the nearest named part of the sea."""
        return min(self.waters, key=lambda w: w.shape.distance(point)).name

    def stream_of(self, point: Point) -> Water:
        """The nearest stream."""
        return min(self.streams, key=lambda w: w.shape.distance(point))
