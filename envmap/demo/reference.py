"""Reference data out of fixtures/ into the database, through the rooms' actions; doing it again changes nothing.

What the bureau has edited since is not touched: layers, rules and departments that are there stay as they are, a
built-in layer only gains attributes that a newer fixture declares. Tables that are facts of others (areas, factors,
limits, categories, the calendar) follow their files.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, Point

from envmap.accounts import actions as accounts
from envmap.accounts.asker import SYSTEM
from envmap.accounts.models import Department
from envmap.core import area
from envmap.core.actor import acting
from layers.catalogue import actions as catalogue
from layers.catalogue.models import Layer
from layers.sensors import actions as sensors
from layers.sensors.models import AlarmRule, Limit
from tasks.issues import actions as issues
from tasks.orders import actions as orders
from tasks.orders.models import OfficeHours

from .drawn import drawn_areas

Row = dict[str, str]
BUREAU = "bureau"
GATHERED = {"land": "land", "sea": "sea", "coast": "coast"}
"""Files of an area whose features become one Area each, by the Area's kind."""


def fixtures() -> Path:
    """The folder of the fixtures."""
    return Path(settings.ROOT / "fixtures")


def rows(name: str) -> list[Row]:
    """The rows of a CSV file of the fixtures."""
    with (fixtures() / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(name: str) -> Any:
    """A JSON file of the fixtures."""
    return json.loads((fixtures() / name).read_text(encoding="utf-8"))


def load_all() -> dict[str, int]:
    """Everything, in the order of the rooms, whole or not at all; gives back how many of each the files hold."""
    with acting(SYSTEM.actor):
        here = area.current()
        return {
            "departments": load_departments(here),
            "areas": load_areas(here),
            "layers": load_layers(),
            "factors": load_factors(),
            "limits": load_limits(),
            "rules": load_rules(),
            "categories": load_categories(),
            "calendar": load_calendar(),
        }


def load_area(path: Path) -> area.AreaFiles:
    """Another district: its boundary and, where its file names them, towns, streams and waters, with their departments."""
    here = area.load(path)
    with acting(SYSTEM.actor):
        load_departments(here)
        load_areas(here)
    return here


def load_departments(here: area.AreaFiles) -> int:
    """The bureau, the sector departments, and one department for each town of the area."""
    file = read("departments.json")
    wanted = [
        {
            "code": d["code"],
            "names": {
                "zh-hans": d["name"].format(area=here.names["zh-hans"]),
                "en": d["name_en"].format(area_en=here.names["en"]),
            },
            "kind": d["kind"],
            "sector_hint": d["sector_hint"],
            "parent": d["parent"],
            "phone": d["phone"],
        }
        for d in file["departments"]
    ]
    for n, town in enumerate(here.read("towns")["features"], start=1):
        p = town["properties"]
        wanted.append(
            {
                "code": p["code"],
                "names": {"zh-hans": p["name"], "en": p["name_en"]},
                "kind": "town",
                "parent": file["town"]["parent"],
                "phone": file["town"]["phone"].format(n=n),
                "seat": _point(p["label"]) if "label" in p else None,
            }
        )
    make_departments(wanted)
    return len(wanted)


def _point(position: Sequence[float]) -> Point:
    longitude, latitude = position
    return Point(longitude, latitude, srid=4326)


def make_departments(wanted: Sequence[dict[str, Any]]) -> None:
    """Makes those whose code is not there yet; parents stand before their children."""
    there = set(Department.objects.values_list("code", flat=True))
    for department in wanted:
        if department["code"] not in there:
            accounts.make_department(by=SYSTEM, **department)


def load_areas(here: area.AreaFiles) -> int:
    """The district, its towns, streams and waters, as their files have them now."""
    return catalogue.load_areas(by=SYSTEM, areas=list(_areas(here)))


def _areas(here: area.AreaFiles) -> Iterator[catalogue.NewArea]:
    credit = here.read("boundary").get("attribution", "")
    for feature in here.read("boundary")["features"][:1]:
        yield catalogue.NewArea(
            code=here.code, names=here.names, kind="district", geometry=_geometry(feature), department=BUREAU,
            attribution=credit,
        )  # fmt: skip
    for feature in here.read("towns")["features"]:
        p = feature["properties"]
        yield catalogue.NewArea(
            code=p["code"], names={"zh-hans": p["name"], "en": p["name_en"]}, kind="town", geometry=_geometry(feature),
            department=p["code"], schematic=bool(p.get("schematic")), attribution=here.read("towns").get("attribution", ""),
            drawing={"label": p["label"]} if "label" in p else {},
        )  # fmt: skip
    for n, feature in enumerate(here.read("streams")["features"], start=1):
        p = feature["properties"]
        yield catalogue.NewArea(
            code=f"{here.code}-stream-{n}",
            names={"zh-hans": p["name"] or "无名小溪", "en": p["name_en"] or "Unnamed stream"},
            kind="stream", geometry=_geometry(feature), schematic=bool(p.get("schematic")),
            drawing={"main": bool(p.get("main"))},
        )  # fmt: skip
    for name, kind in GATHERED.items():
        collection = here.read(name)
        if collection["features"]:
            parts = GEOSGeometry(_geometry(collection["features"][0]).wkt, srid=4326)
            for feature in collection["features"][1:]:
                parts = parts.union(_geometry(feature))
            parts.srid = 4326
            yield catalogue.NewArea(
                code=f"{here.code}-{name}", names={"zh-hans": {"land": "陆地", "sea": "海域", "coast": "海岸线"}[name],
                "en": name.capitalize()}, kind=kind, geometry=parts, attribution=collection.get("attribution", ""),
            )  # fmt: skip
    yield from drawn_areas(here)


def _geometry(feature: dict[str, Any]) -> GEOSGeometry:
    geometry = GEOSGeometry(json.dumps(feature["geometry"]), srid=4326)
    geometry.srid = 4326
    return geometry


def load_layers() -> int:
    """The built-in layers; one that is there only gains attributes that its file declares beyond it."""
    files = sorted((read(f"layers/{p.name}") for p in (fixtures() / "layers").glob("*.json")), key=lambda f: f["order"])
    there = {layer.key: layer for layer in Layer.objects.all()}
    for file in files:
        layer = there.get(file["key"])
        if layer is None:
            catalogue.make_layer(
                by=SYSTEM, key=file["key"], names=file["names"], geometry=file["geometry"], schema=file["schema"],
                style=file["style"], public=file["public"], expected_factors=file["factors"],
                position=file["order"] * 10, builtin=True, descriptions=file["descriptions"],
                code_prefix=file["code"]["prefix"],
            )  # fmt: skip
            continue
        declared, wanted = layer.schema.get("properties", {}), file["schema"]["properties"]
        if layer.builtin and set(wanted) - set(declared):
            schema = {**layer.schema, "properties": {**wanted, **declared}}
            catalogue.update_layer(by=SYSTEM, key=layer.key, schema=schema)
    return len(files)


def load_factors() -> int:
    """Factors with their units."""
    wanted = rows("factors.csv")
    sensors.load_factors(by=SYSTEM, rows=wanted)
    return len(wanted)


def load_limits() -> int:
    """Limits, each with the dates of its standard's edition."""
    editions = {(r["standard"], r["version"]): r for r in rows("standards.csv")}
    wanted = []
    for path in sorted((fixtures() / "limits").glob("*.csv")):
        for row in rows(f"limits/{path.name}"):
            edition = editions[row["standard"], row["version"]]
            wanted.append({**row, "valid_from": edition["valid_from"], "valid_to": edition["valid_to"]})
    sensors.load_limits(by=SYSTEM, rows=wanted)
    return len(wanted)


def load_rules() -> int:
    """The default rules; one that came before stays as it is, even when it was deleted."""
    wanted = read("rules.json")["rules"]
    there = set(AlarmRule.objects.exclude(builtin=None).values_list("builtin", flat=True))
    for rule in wanted:
        if rule["key"] not in there:
            sensors.make_rule(
                by=SYSTEM, name=rule["name"], scope={"layer": rule["layer"]}, factor=rule["factor"], kind=rule["kind"],
                condition=rule["condition"], severity=rule["severity"], enabled=rule["enabled"],
                auto_issue=rule["auto_issue"], is_warning=rule["warning"], limit=_limit(rule["limit"]), builtin=rule["key"],
            )  # fmt: skip
    return len(wanted)


def _limit(wanted: dict[str, str] | None) -> Limit | None:
    """The limit that a rule names; LookupError where the files disagree."""
    if wanted is None:
        return None
    found = Limit.objects.filter(
        standard=wanted["standard"], version=wanted["version"], factor_code=wanted["factor"],
        limit_class=wanted["class"], period=wanted["period"],
    ).first()  # fmt: skip
    if found is None:
        raise LookupError(f"rules.json names a limit that no file of fixtures/limits holds: {wanted}.")
    return found


def load_categories() -> int:
    """Categories in two levels, and which alarm opens which."""
    wanted = rows("categories.csv")
    issues.load_categories(by=SYSTEM, rows=wanted)
    issues.load_alarm_categories(by=SYSTEM, rows=[row for row in rows("alarm_categories.csv") if row["side"]])
    return len(wanted)


def load_calendar() -> int:
    """Holidays, make-up days and office hours; office hours that are there stay."""
    wanted = rows("calendar.csv")
    orders.load_calendar(by=SYSTEM, days=wanted)
    if not OfficeHours.objects.exists():
        orders.load_office_hours(by=SYSTEM, spans=read("office_hours.json")["hours"])
    return len(wanted)
