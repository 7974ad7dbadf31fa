"""The picture behind the sign-in form: the district's coast, drawn from the areas that are loaded."""

import hashlib
import math

from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import AsSVG
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from layers.catalogue.models import Area

LINE = 'fill="none" vector-effect="non-scaling-stroke" stroke-linejoin="round"'
DRAWN = {
    "sea": 'fill="#D5E3E8"',
    "flat": 'fill="#DDDDCB"',
    "land": 'fill="#E9E8E1"',
    "district": 'fill="#F8F7F2"',
    "stream": f'{LINE} stroke="#9FC0CB" stroke-width="1.5"',
    "coast": f'{LINE} stroke="#7E9AA4" stroke-width="1.1"',
    "boundary": f'{LINE} stroke="#8E6F7C" stroke-width="1.2" stroke-dasharray="9 3 1.5 3"',
}
"""Kinds of areas from the ground up, in the light colours of static/css/tokens.css; what is not loaded is not drawn."""


def picture() -> str:
    """An SVG document in degrees, longitude pressed as far as the middle latitude asks; empty where no area is loaded."""
    box = Area.objects.filter(kind="district").aggregate(box=Extent("geometry"))["box"]
    if box is None:
        return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'
    west, south, east, north = box
    press = math.cos(math.radians((south + north) / 2))
    # The form stands at the left, so the district lies right of the middle.
    left, width = (west - (east - west) * 0.95) * press, (east - west) * 2.1 * press
    top, height = -(north + (north - south) * 0.02), (north - south) * 1.05
    shapes = []
    for kind, look in DRAWN.items():
        rows = Area.objects.filter(kind=kind).annotate(path=AsSVG("geometry", precision=4)).order_by("pk")
        shapes += [f'<path {look} d="{path}"/>' for path in rows.values_list("path", flat=True) if path]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.4f} {top:.4f} {width:.4f} {height:.4f}" '
        f'preserveAspectRatio="xMidYMid slice"><g transform="scale({press:.5f} 1)">{"".join(shapes)}</g></svg>'
    )


def door(request: HttpRequest) -> HttpResponse:
    """The picture; public, because it shows what every map shows."""
    text = picture()
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
    response = HttpResponse(text, content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=600"
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response
