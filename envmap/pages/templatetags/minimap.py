"""Small maps on office pages: the product's own sheet with a few symbols and marks on it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django import template
from django.contrib.gis.geos import Point
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from envmap.core import area

register = template.Library()


@dataclass(frozen=True, slots=True)
class Spot:
    """A symbol on a small map: `key` names it in the page, layer and condition say how it looks. Degrees, EPSG:4326."""

    key: str
    lon: float
    lat: float
    name: str
    layer: str
    condition: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A plain point: a position that somebody gave, with its accuracy in metres where the device said one."""

    lon: float
    lat: float
    word: str
    accuracy: float | None = None


def spot_of(key: str, at: Point | None, *, name: str, layer: str | None, condition: str) -> Spot | None:
    """A spot at a stored point; None where there is none."""
    return Spot(key, at.x, at.y, name, layer or "", condition) if at else None


def settings_of_map() -> dict[str, Any]:
    """What the script of a small map needs beside its spots."""
    return {
        "bounds": area.current().box,
        "sprite": staticfiles_storage.url("img/symbols.svg"),
        "language": get_language() or "zh-hans",
        "attribution": area.current().attribution.get(get_language() or "", ""),
    }


@register.simple_tag
def mini_map(
    spots: Iterable[Spot | None], label: str, marks: Iterable[Mark] = (), selected: str = "", rows: str = ""
) -> SafeString:
    """A small map of `spots` and `marks`, named `label`; `rows` is the selector of a list whose rows it shows instead."""
    document = settings_of_map() | {
        "spots": [asdict(spot) for spot in spots if spot],
        "marks": [asdict(mark) for mark in marks],
        "selected": selected,
        "rows": rows,
    }
    return format_html(
        '<div class="mini-map" role="application" aria-label="{}" data-mini-map="{}"></div>',
        label, json.dumps(document, ensure_ascii=False),
    )  # fmt: skip
