"""The demo's features, stations and parties as plain data, out of the sheet and the demo's units. Pure and seeded."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .attributes import Filler, Units
from .names import LANDMARKS, Namer, code_of
from .placing import Place, place
from .sheet import Sheet

SEED = 20261124
SITE_KINDS = (
    (["housing"] * 8)
    + (["municipal"] * 4)
    + ["rail", "rail", "port", "demolition", "demolition", "yard", "land", "land"]
)


@dataclass(slots=True)
class Logger:
    """A station: MN of 24 hex digits, system type of HJ 212-2017 table 5 (39 construction dust, 32 discharge to surface water), what it measures."""

    mn: str
    name: str
    st: str
    password: str
    factors: tuple[str, ...]
    interval: int = 60


@dataclass(slots=True)
class Thing:
    """One feature to be made: as `catalogue.actions.make_feature` takes it, with its station."""

    layer: str
    code: str
    name: str
    kind: str
    geometry: dict[str, object]
    department: str
    attributes: dict[str, Any]
    parties: list[tuple[str, str]]
    place: Place
    loggers: list[Logger] = field(default_factory=list)


class Roster:
    """The demo's units by what they do: code and Chinese name."""

    def __init__(self, units: Sequence[Mapping[str, Any]]) -> None:
        self.names = {u["code"]: u["name"] for u in units}
        self._by: dict[tuple[str, str], list[str]] = {}
        for unit in units:
            self._by.setdefault((unit["kind"], unit["sector_hint"]), []).append(unit["code"])

    def of(self, kind: str, hint: str = "") -> list[str]:
        """Codes of the units of a kind and hint; empty when the demo has none."""
        return self._by.get((kind, hint), [])


SECTOR_OF_OUTFALL = {"YH": "municipal", "SH": "municipal", "NY": "fisheries", "GK": "transport"}


class Maker:
    """Turns places into things, with names, codes, attributes, parties and stations."""

    def __init__(self, sheet: Sheet, roster: Roster, declared: Mapping[str, int], today: date, seed: int) -> None:
        self.sheet, self.roster, self.declared = sheet, roster, declared
        self.rng = random.Random(seed)
        self.namer, self.filler = Namer(self.rng), Filler(self.rng, today)
        self.running: dict[str, int] = {}

    def thing(self, spot: Place) -> Thing:
        """The feature of a place."""
        self.running[spot.layer] = self.running.get(spot.layer, 0) + 1
        code = code_of(spot, self.sheet, self.running[spot.layer])
        make = {
            "outfalls": self._outfall, "sewage-stations": self._sewage, "marine-debris": self._debris,
            "dust-sites": self._site, "epidemic-control": self._epidemic,
        }[spot.layer]  # fmt: skip
        thing = make(spot, code)
        thing.attributes = self.filler.thin(thing.attributes, self.declared[spot.layer])
        return thing

    def _new(
        self, spot: Place, code: str, name: str, values: dict[str, Any], department: str, parties: list[tuple[str, str]]
    ) -> Thing:
        geometry = spot.geojson(self.sheet)
        return Thing(spot.layer, code, name, spot.kind, geometry, department, values, parties, spot)

    def _logger(self, thing: Thing, tail: str, st: str, factors: tuple[str, ...], interval: int = 60) -> None:
        digest = hashlib.sha256(f"{thing.layer} {thing.code} {tail}".encode()).hexdigest().upper()
        mn = (self.sheet.code + digest)[:24]
        thing.loggers.append(Logger(mn, f"{thing.name}{tail}", st, digest[-6:].lower(), factors, interval))

    def _outfall(self, spot: Place, code: str) -> Thing:
        landmark = self.rng.choice(LANDMARKS[spot.kind])
        parties: list[tuple[str, str]] = [(SECTOR_OF_OUTFALL.get(spot.kind, "water"), "sector")]
        owner = f"{spot.town.name}办事处"
        firms = [c for c in self.roster.of("enterprise") if (c == "harbour-co") == (spot.kind == "GK")]
        if spot.kind in ("GY", "GK") and firms:
            firm = self.rng.choice(firms)
            parties.append((firm, "owner"))
            owner = self.roster.names[firm]
        values = self.filler.outfall(spot, code, landmark, Units(owner=owner))
        thing = self._new(spot, code, self.namer.outfall(spot, landmark), values, spot.town.code, parties)
        if spot.kind == "GY" and self.rng.random() < 0.5:
            values["online"], values["monitoring"] = True, "online"
            self._logger(thing, "在线监测", "32", ("w00000", "w01001", "w01018", "w21003"), 300)
        return thing

    def _sewage(self, spot: Place, code: str) -> Thing:
        operator = self.rng.choice(self.roster.of("operator", "sewage"))
        values = self.filler.sewage(spot, Units(operator=self.roster.names[operator]))
        parties = [(operator, "operator"), ("municipal", "sector")]
        thing = self._new(spot, code, self.namer.sewage(spot), values, spot.town.code, parties)
        if spot.kind == "lift":
            self._logger(thing, "液位", "32", ("w00000", "wz0051"), 60)
        elif spot.kind == "town_plant" or self.rng.random() < 0.3:
            self._logger(thing, "出水", "32", ("w00000", "w01001", "w01018", "w21003", "w21011"), 300)
        return thing

    def _debris(self, spot: Place, code: str) -> Thing:
        crew = self.roster.of("operator", "sea-sanitation")[0]
        values = self.filler.debris(spot, Units(operator=self.roster.names[crew]))
        return self._new(spot, code, self.namer.debris(spot), values, spot.town.code, [(crew, "operator")])

    def _site(self, spot: Place, code: str) -> Thing:
        spot.kind = self.rng.choice(SITE_KINDS)
        contractor = self.rng.choice(self.roster.of("contractor"))
        values = self.filler.site(spot, spot.kind, Units(contractor=self.roster.names[contractor]))
        sector = {"municipal": "municipal", "transport": "transport"}.get(values["authority"], "housing")
        parties = [(contractor, "contractor"), (sector, "sector")]
        thing = self._new(spot, code, self.namer.site(spot, spot.kind), values, spot.town.code, parties)
        self._logger(thing, "扬尘监测", "39", ("a34001", "a34002", "a34004", "LA", "a01007", "a01008"))
        return thing

    def _epidemic(self, spot: Place, code: str) -> Thing:
        hospitals, firm = self.roster.of("operator", "hospital"), self.roster.of("operator", "treatment-firm")[0]
        operator = firm if spot.kind == "waste" else hospitals[0 if spot.kind == "hospital" else -1]
        units = Units(operator=self.roster.names[operator], treatment=self.roster.names[firm])
        values = self.filler.epidemic(spot, units)
        parties = sorted({(operator, "operator"), (firm, "operator"), ("health", "sector")})
        thing = self._new(spot, code, self.namer.epidemic(spot), values, "health", parties)
        if spot.kind in ("hospital", "clinic"):
            self._logger(thing, "余氯", "32", ("wz0001", "w01001", "w00000"))
        return thing


def things_of(
    sheet: Sheet, units: Sequence[Mapping[str, Any]], declared: Mapping[str, int], today: date, seed: int = SEED
) -> list[Thing]:
    """All features of the demo. `declared` is the number of attributes of each layer's schema."""
    maker = Maker(sheet, Roster(units), declared, today, seed)
    return [maker.thing(spot) for spot in place(sheet, seed)]
