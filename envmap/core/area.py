"""The area that this instance is for: `ENVMAP_AREA`, or the only one under fixtures/areas. No code knows which it is.

An area is an `area.json` that names its GeoJSON files (boundary, land, sea, coast, towns, streams …, all EPSG:4326), or a
single GeoJSON boundary of a district for which no more is known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class AreaFiles:
    """What is known of the area. `box` is west, south, east, north; `files` leads from a name to a GeoJSON file."""

    path: Path
    code: str
    names: dict[str, str]
    box: tuple[float, float, float, float]
    centre: tuple[float, float]
    zoom: int
    files: dict[str, Path]
    attribution: dict[str, str]

    def read(self, name: str) -> dict[str, Any]:
        """The FeatureCollection of a file; an empty one where the area has none of that name."""
        path = self.files.get(name)
        if path is None:
            return {"type": "FeatureCollection", "features": []}
        collection: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return collection


def area_path() -> Path:
    """The file that `ENVMAP_AREA` names, relative to the root, else the only area.json of the fixtures.

    Raises ImproperlyConfigured with a sentence where there is no such file, or several and none is named.
    """
    if settings.AREA:
        path = Path(settings.ROOT / settings.AREA)
        if not path.is_file():
            raise ImproperlyConfigured(f"ENVMAP_AREA is {settings.AREA!r}; there is no such file.")
        return path
    found = sorted(Path(settings.ROOT / "fixtures" / "areas").glob("*/area.json"))
    if len(found) != 1:
        raise ImproperlyConfigured(
            f"fixtures/areas holds {len(found)} areas; name one with ENVMAP_AREA=fixtures/areas/<code>/area.json."
        )
    return found[0]


def current() -> AreaFiles:
    """The area of this instance; read once a process and file."""
    return load(area_path())


@lru_cache(maxsize=4)
def load(path: Path) -> AreaFiles:
    """An area.json, or a GeoJSON boundary; ImproperlyConfigured says what a file lacks."""
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as wrong:
        raise ImproperlyConfigured(f"{path.name} is not JSON: {wrong}.") from wrong
    if meta.get("type") in ("FeatureCollection", "Feature"):
        meta = _out_of_boundary(meta, path)
    missing = [key for key in ("code", "name", "box", "files") if key not in meta]
    if missing:
        raise ImproperlyConfigured(f"{path.name} lacks {', '.join(missing)}; docs/operations.md shows an area file.")
    west, south, east, north = meta["box"]
    return AreaFiles(
        path=path,
        code=meta["code"],
        names={"zh-hans": meta["name"], "en": meta.get("name_en") or meta["name"]},
        box=(west, south, east, north),
        centre=tuple(meta.get("centre") or ((west + east) / 2, (south + north) / 2)),
        zoom=meta.get("zoom", 12),
        files={name: path.parent / file for name, file in meta["files"].items()},
        attribution={
            "zh-hans": meta.get("attribution", ""),
            "en": meta.get("attribution_en") or meta.get("attribution", ""),
        },
    )


def _out_of_boundary(geojson: dict[str, Any], path: Path) -> dict[str, Any]:
    """What a lone boundary tells: its properties `code`, `name`, `name_en` and the box around it."""
    features = geojson.get("features", [geojson])
    properties = (features[0].get("properties") or {}) if features else {}
    spots = [spot for feature in features for spot in _positions(feature["geometry"]["coordinates"])]
    if not spots:
        raise ImproperlyConfigured(f"{path.name} holds no geometry; a polygon of the district is expected.")
    lons, lats = [spot[0] for spot in spots], [spot[1] for spot in spots]
    if not (min(lons) >= -180 and max(lons) <= 180 and min(lats) >= -90 and max(lats) <= 90):
        raise ImproperlyConfigured(f"{path.name} is not in degrees; an area's boundary is expected in EPSG:4326.")
    margin = 0.01  # about a kilometre, so that the shore's waters belong to the view
    return {
        "code": str(properties.get("code") or path.stem),
        "name": properties.get("name") or path.stem,
        "name_en": properties.get("name_en"),
        "box": [min(lons) - margin, min(lats) - margin, max(lons) + margin, max(lats) + margin],
        "files": {"boundary": path.name},
    }


def _positions(node: Any) -> list[list[float]]:
    """All positions of nested GeoJSON coordinates."""
    if node and isinstance(node[0], int | float):
        return [node]
    return [position for part in node for position in _positions(part)]
