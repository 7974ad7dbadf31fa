"""The orders' list and the page of one, in the office."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.accounts.roles import May
from layers.catalogue.conditions import Condition
from layers.catalogue.models import Feature, Layer
from tasks.orders import queries, rules
from tasks.orders.models import Order
from tasks.orders.payloads import order_events_payload, order_payload
from tasks.orders.states import ENDED, OPEN_STATES, OrderState

from . import clocks, trails
from .doors import asker_of, page
from .order_forms import VerbForm, form_of

PAGE = 50
TABS = ("open", "verify", "ended")
SORTS = ("deadline", "newest")
PRIMARY = {
    OrderState.SENT: "accept",
    OrderState.ACCEPTED: "report",
    OrderState.REPORTED: "verify",
    OrderState.RETURNED: "reassign",
}
"""The verb that moves an order on: its form is open, the others fold."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list: the order, how its feature is doing, and the clock that strikes next."""

    order: Order
    condition: Condition
    clock: clocks.Deadline | None
    overdue: bool


def conditions_of(asker: Asker, feature_ids: set[int]) -> dict[int, Condition]:
    """How the features are doing, as far as the asker sees them; one query."""
    seen = Feature.objects.visible_to(asker).filter(pk__in=feature_ids).with_condition()
    return {feature.pk: feature.condition for feature in seen.only("pk")}


def rows_of(asker: Asker, orders: list[Order]) -> list[Row]:
    """The lines of a list."""
    found = conditions_of(asker, {o.feature_id for o in orders if o.feature_id})
    now = clocks.now()
    return [
        Row(
            order,
            found.get(order.feature_id or 0, Condition.NORMAL),
            clocks.running(order),
            rules.is_overdue(order, now),
        )
        for order in orders
    ]


def by_deadline(orders: QuerySet[Order]) -> QuerySet[Order]:
    """The clock that strikes next first; those whose clock stands still at the end."""
    due = Case(
        When(state=OrderState.SENT, then=F("accept_by")),
        When(state=OrderState.ACCEPTED, then=F("report_by")),
        default=Value(None),
    )
    return orders.annotate(strikes=due).order_by(F("strikes").asc(nulls_last=True), "-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list's address asks for; unknown words count as nothing, a page is no API."""

    tab: str
    sort: str
    layer: str
    department: str
    state: str
    overdue: bool
    q: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Filters":
        """Out of the query string."""
        get = {
            name: request.GET.get(name, "").strip()[:100]
            for name in ("tab", "sort", "layer", "department", "state", "q")
        }
        return cls(
            tab=get["tab"] if get["tab"] in TABS else "open",
            sort=get["sort"] if get["sort"] in SORTS else "deadline",
            layer=get["layer"],
            department=get["department"],
            state=get["state"] if get["state"] in set(OrderState) else "",
            overdue=request.GET.get("overdue") == "true",
            q=get["q"],
        )

    def apply(self, orders: QuerySet[Order]) -> QuerySet[Order]:
        """The orders that fit, in the order asked for."""
        states = {"open": OPEN_STATES, "verify": {OrderState.REPORTED}, "ended": ENDED}[self.tab]
        orders = orders.filter(state__in={self.state} & set(states) if self.state else states)
        if self.layer:
            orders = orders.filter(layer__key=self.layer)
        if self.department:
            orders = orders.filter(department__code=self.department)
        if self.overdue:
            orders = orders.filter(rules.overdue_at(clocks.now()))
        if self.q:
            orders = orders.filter(
                Q(number__icontains=self.q) | Q(issue__title__icontains=self.q)
                | Q(feature__name__icontains=self.q) | Q(feature__code__iexact=self.q)
            )  # fmt: skip
        if self.tab == "ended":
            return orders.order_by("-ended_at", "-pk")
        return by_deadline(orders) if self.sort == "deadline" else orders.order_by("-created_at", "-pk")


def figures(orders: QuerySet[Order]) -> dict[str, int]:
    """Counts above the list, of all open orders that the asker sees."""
    count: dict[str, int] = orders.filter(state__in=OPEN_STATES).aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=rules.overdue_at(clocks.now())),
        sent=Count("pk", filter=Q(state=OrderState.SENT)),
        accepted=Count("pk", filter=Q(state=OrderState.ACCEPTED)),
        reported=Count("pk", filter=Q(state=OrderState.REPORTED)),
        returned=Count("pk", filter=Q(state=OrderState.RETURNED)),
    )
    return count


def listed(asker: Asker) -> QuerySet[Order]:
    """The orders that the asker sees, with what a line shows."""
    return Order.objects.visible_to(asker).select_related(
        "issue", "department", "assignee", "layer", "feature__town", "category"
    )


@page(May.PAGE_QUEUE)
def orders(request: HttpRequest) -> HttpResponse:
    """The list, by deadline or newest first."""
    asker, filters = asker_of(request), Filters.of(request)
    shown: Page[Order] = Paginator(filters.apply(listed(asker)), PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": shown,
        "lines": rows_of(asker, list(shown.object_list)),
        "filters": filters,
        "figures": figures(Order.objects.visible_to(asker)),
        "layers": Layer.objects.visible_to(asker).order_by("position", "key"),
        "departments": Department.objects.filter(
            pk__in=Order.objects.visible_to(asker).order_by().values("department")
        ).order_by("code"),
        "states": [s for s in OrderState if s in OPEN_STATES],
    }
    return render(request, "pages/orders.html", context)


def order_context(request: HttpRequest, order: Order, refused: tuple[str, VerbForm] | None = None) -> dict[str, Any]:
    """What both pages of an order show: the office's and the field's."""
    asker = asker_of(request)
    data = order_payload(order, asker)
    said: list[dict[str, Any]] = [dict(event) for event in order_events_payload(order, queries.events_of(order))]
    forms = {
        verb: kind(order=order, asker=asker, auto_id=f"{verb}-%s")
        for verb in data["verbs"]
        if (kind := form_of(verb, asker))
    }
    primary = refused[0] if refused else PRIMARY.get(OrderState(order.state), "")
    if refused:
        forms[refused[0]] = refused[1]
    forms = dict(sorted(forms.items(), key=lambda one: one[0] != primary))
    condition = conditions_of(asker, {order.feature_id}) if order.feature_id else {}
    return {
        "order": order,
        "data": data,
        "condition": condition.get(order.feature_id or 0, Condition.NORMAL),
        "feature_is_visible": order.feature_id in condition,
        "clocks": clocks.deadlines(order),
        "check": trails.check(said, count=order.events, head=order.head_hash),
        "trail": trails.with_departments(said),
        "photos": [photo for event in said for photo in event["attachments"]],
        "forms": forms,
        "primary": primary if primary in forms else "",
        "refused_verb": refused[0] if refused else "",
        "is_kept_only": refused is not None and refused[0] not in data["verbs"],
    }


@page()
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order with its trail and the verbs that the asker may use now."""
    found = queries.order_of(asker_of(request), number)
    return render(request, "pages/order.html", order_context(request, found) | {"home": "orders"})
