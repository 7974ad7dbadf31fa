"""What the map's scripts are told: layers with the attributes that can be filtered by, raster sheets, names, words."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.queries import departments
from envmap.accounts.roles import May
from envmap.core import area
from layers.catalogue import queries as catalogue
from layers.catalogue.models import Area, Layer

from . import words
from .feature_panel import title_of
from .templatetags.look import layer_glyph

KINDS = {"string": "text", "number": "number", "integer": "integer", "boolean": "boolean"}


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


def filter_fields(layer: Layer) -> list[dict[str, Any]]:
    """The attributes by which a layer can be filtered, in the schema's order: key, title, kind, unit, choices in words.

    `kind` is choice, boolean, number, integer or text; of a list any item may be asked for. Objects are left out.
    """
    properties = layer.schema.get("properties", {})
    found = []
    for key, whole in sorted(properties.items(), key=lambda item: (item[1].get("x-order", 10_000), item[0])):
        schema = whole.get("items", {}) if whole.get("type") == "array" else whole
        if choices := [one for one in schema.get("oneOf", []) if "const" in one]:
            kind, options = "choice", [[str(one["const"]), title_of(one, str(one["const"]))] for one in choices]
        elif "enum" in schema:
            kind, options = "choice", [[str(value), str(value)] for value in schema["enum"]]
        else:
            kind, options = KINDS.get(schema.get("type", "string"), ""), []
        if kind:
            field = {"key": key, "title": title_of(whole, key), "kind": kind, "unit": whole.get("x-unit", "")}
            found.append({**field, "options": options})
    return found


def layers_of(asker: Asker) -> list[dict[str, Any]]:
    """The layers of the dock in their order, with the tallies of what the asker sees."""
    tallies = catalogue.counts(asker)
    return [
        {
            "key": layer.key,
            "name": layer.name,
            "glyph": layer_glyph(layer.key),
            "position": layer.position,
            "attributes": filter_fields(layer),
            **tallies[layer.key],
        }
        for layer in sorted(catalogue.layers(asker), key=lambda one: (one.position, one.key))
    ]


def units_of(asker: Asker) -> list[dict[str, str]]:
    """The units that the asker may know, for filters and dispatch; visitors know none."""
    return [{"code": unit.code, "name": unit.name} for unit in departments(asker)] if asker.signed_in else []


def towns() -> list[dict[str, str]]:
    """The towns of the instance's area by code."""
    return [{"code": one.code, "name": one.name} for one in Area.objects.filter(kind=Area.Kind.TOWN).order_by("code")]


def title() -> str:
    """The name of the area that this instance is about."""
    here = area.current()
    return here.names.get(get_language() or "") or here.names.get("zh-hans", "")


def config_of(asker: Asker) -> dict[str, Any]:
    """All of it, as JSON can hold it."""
    here = area.current()
    return {
        "language": get_language() or "zh-hans",
        "signedIn": asker.signed_in,
        "mayDispatch": asker.may(May.DISPATCH),
        "title": title(),
        "layers": layers_of(asker),
        "units": units_of(asker),
        "towns": towns(),
        "conditions": {key: str(word) for key, word in words.CONDITIONS.items()},
        "words": script_words(),
        "keys": {
            "one": _("Hide or show a condition"),
            "all": _("All conditions again"),
            "fold": _("Fold the layers"),
            "dispatch": _("To the dispatch of the selected one"),
            "alarm": _("The newest alarm"),
        },
        "bounds": here.box,
        "sheets": sheets(),
        "sprite": staticfiles_storage.url("img/symbols.svg"),
        "icons": staticfiles_storage.url("vendor/icons.svg"),
        "geodesic": staticfiles_storage.url("vendor/geographiclib/geographiclib-geodesic.min.js"),
        "attribution": here.attribution.get(get_language() or "", ""),
    }


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
        "copied": _("The link is copied."),
        "table": _("The chart as a table"),
        "time": _("Time"),
        "yes": _("yes"),
        "no": _("no"),
        "opacity": _("Opacity"),
        "layerMore": _("Filters and opacity of {name}"),
        "attributeFilter": _("Filter by attribute"),
        "attribute": _("Attribute"),
        "value": _("Value"),
        "apply": pgettext("a filter", "Apply"),
        "cancel": _("Cancel"),
        "removeFilter": _("Take the filter away: {name}"),
        "filterRefused": _("This filter was not applied: {why}"),
        "measured": _("{n} points · {length}"),
        "measuredArea": _("{n} points · {area} · around {length}"),
        "sketchDistance": _("Press the map point by point, or move it with the arrow keys and press Enter."),
        "sketchArea": _("Press the corners one by one, or move the map with the arrow keys and press Enter."),
        "sketchBox": _("Drag over the map, or press two corners."),
        "metre": pgettext("unit", "m"),
        "kilometre": pgettext("unit", "km"),
        "squareMetre": pgettext("unit", "m²"),
        "hectare": pgettext("unit", "ha"),
        "squareKilometre": pgettext("unit", "km²"),
        "marked": pgettext("features", "{n} chosen"),
        "markedNone": _("Nothing of what is shown lies there."),
        "marking": _("Looking what lies there…"),
        "inTable": _("Show in the table"),
        "clear": pgettext("a selection", "Clear"),
        "tooMany": _("Only the first {n} are listed; narrow the filter to see all."),
        "reading": _("{n} read so far…"),
        "rows": _("{n} rows"),
        "rowsMarked": _("{n} rows, {m} chosen"),
        "condition": _("Condition"),
        "name": _("Name"),
        "code": _("Code"),
        "layer": _("Layer"),
        "unit": _("Duty unit"),
        "town": _("Town"),
        "updated": _("Last edited"),
        "result": _("Result"),
        "choose": _("Choose {name}"),
        "chooseAll": _("Choose all rows"),
        "dispatchNone": _("No open issue that waits for an order"),
        "dispatchDone": _("Order {number}"),
        "dispatching": _("being sent…"),
        "dispatchTitle": _("Dispatch the open issues of {n} features"),
        "dispatchSum": _("{sent} orders sent, {none} features without a waiting issue, {failed} refused."),
        "map": _("Map"),
        "asOf": _("As of {time}"),
        "filtersOn": _("Filters: {list}"),
        "pngName": _("map"),
        "pngFailed": _("The picture could not be made in this browser."),
        "rasterLeft": _("The sheet of another service may not be copied; the picture shows our own instead."),
        "symbolStop": _("Symbols on the map; arrow keys go from one to the next, Enter opens."),
        "notFound": _("Nothing lies in that direction."),
    }
