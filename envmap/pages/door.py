"""The picture behind the sign-in form: the district's coast, drawn from the areas that are loaded."""

import hashlib
import math
from html import escape

from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import AsSVG
from django.contrib.gis.geos import Point
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from layers.catalogue.models import Area

COLOURS = {
    "light": {
        "sea": "#D5E3E8", "deep": "#CADCE3", "waterline": "#8FB3C0", "flat": "#DDDDCB", "land": "#E9E8E1",
        "district": "#F8F7F2", "band": "#E6D9DD", "boundary": "#8E6F7C", "river": "#9FC0CB", "coast": "#7E9AA4",
        "label": "#3F4E55", "water": "#40697A", "halo": "#FBFAF6",
    },
    "dark": {
        "sea": "#0F191E", "deep": "#0B1418", "waterline": "#2D4A56", "flat": "#1D2624", "land": "#182024",
        "district": "#222B30", "band": "#332C33", "boundary": "#8F7A86", "river": "#2E4C58", "coast": "#4C6470",
        "label": "#C2CDD1", "water": "#7FA3B2", "halo": "#1A2226",
    },
}  # fmt: skip
"""Those of static/css/tokens.css, which a picture behind a page cannot read."""

LINE = 'fill="none" vector-effect="non-scaling-stroke" stroke-linejoin="round"'
DRAWN = (
    ("sea", 'fill="{sea}"'),
    ("flat", 'fill="{flat}"'),
    ("waterline", LINE + ' stroke="{waterline}" stroke-width=".8" stroke-opacity=".8"'),
    ("land", 'fill="{land}"'),
    ("district", 'fill="{district}"'),
    ("stream", LINE + ' stroke="{river}" stroke-width="1.5"'),
    ("boundary", LINE + ' stroke="{band}" stroke-width="7"'),
    ("boundary", LINE + ' stroke="{boundary}" stroke-width="1.2" stroke-dasharray="9 3 1.5 3"'),
    ("coast", LINE + ' stroke="{coast}" stroke-width="1.1"'),
)
"""Kinds of areas from the ground up, and how each is drawn; what is not loaded is not drawn."""

LETTER = 0.0034
"""Height of a name in degrees of latitude."""


def names(press: float, colours: dict[str, str]) -> str:
    """The names of towns and waters in the active language, where the reference data says that they stand."""
    said = []
    for area in Area.objects.filter(kind__in=("town", "waters")).order_by("pk"):
        point = Point(*area.drawing["label"]) if "label" in area.drawing else area.geometry.point_on_surface
        is_water = area.kind == "waters" and not area.drawing.get("beyond")  # else a neighbour on land
        colour = colours["water" if is_water else "label"]
        slant = ' font-style="italic" letter-spacing=".002"' if is_water else ""
        said.append(
            f'<text x="{point.x * press:.4f}" y="{-point.y:.4f}" fill="{colour}"{slant}>{escape(area.name)}</text>'
        )
    look = (
        f'font-family="system-ui, sans-serif" font-size="{LETTER}" text-anchor="middle" stroke="{colours["halo"]}" '
        f'stroke-width=".0009" stroke-opacity=".75" stroke-linejoin="round" paint-order="stroke"'
    )
    return f"<g {look}>{''.join(said)}</g>"


def picture(theme: str = "light") -> str:
    """An SVG document in degrees, longitude pressed as far as the middle latitude asks; empty where no area is loaded."""
    colours = COLOURS[theme]
    box = Area.objects.filter(kind="district").aggregate(box=Extent("geometry"))["box"]
    if box is None:
        return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'
    west, south, east, north = box
    press = math.cos(math.radians((south + north) / 2))
    # The form stands at the left, so the district lies right of the middle; its south, where the coast is, fills the sheet.
    left, width = (west - (east - west) * 0.95) * press, (east - west) * 2.1 * press
    top, height = -(north - (north - south) * 0.34), (north - south) * 0.74
    shapes, land = [], False
    for kind, look in DRAWN:
        rows = Area.objects.filter(kind=kind).annotate(path=AsSVG("geometry", precision=4)).order_by("pk")
        drawn = look.format(**colours)
        paths = [path for path in rows.values_list("path", flat=True) if path]
        if kind == "district" and land:  # it reaches into the sea; its lighter ground does not
            drawn += ' clip-path="url(#land)"'
        if kind == "land" and paths:
            land = True
            shapes.append(f'<clipPath id="land"><path d="{" ".join(paths)}"/></clipPath>')
        shapes += [f'<path {drawn} d="{path}"/>' for path in paths]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.4f} {top:.4f} {width:.4f} {height:.4f}" '
        f'preserveAspectRatio="xMidYMid slice"><g transform="scale({press:.5f} 1)">{"".join(shapes)}</g>'
        f"{names(press, colours)}</svg>"
    )


def door(request: HttpRequest) -> HttpResponse:
    """The picture; public, because it shows what every map shows. `?theme=dark` draws it for the dark."""
    text = picture("dark" if request.GET.get("theme") == "dark" else "light")
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
    response = HttpResponse(text, content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=600"
    response["ETag"] = etag
    patch_vary_headers(response, ["Cookie", "Accept-Language"])  # the names are in the language of the page
    return get_conditional_response(request, etag=etag, response=response) or response
