"""The field team's list, map and order page, made for a phone."""

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from layers.catalogue.models import Layer
from tasks.issues.models import Issue
from tasks.orders import queries
from tasks.orders.models import Order
from tasks.orders.states import ENDED, OPEN_STATES, OrderState

from .alarm_facts import facts_of
from .doors import asker_of, page
from .field_forms import FieldReportForm
from .field_navigation import ways_to
from .field_person import owned
from .issues import with_alarms
from .order_forms import VerbForm, form_of
from .orders import Row, by_deadline, listed, order_context, rows_of

MOST = 100
"""A unit has tens of open orders at most; what has ended is found in the office's list."""
TABS = {
    "todo": Q(state__in=[OrderState.SENT, OrderState.ACCEPTED]),
    "sent": Q(state=OrderState.SENT),
    "all": Q(state__in=OPEN_STATES),
    "ended": Q(state__in=ENDED),
}
KEPT_OFFLINE = 40
"""So many orders, the next deadlines first, are kept on the phone with their pages and the map around them."""


@dataclass(frozen=True, slots=True)
class Card:
    """A row with the one verb that moves it on, and its place: of an order about a feature a point on that."""

    row: Row
    verb: str
    place: Point | None


def cards_of(asker: Asker, orders: list[Order]) -> list[Card]:
    """The cards of a list."""
    verbs = {OrderState.SENT: "accept", OrderState.ACCEPTED: "report"}
    return [Card(row, verbs.get(OrderState(row.order.state), ""), row.order.location) for row in rows_of(asker, orders)]


def stops_of(cards: list[Card]) -> list[dict[str, Any]]:
    """The places of cards for the map's script: number, title, position, layer and condition, in the list's order."""
    return [
        {
            "number": card.row.order.number, "title": card.row.order.issue.title, "at": [card.place.x, card.place.y],
            "layer": card.row.order.layer.key if card.row.order.layer else None, "condition": str(card.row.condition),
            "overdue": card.row.overdue,
        }
        for card in cards if card.place is not None
    ]  # fmt: skip


def to_keep(cards: list[Card]) -> list[dict[str, str]]:
    """The order pages that the phone keeps for times without a signal, with a tag that changes when they do."""
    return [
        {"url": f"/field/{card.row.order.number}/", "tag": f"{card.row.order.version}-{card.row.condition}"}
        for card in cards[:KEPT_OFFLINE]
    ]


@owned
@page(May.PAGE_FIELD)
def orders(request: HttpRequest) -> HttpResponse:
    """The unit's orders, the next deadline first; one main verb a card."""
    asker = asker_of(request)
    tab = request.GET.get("tab", "todo")
    tab = tab if tab in TABS else "todo"
    own = Order.objects.visible_to(asker)
    found = listed(asker).filter(TABS[tab])
    found = found.order_by("-ended_at", "-pk") if tab == "ended" else by_deadline(found)
    last_ended = own.filter(state=OrderState.VERIFIED).order_by("-ended_at").values_list("ended_at", flat=True).first()
    cards = cards_of(asker, list(found[:MOST]))
    context = {
        "cards": cards,
        "stops": stops_of(cards),
        "keep": to_keep(cards) if tab != "ended" else [],
        "tab": tab,
        "counts": {name: own.filter(condition).count() for name, condition in TABS.items() if name != "ended"},
        "last_ended": last_ended,
        "place": "orders",
    }
    return render(request, "pages/field/list.html", context)


@owned
@page(May.PAGE_FIELD)
def field_map(request: HttpRequest) -> HttpResponse:
    """The unit's orders on a map of the whole screen, with what lies around them."""
    asker = asker_of(request)
    cards = cards_of(asker, list(by_deadline(listed(asker).filter(TABS["all"]))[:MOST]))
    layers = Layer.objects.visible_to(asker).order_by("position", "key").values_list("key", flat=True)
    context = {"cards": cards, "stops": stops_of(cards), "layers": list(layers), "place": "map"}
    return render(request, "pages/field/map.html", context)


def phone_form_of(verb: str, asker: Asker) -> type[VerbForm] | None:
    """The form of a verb on the phone; None for an unknown verb."""
    return FieldReportForm if verb == "report" else form_of(verb, asker)


def phone_context(request: HttpRequest, order: Order, refused: tuple[str, VerbForm] | None = None) -> dict[str, Any]:
    """What the order's page on the phone shows."""
    asker = asker_of(request)
    context = order_context(request, order, refused)
    is_refused = refused is not None and refused[0] == "report"
    # An accepted order can be reported; one that waits to be accepted can be once the acceptance is on its way.
    if not is_refused and {"accept", "report"} & set(context["forms"]):
        context["forms"]["report"] = FieldReportForm(order=order, asker=asker, auto_id="report-%s")
    issue = with_alarms(Issue.objects.visible_to(asker).filter(pk=order.issue_id), asker).first()
    place = order.location
    name = order.feature.name if order.feature else order.issue.title
    report = context["forms"].get("report")
    mine = order.assignee_id in (None, asker.user_id)
    return context | {
        "alarms": facts_of([row.alarm for row in issue.shown_alarms]) if issue else [],  # type: ignore[attr-defined]
        "at": place,
        "stops": [{"number": order.number, "title": order.issue.title, "at": [place.x, place.y],
                   "layer": order.layer.key if order.layer else None, "condition": str(context["condition"]),
                   "overdue": False}] if place else [],
        "ways": ways_to(place, name) if place else [],
        "questions": report.lines() if isinstance(report, FieldReportForm) else [],
        "report_waits": "report" not in context["data"]["verbs"],
        "can_take_over": "reassign" in context["forms"] and not mine,
        "phone": order.feature.department.phone if order.feature and order.feature.department else "",
        "place": "orders",
    }  # fmt: skip


@owned
@page(May.PAGE_FIELD)
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order on the phone: what, where, until when, and the verbs in reach of the thumb."""
    found = queries.order_of(asker_of(request), number)
    return render(request, "pages/field/order.html", phone_context(request, found) | {"home": "field"})
