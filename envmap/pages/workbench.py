"""The map page and its parts: the sheet with its dock, the panel of a feature, the newest alarms below."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from envmap.accounts.asker import ANONYMOUS, Asker
from envmap.accounts.roles import May
from envmap.core import area
from envmap.core.errors import EnvmapError
from layers.catalogue import queries as catalogue
from layers.sensors import queries as sensors

from . import words
from .doors import asker_of, for_everybody
from .feature_panel import panel_of
from .templatetags.look import layer_glyph

ALARMS_BELOW = 3


def asker_or_visitor(request: HttpRequest) -> Asker:
    """The asker; whoever cannot read at all has the visitor's map."""
    asker = asker_of(request)
    try:
        asker.require_signed_in()
    except EnvmapError:
        return ANONYMOUS
    return asker


def sheets() -> list[dict[str, Any]]:
    """The raster sheets of `ENVMAP_BASEMAP`; none: the product's own. Addresses of tiles as their services document them."""
    if settings.BASEMAP == "offline":
        return []
    if settings.BASEMAP == "tianditu":
        key = settings.TIANDITU_TOKEN
        address = (
            "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
            "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
        )
        return [
            {"url": address.format(layer=layer, key=key), "subdomains": list("01234567"), "maxZoom": 18,
             "attribution": "天地图" if layer == "vec" else ""}
            for layer in ("vec", "cva")
        ]  # fmt: skip
    if settings.BASEMAP == "amap":
        url = "https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
        return [{"url": url, "subdomains": list("1234"), "maxZoom": 18, "gcj02": True, "attribution": "高德地图"}]
    return [{"url": settings.BASEMAP, "maxZoom": 19}]


def layers_of(asker: Asker) -> list[dict[str, Any]]:
    """The layers of the dock in their order, with the tallies of what the asker sees."""
    tallies = catalogue.counts(asker)
    return [
        {
            "key": layer.key,
            "name": layer.name,
            "glyph": layer_glyph(layer.key),
            "position": layer.position,
            **tallies[layer.key],
        }
        for layer in sorted(catalogue.layers(asker), key=lambda one: (one.position, one.key))
    ]


def script_words() -> dict[str, str]:
    """What the map's scripts say; `{n}` and the like are filled in there."""
    return {
        "features": _("{n} features"),
        "and": pgettext("between two parts of a sentence", ", "),
        "nothing": _("Nothing of what is switched on lies in this view."),
        "more": _("and {n} more; zoom in to see them"),
        "dispatched": _("Order {number} is sent to {unit}."),
        "filed": _("Alarm acknowledged."),
        "failed": _("This did not get through; nothing was changed. Try again."),
        "back": _("The live connection is back; what was missed has been caught up."),
        "signedOut": _("You are signed out. What is shown no longer changes; sign in again to go on."),
        "gone": _("This is no longer on the map, or no longer for you to see."),
        "unread": _("The layer {name} could not be read; the next change tries again."),
        "located": _("You are here"),
        "notLocated": _("The position could not be found: {why}"),
        "raised": _("Alarm: {name}"),
        "chooseUnit": _("Choose the unit first."),
    }


@require_safe
@never_cache
@for_everybody
def workbench(request: HttpRequest) -> HttpResponse:
    """`/`: the map of whoever asks; signed out the public one."""
    asker = asker_or_visitor(request)
    here = area.current()
    config = {
        "language": get_language() or "zh-hans",
        "signedIn": asker.signed_in,
        "layers": layers_of(asker),
        "conditions": {key: str(word) for key, word in words.CONDITIONS.items()},
        "words": script_words(),
        "bounds": here.box,
        "sheets": sheets(),
        "sprite": staticfiles_storage.url("img/symbols.svg"),
        "attribution": here.attribution.get(get_language() or "", ""),
    }
    context = {
        "config": config,
        "map_options": {"TILES": [], "SCALE": "metric", "RESET_VIEW": False, "SPATIAL_EXTENT": None},
        "title": here.names.get(get_language() or "") or here.names.get("zh-hans", ""),
        "may_report": asker.may(May.REPORT_ISSUES),
        "conditions": words.CONDITIONS.items(),
        **ticker_context(asker),
    }
    return render(request, "pages/map/workbench.html", context)


@require_safe
@never_cache
@for_everybody
def panel(request: HttpRequest, layer: str, feature_id: int) -> HttpResponse:
    """The panel of a feature, as a part of the page."""
    return render(request, "pages/map/panel.html", panel_of(asker_or_visitor(request), layer, feature_id))


def ticker_context(asker: Asker) -> dict[str, Any]:
    """The newest open alarms of visible features, and how many nobody has acknowledged."""
    opened = sensors.alarms(asker, open=True).filter(feature__isnull=False)
    return {
        "alarms": list(opened.order_by("-opened_at", "-pk")[:ALARMS_BELOW]),
        "unacknowledged": opened.filter(acknowledged_at=None).count(),
    }


@require_safe
@never_cache
@for_everybody
def ticker(request: HttpRequest) -> HttpResponse:
    """The newest alarms, as a part of the page."""
    return render(request, "pages/map/ticker.html", ticker_context(asker_or_visitor(request)))
