"""The field team's list and order page, made for a phone."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from envmap.accounts.roles import May
from tasks.orders import queries
from tasks.orders.models import Order
from tasks.orders.states import ENDED, OPEN_STATES, OrderState

from .doors import asker_of, page
from .orders import by_deadline, listed, order_context, rows_of

MOST = 100
"""A unit has tens of open orders at most; what has ended is found in the office's list."""
TABS = {
    "todo": Q(state__in=[OrderState.SENT, OrderState.ACCEPTED]),
    "sent": Q(state=OrderState.SENT),
    "all": Q(state__in=OPEN_STATES),
    "ended": Q(state__in=ENDED),
}


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
    context = {
        "lines": rows_of(asker, list(found[:MOST])),
        "tab": tab,
        "counts": {name: own.filter(condition).count() for name, condition in TABS.items() if name != "ended"},
        "last_ended": last_ended,
    }
    return render(request, "pages/field.html", context)


@page(May.PAGE_FIELD)
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order on the phone: what, where, until when, and the verbs in reach of the thumb."""
    found = queries.order_of(asker_of(request), number)
    return render(request, "pages/field_order.html", order_context(request, found) | {"home": "field"})
