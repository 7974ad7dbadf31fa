"""The map page and its parts: the sheet with its dock, the panel of a feature, the newest alarms below."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from layers.sensors import queries as sensors

from . import words
from .doors import asker_or_visitor, for_everybody
from .feature_panel import panel_of
from .map_config import config_of
from .panel_tabs import TABS

ALARMS_BELOW = 3


@require_safe
@never_cache
@for_everybody
def workbench(request: HttpRequest) -> HttpResponse:
    """`/`: the map of whoever asks; signed out the public one."""
    asker = asker_or_visitor(request)
    config = config_of(asker)
    context = {
        "config": config,
        "map_options": {"TILES": [], "SCALE": "metric", "RESET_VIEW": False, "SPATIAL_EXTENT": None},
        "title": config["title"],
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
    context = panel_of(asker_or_visitor(request), layer, feature_id)
    return render(request, "pages/map/panel.html", context | {"tabs": TABS})


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
