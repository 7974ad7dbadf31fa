"""What an area's files hold for the eye alone: flats, waterlines, the inland boundary, names of waters and villages."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

from envmap.core.area import AreaFiles
from layers.catalogue.actions import NewArea


def drawn_areas(here: AreaFiles) -> Iterator[NewArea]:
    """Areas that only the basemap shows; `drawing` tells it how (layers.catalogue.models.Area)."""
    for n, feature in enumerate(here.read("flats")["features"], start=1):
        yield _area(here, "flats", feature, f"{here.code}-flat-{n}", "flat", {"zh-hans": "滩涂", "en": "Tidal flat"})
    for n, feature in enumerate(here.read("waterlines")["features"], start=1):
        metres = feature["properties"]["metres"]
        names = {"zh-hans": f"离岸 {metres} 米", "en": f"{metres} m off shore"}
        yield _area(here, "waterlines", feature, f"{here.code}-waterline-{n}", "waterline", names, {"metres": metres})
    for n, feature in enumerate(here.read("inland_boundary")["features"], start=1):
        names = {"zh-hans": "区界", "en": "District boundary"}
        yield _area(here, "inland_boundary", feature, f"{here.code}-boundary-{n}", "boundary", names)
    for n, feature in enumerate(here.read("sea_areas")["features"], start=1):
        p = feature["properties"]
        names = {"zh-hans": p["name"], "en": p["name_en"]}
        # A neighbouring district has its name among the waters' file; it is land, and written so.
        hints = {"upright": bool(p.get("upright")), "beyond": p.get("kind") != "sea"}
        yield _area(here, "sea_areas", feature, f"{here.code}-waters-{n}", "waters", names, hints)
    for feature in here.read("villages")["features"]:
        p = feature["properties"]
        yield _area(here, "villages", feature, p["code"], "village", {"zh-hans": p.get("short") or p["name"]})


def _area(
    here: AreaFiles, file: str, feature: dict[str, Any], code: str, kind: str, names: dict[str, str],
    drawing: dict[str, Any] | None = None,
) -> NewArea:  # fmt: skip
    geometry = GEOSGeometry(json.dumps(feature["geometry"]), srid=4326)
    schematic = bool(feature["properties"].get("schematic")) or file in {"flats", "villages", "sea_areas"}
    return NewArea(
        code=code, names=names, kind=kind, geometry=geometry, schematic=schematic,
        attribution=here.read(file).get("attribution", ""), drawing=drawing or {},
    )  # fmt: skip
