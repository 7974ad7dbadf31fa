"""Plausible attribute values for the demo's features, by layer; ranges after the standards that the schemas cite. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .names import person, phone
from .placing import Place

Values = dict[str, Any]
LEAST_FILLED = 0.75
"""Share of a schema's attributes that a demo feature keeps at least; what is missing beyond is shown as missing."""


@dataclass(frozen=True, slots=True)
class Units:
    """Names of the units that answer for a thing, as its attributes print them."""

    owner: str = ""
    operator: str = ""
    contractor: str = ""
    treatment: str = ""


class Filler:
    """Fills attributes for one thing after another from one seeded source."""

    def __init__(self, rng: random.Random, today: date) -> None:
        self.rng, self.today = rng, today

    def _day(self, least: int, most: int) -> str:
        """An ISO date that many days ago."""
        return (self.today - timedelta(days=self.rng.randint(least, most))).isoformat()

    def _some(self, options: list[str], weights: list[int] | None = None) -> str:
        return self.rng.choices(options, weights)[0]

    def _credit(self) -> str:
        """Eighteen characters that no register holds: real ones never begin with ZZ."""
        return "ZZ" + "".join(self.rng.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=16))

    def _yes(self, share: float) -> bool:
        return self.rng.random() < share

    def _many(self, options: list[str], least: int) -> list[str]:
        return self.rng.sample(options, self.rng.randint(least, len(options)))

    def thin(self, values: Values, declared: int) -> Values:
        """Leaves a few attributes out, never below the least share of the schema's `declared` ones."""
        kept = {key: value for key, value in values.items() if value not in (None, "")}
        spare = len(kept) - int(declared * LEAST_FILLED + 1)
        for key in self.rng.sample(sorted(kept), max(0, min(spare, self.rng.randint(0, 4)))):
            if key not in ("kind", "type", "contractor", "stage"):
                del kept[key]
        return kept

    def outfall(self, place: Place, code: str, landmark: str, units: Units) -> Values:
        """One outfall, one file (一口一档)."""
        kind = place.kind
        type1, type2 = {
            "YH": ("other", "urban_storm"), "GQ": ("other", "other"), "GY": ("industrial", "enterprise"),
            "NY": ("other", self._some(["small_aquaculture", "small_livestock", "rural_plant", "rural_scattered"])),
            "GK": ("other", "port"), "SH": ("other", "urban_scattered"), "QT": ("other", "other"),
        }[kind]  # fmt: skip
        stage = self._some(["survey", "monitor", "trace", "treat", "manage"], [5, 10, 20, 25, 40])
        later = ["trace", "treat", "manage"]
        done = stage == "manage"
        dry = self._yes({"YH": 0.15, "GQ": 0.5, "SH": 0.8, "GY": 0.7}.get(kind, 0.3))
        form = self._some(["pipe", "culvert", "ditch", "gate"], [5, 3, 6, 1] if kind == "GQ" else [8, 4, 1, 1])
        return {
            "code_national": code, "code_local": f"{place.town.code}-PK-{place.serial:03d}",
            "type": kind, "type1": type1, "type2": type2, "type3": "factory" if kind == "GY" else None,
            "into": "sea" if place.at_sea else "river", "village": place.village.name, "landmark": landmark,
            "receiving_water": place.water,
            "function_zone": f"{place.water}{'海洋环境功能区' if place.at_sea else '景观农业用水区'}",
            "quality_target": self._some(["S2", "S3"]) if place.at_sea else self._some(["III", "IV", "V"], [2, 5, 3]),
            "nearest_section": f"{place.water}{'湾内站位' if place.at_sea else '入海口断面'}",
            "river_chief": person(self.rng), "key_water": self._yes(0.3),
            "owner": units.owner, "owner_credit_code": self._credit() if kind in ("GY", "GK") else None,
            "owner_phone": phone(self.rng), "approval_authority": "区生态环境局",
            "approval_number": f"排口备〔{self.rng.randint(2015, 2025)}〕{self.rng.randint(1, 400)} 号",
            "approval_date": self._day(300, 3600), "built_year": self.rng.randint(1996, 2024),
            "form": form, "size": round(self.rng.choice([0.3, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0]), 1),
            "material": {"pipe": self._some(["concrete", "pvc", "steel"]), "culvert": "concrete"}.get(form, "masonry"),
            "submerged": self._yes(0.25),
            "design_discharge": float(self.rng.randrange(2_000, 400_000, 500)),
            "manner": "rain" if kind == "YH" and not dry else self._some(["continuous", "intermittent"]),
            "flow": round(self.rng.uniform(0.2, 18), 1) if dry else 0.0, "dry_weather_flow": dry,
            "colour_odour": self._some(["none", "colour", "odour", "both"], [80, 8, 9, 3]),
            "online": False, "monitoring": "monthly" if kind in ("GY", "SH") else self._some(["quarterly", "yearly"]),
            "sampling_point": self._yes(0.8), "sign": self._yes(0.75 if done else 0.4),
            "traced": stage in later, "trace_evidence": "管网图与现场潜望镜检测记录" if stage in later else "待溯源",
            "stage": stage, "disposition": self._some(["abolish", "merge", "regulate", "keep"], [1, 3, 5, 3]),
            "plan": "一口一策：核对管网，错接改正，补标志牌与采样口。" if stage in later else "待溯源后制定",
            "deadline": (self.today + timedelta(days=self.rng.randint(20, 360))).isoformat(),
            "finished": self._day(30, 700) if done else None, "standardised": done and self._yes(0.8),
            "signed_off": self._day(5, 29) if done else None, "verifier": person(self.rng) if done else None,
        }  # fmt: skip

    def sewage(self, place: Place, units: Units) -> Values:
        """A village plant, lift station or package plant; sizes of limits sheet §1.5 (village 5–500 t/d)."""
        kind = place.kind
        lift = kind == "lift"
        size = {"plant": (20, 400), "package": (5, 100), "lift": (200, 5000), "town_plant": (2000, 9000)}[kind]
        capacity = self.rng.randrange(size[0], size[1], 5)
        process = (
            "none"
            if lift
            else "box"
            if kind == "package"
            else self._some(["a2o", "ao", "mbr", "mbbr", "wetland", "baf", "sbr"], [5, 4, 3, 4, 3, 1, 1])
        )
        built = self.rng.randint(2012, 2024)
        return {
            "kind": kind, "village": place.village.name, "receiving_water": place.water,
            "outfall_code": f"{place.town.code}-PK-{self.rng.randint(1, 20):03d}",
            "operator": units.operator, "operator_phone": phone(self.rng),
            "permit_number": f"登记-{place.town.code}-{place.serial:03d}", "process": process, "capacity": capacity,
            "standard": None if lift else "GB18918" if kind == "town_plant" else "DB35-1869",
            "standard_class": None if lift else "1A" if kind == "town_plant" else self._some(["1", "2"]),
            "built_year": built, "commissioned": date(built, self.rng.randint(1, 12), self.rng.randint(1, 28)).isoformat(),
            "population": capacity * self.rng.randint(8, 12), "households": capacity * self.rng.randint(2, 3),
            "pumps": self.rng.randint(2, 4), "sludge_route": "none" if lift else self._some(["treatment", "soil"], [3, 1]),
            "online_factors": ["w00000", "wz0051"] if lift else self._many(["w01018", "w21003", "w21011", "w01001"], 2),
            "load_rate": round(self.rng.triangular(25, 118, 70), 1),
            "sampling": "quarterly" if capacity >= 20 else "half_yearly",
            "patrol": "weekly" if capacity >= 50 else "fortnightly",
            "running": self._some(["normal", "part", "repair"], [90, 7, 3]), "last_overhaul": self._day(30, 900),
            "remark": self._some(["", "冬季水量偏小", "接户率待提高", "雨季进水偏大"]),
        }  # fmt: skip

    def debris(self, place: Place, units: Units) -> Values:
        """A shore segment with its duty holder, or a sighting."""
        materials = ["plastic", "foam", "wood", "metal", "glass", "rubber", "textile", "paper", "gear"]
        length = round(place.line.length, 1) if place.line is not None else float(self.rng.randint(40, 300))
        index = round(self.rng.triangular(0.5, 24, 6), 1)
        afloat = place.kind in ("floating", "boom")
        return {
            "kind": place.kind, "segment_code": f"{place.town.code}-AD-{place.serial:03d}", "length": length,
            "shore": self._some(["sand", "mud", "rock", "dyke", "mangrove", "port"], [3, 5, 2, 5, 2, 1]),
            "sea_area": place.water,
            "access": self._some(["boat", "small_boat"]) if afloat else self._some(["foot", "truck", "small_boat"], [5, 3, 2]),
            "tide_window": self._some(["any", "high", "low"], [2, 3, 3]),
            "duty_holder": person(self.rng), "duty_phone": phone(self.rng), "cleaning_company": units.operator,
            "crew": self.rng.randint(2, 14), "boat": f"保洁 {self.rng.randint(1, 51):02d} 号" if afloat else None,
            "materials": ["plastic", *self.rng.sample(materials[1:], self.rng.randint(1, 4))],
            "size_class": self._some(["small", "medium", "large", "huge"], [2, 5, 4, 1]),
            "source": self._some(["river", "aquaculture", "fishing", "tourism", "drift"], [4, 4, 2, 1, 3]),
            "area": float(self.rng.randint(8, 900)), "weight": float(self.rng.randint(5, 1200)),
            "density": round(self.rng.uniform(20, 180), 1), "clean_coast_index": index,
            "camera": self._yes(0.2), "frequency": self._some(["twice", "daily", "tide", "weekly"], [1, 5, 3, 1]),
            "last_cleaned": self._day(0, 9), "disposal": self._some(["transfer", "quay", "recycle"], [4, 3, 1]),
            "remark": self._some(["", "台风后需加密", "退潮后可达", "邻近养殖区"]),
        }  # fmt: skip

    def site(self, place: Place, kind: str, units: Units) -> Values:
        """A building site: who, stage, and the six hundred-percents."""
        stages = ["earthwork", "foundation", "structure", "fitout", "finishing", "stopped"]
        stage = "demolition" if kind == "demolition" else self._some(stages, [5, 4, 6, 3, 2, 1])

        def done() -> str:
            return self._some(["full", "part", "none"], [78, 18, 4])

        return {
            "project_code": f"{place.town.code}{self.today.year}{place.serial:04d}", "kind": kind,
            "village": place.village.name, "address": f"{place.town.name}{place.village.name}",
            "builder": f"{place.town.name}{self._some(['城建开发', '安居开发', '产业园建设', '片区开发'])}公司",
            "contractor": units.contractor, "contractor_credit_code": self._credit(),
            "supervision": self._some(["恒信", "海监", "中衡", "泰和"]) + "监理公司",
            "manager": person(self.rng), "manager_phone": phone(self.rng),
            "authority": {"municipal": "municipal", "rail": "transport", "port": "transport"}.get(kind, "housing"),
            "stage": stage, "area": round(self.rng.triangular(0.4, 22, 4), 1), "started": self._day(20, 700),
            "planned_end": (self.today + timedelta(days=self.rng.randint(30, 600))).isoformat(),
            "monitor": True, "monitor_factors": ["a34001", "a34002", "a34004", "LA", "a01007", "a01008"],
            "video": self._yes(0.85), "spray_linked": self._yes(0.6), "hoarding": done(),
            "hoarding_height": self.rng.choice([2.0, 2.5, 2.5, 3.0]), "covering": done(), "paving": done(),
            "wet_work": done() if stage in ("demolition", "earthwork") else "full", "wheel_wash": done(),
            "tight_transport": done(), "plan_filed": self._yes(0.95), "board": self._yes(0.92),
            "last_inspected": self._day(0, 40), "remark": self._some(["", "夜间有土方外运", "邻近学校", "雾炮 2 台"]),
        }  # fmt: skip

    def epidemic(self, place: Place, units: Units) -> Values:
        """A hospital, clinic, isolation or waste point; bands of GB 18466-2005, store limits of GB 39707-2020."""
        kind = place.kind
        infectious = kind == "hospital"
        low, high, hours = (6.5, 10.0, 1.5) if infectious else (2.0, 8.0, 1.0)
        cold = self._yes(0.5)
        beds = {"hospital": (300, 900), "clinic": (10, 80), "isolation": (60, 300), "waste": (0, 1)}[kind]
        return {
            "kind": kind, "level": {"hospital": "3", "clinic": "1"}.get(kind, "none"),
            "village": place.village.name, "address": f"{place.town.name}{place.village.name}",
            "beds": self.rng.randrange(*beds), "contact": person(self.rng), "contact_phone": phone(self.rng),
            "operator": units.operator, "treatment_firm": units.treatment,
            "sewage_route": "water" if infectious else "pretreatment",
            "standard_class": "infectious_t1" if infectious else "general_t2_pretreatment",
            "disinfection": self._some(["hypochlorite", "dioxide", "tablet"], [6, 2, 1]),
            "contact_time": hours, "chlorine_low": low, "chlorine_high": high, "dechlorination": infectious,
            "septic_volume": float(self.rng.randrange(10, 400, 5)), "online": kind in ("hospital", "clinic", "isolation"),
            "waste_store": kind != "isolation" or self._yes(0.5),
            "store_temperature": "cold" if cold else "normal", "store_hours": 72 if cold else 24,
            "daily_waste": round(self.rng.uniform(1, 400 if infectious else 40), 1), "last_transfer": self._day(0, 2),
            "manifest": self._yes(0.93), "remark": self._some(["", "夜间投药量减半", "备用加药泵 1 台"]),
        }  # fmt: skip
