"""The wall screen: today's figures, what has just happened, units by on-time closing, around the map. Units and roles only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core import clock
from envmap.statistics.periods import Period
from envmap.statistics.queries import closed_in, counting, filed, unit_figures
from layers.catalogue.conditions import WORST_FIRST
from layers.sensors import queries as sensors
from tasks.issues.models import Issue
from tasks.orders import rules
from tasks.orders.models import Order, OrderEvent
from tasks.orders.states import OPEN_STATES

from . import words
from .alarm_facts import facts_of
from .doors import asker_of, page
from .map_config import config_of, title
from .orders import due_today

NEWEST = 7
UNITS = 8
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of what has just happened: when, its symbol, what, and a word more."""

    at: datetime
    symbol: str
    title: str
    more: str


def happenings(asker: Asker, now: datetime) -> list[Happening]:
    """The newest alarms and moves of orders of the last day that the asker sees, newest first; no personal names."""
    since = now - timedelta(days=1)
    alarms = list(
        sensors.alarms(asker).filter(Q(opened_at__gte=since) | Q(cleared_at__gte=since)).order_by("-opened_at")[:NEWEST]
    )
    names = {alarm.pk: alarm.feature.name if alarm.feature else alarm.station.name for alarm in alarms}
    found = []
    for fact in facts_of(alarms):
        value = f"{fact.factor} {fact.value} {fact.unit}".strip()
        if fact.cleared_at:
            said = _("%(value)s: cleared") % {"value": value}
            found.append(Happening(fact.cleared_at, "cond-normal", names[fact.id], said))
            continue
        symbol = "cond-alarm" if fact.severity in {"major", "critical"} else "cond-attention"
        word = _("above the warning line") if fact.is_warning else _("above the limit")
        found.append(Happening(fact.since, symbol, names[fact.id], f"{value} · {word} {fact.limit}"))
    events = (
        OrderEvent.objects.filter(subject__in=Order.objects.visible_to(asker), at__gte=since)
        .exclude(verb="comment")
        .select_related("subject__department", "subject__issue", "subject__category", "subject__layer")
        .order_by("-at", "-pk")[:NEWEST]
    )
    for event in events:
        order = event.subject
        what = f"{order.number} {words.ORDER_EVENTS[event.verb]} · {order.department.name}"
        found.append(Happening(event.at, f"state-{SYMBOLS.get(event.verb, 'sent')}", what, _matter(order)))
    return sorted(found, key=lambda one: one.at, reverse=True)[:NEWEST]


def _matter(order: Order) -> str:
    """What an order is about; a citizen's own words may name people and are not for a wall."""
    if order.issue.source != Issue.Source.CITIZEN:
        return order.issue.title
    about = order.category or order.layer
    return about.name if about else str(words.SOURCES["citizen"])


SYMBOLS = {
    "dispatch": "sent", "accept": "accepted", "report": "reported", "send_back": "rework", "verify": "verified",
    "return": "returned", "withdraw": "withdrawn", "reassign": "sent",
}  # fmt: skip
"""Which state's symbol stands for an event."""


def figures(asker: Asker, now: datetime) -> dict[str, Any]:
    """Today's figures, with what they were yesterday at this hour where that can be known."""
    today = clock.midnight(now.astimezone(clock.SHANGHAI).date())
    day = Period(today, today + timedelta(days=1))
    yesterday = now - timedelta(days=1)
    alarms = sensors.alarms(asker)
    orders = Order.objects.visible_to(asker)
    month = Period(now - MONTH, now)
    due = orders.filter(counting(month)["due"]).count()
    on_time = orders.filter(counting(month)["closed_on_time"]).count()
    closed = orders.filter(closed_in(day))
    return {
        "alarms": alarms.filter(cleared_at=None).count(),
        "unacknowledged": alarms.filter(cleared_at=None, acknowledged_at=None).count(),
        "alarms_before": alarms.filter(opened_at__lte=yesterday)
        .filter(Q(cleared_at=None) | Q(cleared_at__gt=yesterday))
        .count(),
        "open": orders.filter(state__in=OPEN_STATES).count(),
        "filed": orders.filter(filed(day)).count(),
        "due_today": orders.filter(due_today(now)).count(),
        "overdue": orders.filter(rules.overdue_at(now)).count(),
        "closed": closed.count(),
        "closed_on_time": closed.filter(reported_at__lte=F("due_at")).count(),
        "rate": round(100 * on_time / due, 2) if due else None,
    }


@page(May.PAGE_STATISTICS)
def screen(request: HttpRequest) -> HttpResponse:
    """`/screen/`: for a wall of 1920×1080; whoever has the statistics sees what they may see."""
    asker = asker_of(request)
    now = clock.now()
    config = config_of(asker)
    totals = {str(c): sum(layer["by_condition"][str(c)] for layer in config["layers"]) for c in WORST_FIRST}
    units = unit_figures(asker, Period(now - MONTH, now))[:UNITS]
    context = {
        "title": title(),
        "config": config,
        "map_options": {"TILES": [], "SCALE": "metric", "RESET_VIEW": False, "SPATIAL_EXTENT": None},
        "now": now,
        "figures": figures(asker, now),
        "happenings": happenings(asker, now),
        "totals": [(key, words.CONDITIONS[key], totals[key]) for key in words.CONDITIONS],
        "total": sum(totals.values()),
        "layers": config["layers"],
        "units": units,
    }
    return render(request, "pages/screen.html", context)
