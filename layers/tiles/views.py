"""Thin views over the tile SQL: address in, ETag asked, bytes out."""

import json

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from layers.catalogue.conditions import WORST_FIRST
from layers.catalogue.filters import read_filter

from . import queries
from .basemap import basemap, basemap_etag
from .grid import LATITUDE, MAX_ZOOM, tile_at

MVT = "application/vnd.mapbox-vector-tile"


def _answer(request, etag, shared, build):
    """304 where the client has it already, else what `build` gives, both with the same headers.

    `no-cache` lets caches keep it but not give it out unasked: what is on the map changes within a second. Only what an
    anonymous visitor may see is kept in shared caches.
    """
    response = get_conditional_response(request, etag=etag, response=None)
    if response is None:
        response = build()
    response["ETag"] = etag
    response["Cache-Control"] = "public, no-cache" if shared else "private, no-cache"
    if not shared:
        patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


@require_safe
def tile(request, key, z, x, y):
    """GET /tiles/{layer}/{z}/{x}/{y}.mvt, with the filters of `layers.catalogue.filters` in its query."""
    at = tile_at(z, x, y)
    state = queries.layer_state(key, request.asker, read_filter(dict(request.GET.lists())))

    def build():
        body = queries.tile(state, at)
        if body:
            return HttpResponse(body, content_type=MVT)
        empty = HttpResponse(status=204)
        del empty.headers["Content-Type"]  # of nothing
        return empty

    return _answer(request, state.etag, state.shared, build)


@require_safe
def tilejson(request, key):
    """GET /tiles/{layer}.json: TileJSON 3.0."""
    state = queries.layer_state(key, request.asker)
    root = f"{request.scheme}://{request.get_host()}"

    def build():
        box = queries.bounds(state) or (-180, -LATITUDE, 180, LATITUDE)
        fields = {"id": "Number", "code": "String", "name": "String", "condition": "String", "point_count": "Number"}
        fields |= {condition.value: "Number" for condition in WORST_FIRST}
        document = {
            "tilejson": "3.0.0",
            "name": state.layer.name,
            "version": "1.0.0",
            "scheme": "xyz",
            "tiles": [f"{root}/tiles/{state.layer.key}/{{z}}/{{x}}/{{y}}.mvt"],
            "minzoom": 0,
            "maxzoom": MAX_ZOOM,
            "bounds": [max(box[0], -180), max(box[1], -LATITUDE), min(box[2], 180), min(box[3], LATITUDE)],
            "center": [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, queries.CLUSTERED_BELOW - 1],
            "vector_layers": [
                {
                    "id": state.layer.key,
                    "description": state.layer.name,
                    "minzoom": 0,
                    "maxzoom": MAX_ZOOM,
                    "fields": fields,
                }
            ],
        }
        return HttpResponse(json.dumps(document, ensure_ascii=False), content_type="application/json")

    etag = f'{state.etag[:-1]}-{get_language()}-{root.partition("://")[2]}"'
    return _answer(request, etag, state.shared, build)


@require_safe
def basemap_document(request):
    """GET /tiles/basemap.json: land, sea, boundary, towns and waters as GeoJSON, for everybody."""
    return _answer(request, basemap_etag(), True, lambda: HttpResponse(basemap(), content_type="application/geo+json"))
