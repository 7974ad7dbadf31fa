"""Where things of the five layers can be: outfalls on banks and shores, debris at sea, the rest on land.

Pure and seeded: the same sheet and seed give the same places on every machine. Knows no district; all geometry comes
from the sheet. Distances are metres of the sheet's plane.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from shapely import prepare
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from .sheet import Sheet, Town, Village

OUTFALL_SHARES = {"YH": 568, "GQ": 298, "GY": 202, "NY": 188, "GK": 105, "SH": 84, "QT": 3}
"""How outfalls of the East China Sea register are shared by type (code letters of HJ 1235), sum 1,448."""

COUNTS = {"outfalls": 200, "sewage-stations": 90, "marine-debris": 58, "dust-sites": 73, "epidemic-control": 22}
SEWAGE_KINDS = {"plant": 46, "lift": 22, "package": 20, "town_plant": 2}
DEBRIS_KINDS = {"segment": 26, "floating": 14, "shore": 14, "boom": 4}
EPIDEMIC_KINDS = {"hospital": 3, "clinic": 9, "isolation": 4, "waste": 6}


@dataclass(slots=True)
class Place:
    """One thing to be: its layer, kind, spot (plane metres) and what lies around it."""

    layer: str
    kind: str
    spot: Point
    town: Town
    village: Village
    line: LineString | None = None  # shore segments
    at_sea: bool = False
    water: str = ""
    serial: int = 0
    notes: dict[str, float] = field(default_factory=dict)

    def geojson(self, sheet: Sheet) -> dict[str, object]:
        """The geometry as GeoJSON, EPSG:4326."""
        if self.line is not None:
            return {"type": "LineString", "coordinates": [list(sheet.lonlat(x, y)) for x, y in self.line.coords]}
        return {"type": "Point", "coordinates": list(sheet.lonlat(self.spot.x, self.spot.y))}


def shared_out(total: int, shares: dict[str, int]) -> dict[str, int]:
    """`total` things divided after `shares` by largest remainders; the parts sum to `total`."""
    whole = sum(shares.values())
    exact = {key: total * share / whole for key, share in shares.items()}
    parts = {key: math.floor(value) for key, value in exact.items()}
    for key in sorted(exact, key=lambda k: parts[k] - exact[k])[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


class Placer:
    """Places things one after another, none nearer to its like than `apart`."""

    def __init__(self, sheet: Sheet, seed: int) -> None:
        self.sheet = sheet
        self.rng = random.Random(seed)
        self.inland = sheet.district.buffer(-60)
        self.district = sheet.district
        self.open_sea = sheet.sea
        for geometry in (self.inland, self.district, self.open_sea):
            prepare(geometry)

    # -- helpers ------------------------------------------------------------------------------------------------
    def _apart(self, spot: Point, others: list[Place], apart: float) -> bool:
        return all(spot.distance(other.spot) >= apart for other in others)

    def _place(self, layer: str, kind: str, spot: Point, **more: object) -> Place:
        town = self.sheet.town_of(spot)
        return Place(layer, kind, spot, town, self.sheet.village_of(spot, town), **more)  # type: ignore[arg-type]

    def _until(self, find: Callable[[], Point | None], others: list[Place], apart: float) -> Point:
        """The first spot found that keeps its distance; the distance shrinks where there is no room left."""
        while True:
            for _ in range(60):
                spot = find()
                if spot is not None and self._apart(spot, others, apart):
                    return spot
            apart *= 0.6

    def _around(self, centre: Point, spread: float, inside: BaseGeometry) -> Point | None:
        spot = Point(centre.x + self.rng.gauss(0, spread), centre.y + self.rng.gauss(0, spread))
        return spot if inside.contains(spot) else None

    def _along(self, lines: list[LineString]) -> tuple[LineString, float]:
        """A line (longer ones more often) and a distance along it."""
        line = self.rng.choices(lines, weights=[part.length for part in lines])[0]
        return line, self.rng.uniform(0, line.length)

    def _beside(self, line: LineString, along: float, low: float, high: float, inside: BaseGeometry) -> Point | None:
        """A spot `low` to `high` metres beside a line, on the side that lies inside."""
        a, b = line.interpolate(max(along - 5, 0)), line.interpolate(min(along + 5, line.length))
        length = math.hypot(b.x - a.x, b.y - a.y) or 1.0
        nx, ny = -(b.y - a.y) / length, (b.x - a.x) / length
        foot, off = line.interpolate(along), self.rng.uniform(low, high)
        for side in self.rng.sample((1, -1), 2):
            spot = Point(foot.x + nx * off * side, foot.y + ny * off * side)
            if inside.contains(spot):
                return spot
        return None

    # -- layers -------------------------------------------------------------------------------------------------
    def outfalls(self, total: int) -> list[Place]:
        """Mouths on stream banks and on the shore, shared by type as the register is; ports only on the shore."""
        shore = self.sheet.shore
        streams = [w.shape for w in self.sheet.streams if isinstance(w.shape, LineString)]
        placed: list[Place] = []
        for kind, count in shared_out(total, OUTFALL_SHARES).items():
            by_sea = {"GK": 1.0, "YH": 0.5, "GY": 0.4, "SH": 0.4, "GQ": 0.3, "NY": 0.2}.get(kind, 0.5)
            for _ in range(count):
                sea = self.rng.random() < by_sea

                def find(sea: bool = sea) -> Point | None:
                    line, along = self._along(shore if sea else streams)
                    return self._beside(line, along, 3, 28, self.district)

                spot = self._until(find, placed, 150)
                water = self.sheet.sea_of(spot) if sea else self.sheet.stream_of(spot).name
                placed.append(self._place("outfalls", kind, spot, at_sea=sea, water=water))
        return placed

    def sewage_stations(self) -> list[Place]:
        """Village plants and package plants by their villages, lift stations between towns and streams."""
        placed: list[Place] = []
        villages = self.rng.sample(self.sheet.villages, len(self.sheet.villages))
        turn = 0
        for kind, count in SEWAGE_KINDS.items():
            for _ in range(count):
                village = villages[turn % len(villages)]
                turn += 1
                spread = 160 if kind in ("plant", "package") else 420

                def find(village: Village = village, spread: float = spread) -> Point | None:
                    return self._around(village.seat, spread, self.inland)

                spot = self._until(find, placed, 200)
                water = self.sheet.stream_of(spot)
                near_sea = self.sheet.coast.distance(spot) < water.shape.distance(spot)
                name = self.sheet.sea_of(spot) if near_sea else water.name
                placed.append(self._place("sewage-stations", kind, spot, water=name))
        return placed

    def marine_debris(self) -> list[Place]:
        """Shore segments along the coast, patches afloat up to 250 m off it, litter on the shore, booms at river mouths."""
        placed: list[Place] = []
        mouths = [Point(w.shape.coords[-1]) for w in self.sheet.streams if self.sheet.coast.distance(w.shape) < 5]
        for kind, count in DEBRIS_KINDS.items():
            for n in range(count):
                if kind == "segment":
                    placed.append(self._segment(placed))
                    continue

                def find(kind: str = kind, n: int = n) -> Point | None:
                    if kind == "boom" and mouths:
                        mouth = mouths[n % len(mouths)]
                        return Point(mouth.x + self.rng.uniform(-15, 15), mouth.y + self.rng.uniform(-15, 15))
                    line, along = self._along(self.sheet.shore)
                    if kind == "shore":
                        return self._beside(line, along, 2, 25, self.district)
                    return self._beside(line, along, 40, 240, self.open_sea)

                spot = self._until(find, [p for p in placed if p.line is None], 220)
                if self.sheet.coast.distance(spot) > 290:  # another shore may be nearer, never farther
                    continue
                water = self.sheet.sea_of(spot)
                placed.append(self._place("marine-debris", kind, spot, at_sea=kind == "floating", water=water))
        return placed

    def _segment(self, placed: list[Place]) -> Place:
        """A stretch of shore, 400 to 1,400 m long, that no other segment touches."""
        taken = [p.line for p in placed if p.line is not None]
        for _ in range(400):
            line, along = self._along(self.sheet.shore)
            length = self.rng.uniform(400, 1400)
            stretch = substring(line, along, min(along + length, line.length)).simplify(3)
            if stretch.length > 250 and all(stretch.distance(other) > 30 for other in taken):
                break
        spot = stretch.interpolate(0.5, normalized=True)
        return self._place("marine-debris", "segment", spot, line=stretch, water=self.sheet.sea_of(spot))

    def dust_sites(self, total: int) -> list[Place]:
        """Building sites around the centres of the towns, denser where a town is small and built up."""
        placed: list[Place] = []
        weights = [1 / math.sqrt(t.area.area) for t in self.sheet.towns]
        for _ in range(total):
            town = self.rng.choices(self.sheet.towns, weights=weights)[0]

            def find(town: Town = town) -> Point | None:
                return self._around(town.centre, 1500, self.inland)

            placed.append(self._place("dust-sites", "", self._until(find, placed, 320)))
        return placed

    def epidemic_control(self) -> list[Place]:
        """Hospitals, clinics, isolation and collection points, one town after another."""
        placed: list[Place] = []
        towns = self.rng.sample(self.sheet.towns, len(self.sheet.towns))
        for kind, count in EPIDEMIC_KINDS.items():
            for _ in range(count):
                town = towns[len(placed) % len(towns)]

                def find(town: Town = town) -> Point | None:
                    return self._around(town.centre, 700, self.inland)

                placed.append(self._place("epidemic-control", kind, self._until(find, placed, 260)))
        return placed


def place(sheet: Sheet, seed: int = 20261124) -> list[Place]:
    """Everything of the demo, layer by layer, with serials counted within layer and town."""
    placer = Placer(sheet, seed)
    places = [
        *placer.outfalls(COUNTS["outfalls"]),
        *placer.sewage_stations(),
        *placer.marine_debris(),
        *placer.dust_sites(COUNTS["dust-sites"]),
        *placer.epidemic_control(),
    ]
    counted: dict[tuple[str, str], int] = {}
    for thing in places:
        key = (thing.layer, thing.town.code)
        counted[key] = counted.get(key, 0) + 1
        thing.serial = counted[key]
    return places
