"""What the demo's things are called and how they are coded: village and landmark, serial, type (HJ 1235 practice). Pure."""

from __future__ import annotations

import random

from .placing import Place
from .sheet import Sheet

OUTFALL_KINDS = {
    "YH": "城镇雨洪排口", "GQ": "沟渠排口", "GY": "工业企业排污口", "NY": "农业农村排口", "GK": "港口码头排口",
    "SH": "城镇生活污水散排口", "QT": "其他排污口",
}  # fmt: skip
LANDMARKS = {
    "YH": ["东侧", "西侧", "桥头", "公园南", "小学旁", "环岛路"], "GQ": ["水闸", "桥下", "渡槽", "旧渠", "田头"],
    "GY": ["工业区", "厂区北", "产业园", "仓储区"], "NY": ["养殖区", "虾塘", "果林", "菜地"],
    "GK": ["渔港", "码头", "避风坞", "货运泊位"], "SH": ["旧村", "市场旁", "新村", "巷口"], "QT": ["堤脚"],
}  # fmt: skip
SITES = {
    "housing": ["安置房", "保障房", "住宅小区", "学校扩建", "医院新建", "厂房"], "municipal": ["道路改造", "雨污分流", "综合管廊"],
    "rail": ["轨道车辆段", "轨道车站"], "port": ["码头改造"], "demolition": ["旧厂拆除", "旧村拆除"], "yard": ["砂石堆场"],
    "land": ["片区场平"],
}  # fmt: skip
PHASES = ["一期", "二期", "三期", "A 地块", "B 地块", "北区", "南区"]
PREFIX = {"sewage-stations": "WS", "marine-debris": "HP", "dust-sites": "YC", "epidemic-control": "YQ"}
NATIONAL_LETTERS = "GX"
"""Water system of the national outfall code. G stands for the coastal rivers of Zhejiang and Fujian; the second letter
is not known to us, X holds its place."""
SURNAMES = "陈林黄张李王吴刘蔡杨许郑洪苏邱康彭蒋叶曾"
GIVEN = [
    "志强",
    "秀英",
    "建国",
    "丽华",
    "文彬",
    "晓燕",
    "国平",
    "美玲",
    "伟明",
    "淑珍",
    "海生",
    "少鹏",
    "雅婷",
    "永福",
    "金水",
]


def person(rng: random.Random) -> str:
    """A made-up name of a person."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def phone(rng: random.Random) -> str:
    """A number that rings nowhere: no area code begins with 0000."""
    return f"0000-{rng.randrange(1_000_000, 9_999_999)}"


def code_of(place: Place, sheet: Sheet, running: int) -> str:
    """The feature's code: the national form for outfalls, layer prefix + town code + serial for the rest."""
    if place.layer == "outfalls":
        return f"{NATIONAL_LETTERS}-{sheet.code}-{running:04d}-{place.kind}-00"
    return f"{PREFIX[place.layer]}{place.town.code}{place.serial:03d}"


class Namer:
    """Gives each thing a name of its own within its layer."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.used: dict[str, int] = {}

    def _numbered(self, stem: str, tail: str) -> str:
        """`stem` 1, 2, 3 … `tail`, counted over things of the same stem and tail."""
        key = f"{stem}|{tail}"
        self.used[key] = self.used.get(key, 0) + 1
        return f"{stem}{self.used[key]}#{tail}"

    def _once(self, name: str) -> str:
        """The name itself the first time, with a number from the second on."""
        self.used[name] = self.used.get(name, 0) + 1
        return name if self.used[name] == 1 else f"{name} {self.used[name]} 号"

    def outfall(self, place: Place, landmark: str) -> str:
        """`凤翔街道琼头社区水闸 1#城镇雨洪排口`."""
        return self._numbered(f"{place.town.name}{place.village.name}{landmark}", OUTFALL_KINDS[place.kind])

    def sewage(self, place: Place) -> str:
        """`后滨提升泵站`."""
        tail = {"plant": "污水处理站", "lift": "提升泵站", "package": "一体化设备", "town_plant": "污水处理厂"}[
            place.kind
        ]
        return self._once(place.village.short + tail)

    def debris(self, place: Place) -> str:
        """`刘五店岸段`."""
        tail = {"segment": "岸段", "floating": "外海面漂浮点", "shore": "岸滩堆积点", "boom": "河口拦污带"}[place.kind]
        return self._once(place.village.short + tail)

    def site(self, place: Place, kind: str) -> str:
        """`洪前安置房二期工地`."""
        phase = self.rng.choice(PHASES) if kind in ("housing", "municipal", "land") else ""
        tail = "" if kind == "yard" else "工地"
        return self._once(f"{place.village.short}{self.rng.choice(SITES[kind])}{phase}{tail}")

    def epidemic(self, place: Place) -> str:
        """`马巷街道卫生院`."""
        tail = {"hospital": "定点医院", "clinic": "卫生院", "isolation": "集中隔离点", "waste": "医疗废物收集点"}[
            place.kind
        ]
        stem = place.village.short if place.kind in ("isolation", "waste") else place.town.name.removesuffix("街道")
        return self._once(stem + tail)
