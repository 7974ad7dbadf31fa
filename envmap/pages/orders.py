"""The orders' list and the page of one, in the office."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from envmap.accounts.asker import Asker
from envmap.accounts.looks import last_look
from envmap.accounts.models import Department, LastLook
from envmap.accounts.roles import May
from envmap.core import clock
from layers.catalogue.conditions import Condition
from layers.catalogue.models import Attachment, Feature, Layer
from layers.sensors.models import Alarm
from tasks.orders import queries, rules
from tasks.orders.models import Order, OrderEvent
from tasks.orders.payloads import order_events_payload, order_payload
from tasks.orders.states import ENDED, OPEN_STATES, OrderState

from . import clocks, evidence, trails, words
from .doors import asker_of, page
from .order_forms import VerbForm, form_of
from .templatetags.minimap import Mark, Spot, spot_of

PAGE = 50
TABS = ("mine", "open", "verify", "ended")
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
    is_new: bool

    @property
    def spot(self) -> Spot | None:
        """Where the row lies on the small map beside the list."""
        order = self.order
        return spot_of(
            order.number,
            order.location,
            name=order.feature.name if order.feature else order.issue.title,
            layer=order.layer.key if order.layer else None,
            condition=self.condition,
        )


def conditions_of(asker: Asker, feature_ids: set[int]) -> dict[int, Condition]:
    """How the features are doing, as far as the asker sees them; one query."""
    seen = Feature.objects.visible_to(asker).filter(pk__in=feature_ids).with_condition()
    return {feature.pk: feature.condition for feature in seen.only("pk")}


def rows_of(asker: Asker, orders: list[Order], since: datetime | None = None) -> list[Row]:
    """The lines of a list; new is what has come or moved after `since`, the last look."""
    found = conditions_of(asker, {o.feature_id for o in orders if o.feature_id})
    now = clocks.now()
    return [
        Row(
            order,
            found.get(order.feature_id or 0, Condition.NORMAL),
            clocks.running(order),
            rules.is_overdue(order, now),
            since is not None and last_moved(order) > since,
        )
        for order in orders
    ]


def last_moved(order: Order) -> datetime:
    """The newest of the instants that an order keeps."""
    return max(filter(None, (order.created_at, order.accepted_at, order.reported_at, order.ended_at)))


def dispatched_by(asker: Asker) -> Exists:
    """The orders that the asker sent out, whoever holds them now."""
    sent = OrderEvent.objects.filter(subject=OuterRef("pk"), verb="dispatch", by_id=asker.user_id or 0)
    return Exists(sent)


def default_tab(asker: Asker) -> str:
    """An officer's own orders first, where there are any; a unit's list is its own anyway."""
    if not asker.may(May.DISPATCH):
        return "open"
    mine = Order.objects.visible_to(asker).filter(dispatched_by(asker), state__in=OPEN_STATES)
    return "mine" if mine.exists() else "open"


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
    today: bool
    q: str

    @classmethod
    def of(cls, request: HttpRequest, tab: str) -> "Filters":
        """Out of the query string; `tab` where it names none."""
        get = {
            name: request.GET.get(name, "").strip()[:100]
            for name in ("tab", "sort", "layer", "department", "state", "q")
        }
        return cls(
            tab=get["tab"] if get["tab"] in TABS else tab,
            sort=get["sort"] if get["sort"] in SORTS else "deadline",
            layer=get["layer"],
            department=get["department"],
            state=get["state"] if get["state"] in set(OrderState) else "",
            overdue=request.GET.get("overdue") == "true",
            today=request.GET.get("today") == "true",
            q=get["q"],
        )

    def apply(self, orders: QuerySet[Order], asker: Asker) -> QuerySet[Order]:
        """The orders that fit, in the order asked for."""
        states = {"mine": OPEN_STATES, "open": OPEN_STATES, "verify": {OrderState.REPORTED}, "ended": ENDED}[self.tab]
        orders = orders.filter(state__in={self.state} & set(states) if self.state else states)
        if self.tab == "mine":
            orders = orders.filter(dispatched_by(asker))
        if self.layer:
            orders = orders.filter(layer__key=self.layer)
        if self.department:
            orders = orders.filter(department__code=self.department)
        if self.overdue:
            orders = orders.filter(rules.overdue_at(clocks.now()))
        if self.today:
            orders = orders.filter(due_today(clocks.now()))
        if self.q:
            orders = orders.filter(
                Q(number__icontains=self.q) | Q(issue__title__icontains=self.q)
                | Q(feature__name__icontains=self.q) | Q(feature__code__iexact=self.q)
            )  # fmt: skip
        if self.tab == "ended":
            return orders.order_by("-ended_at", "-pk")
        return by_deadline(orders) if self.sort == "deadline" else orders.order_by("-created_at", "-pk")


def due_today(now: datetime) -> Q:
    """Orders whose next clock strikes before the coming midnight (Asia/Shanghai) and has not struck yet."""
    local = now.astimezone(clock.SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return Q(state=OrderState.SENT, accept_by__gte=now, accept_by__lt=midnight) | Q(
        state=OrderState.ACCEPTED, report_by__gte=now, report_by__lt=midnight
    )


def figures(orders: QuerySet[Order]) -> dict[str, int]:
    """Counts above the list, of all open orders that the asker sees."""
    count: dict[str, int] = orders.filter(state__in=OPEN_STATES).aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=rules.overdue_at(clocks.now())),
        today=Count("pk", filter=due_today(clocks.now())),
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
    """The list beside its map: an officer's own first, by deadline or newest first."""
    asker = asker_of(request)
    filters = Filters.of(request, default_tab(asker))
    since = last_look(asker, LastLook.Place.ORDERS)
    shown: Page[Order] = Paginator(filters.apply(listed(asker), asker), PAGE).get_page(request.GET.get("page"))
    lines = rows_of(asker, list(shown.object_list), since)
    context = {
        "rows": shown,
        "lines": lines,
        "since": since,
        "new": sum(line.is_new for line in lines),
        "may_report": asker.may(May.REPORT_ISSUES),
        "may_judge": asker.may(May.DISPATCH),
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
    files = {file.pk: file for file in queries.attachments_of(order)}
    pair = before_and_after(order, files)
    return {
        "order": order,
        "evidence": evidence.pieces(
            data["evidence"],
            evidence.given_by(order, said, types=types_of(files), cleared=all_cleared(asker, order)),
        ),
        "before": pair[0] if pair else None,
        "after": pair[1] if pair else None,
        "missing": rules.missing_for(asker, order),
        "spots": [
            spot_of(
                order.number,
                order.location,
                name=order.feature.name if order.feature else order.issue.title,
                layer=order.layer.key if order.layer else None,
                condition=condition.get(order.feature_id or 0, Condition.NORMAL),
            )
        ],
        "marks": marks_of(said),
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


def types_of(files: dict[int, Attachment]) -> dict[int, str]:
    """Content types by id."""
    return {pk: file.content_type for pk, file in files.items()}


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo with the instant at which it was taken, or arrived where the camera did not say."""

    url: str
    at: datetime


def before_and_after(order: Order, files: dict[int, Attachment]) -> tuple[Shot, Shot] | None:
    """The earliest photo of the matter and the latest of the work; None where there are no two."""
    found = [(file, f"/api/v1/orders/{order.number}/attachments/{file.pk}") for file in files.values()]
    for row in order.issue.issue_attachments.select_related("attachment"):
        found.append((row.attachment, f"/api/v1/issues/{order.issue.number}/attachments/{row.attachment_id}"))
    shots = [Shot(url, f.taken_at or f.uploaded_at) for f, url in found if f.content_type.startswith("image/")]
    if len(shots) < 2:
        return None
    return min(shots, key=lambda shot: shot.at), max(shots, key=lambda shot: shot.at)


def all_cleared(asker: Asker, order: Order) -> bool | None:
    """Whether every alarm behind the order's issue has cleared; None where it came from no alarm that the asker sees."""
    alarms = Alarm.objects.visible_to(asker).filter(issue_alarm__issue=order.issue_id)
    cleared = list(alarms.values_list("cleared_at", flat=True))
    return all(cleared) if cleared else None


def marks_of(events: list[dict[str, Any]]) -> list[Mark]:
    """The positions that reports gave."""
    return [
        Mark(lon, lat, str(words.ORDER_EVENTS[event["verb"]]), event["accuracy"])
        for event in events
        if event["location"]
        for lon, lat in [event["location"]["coordinates"]]
    ]


@page()
def peek(request: HttpRequest, number: str) -> HttpResponse:
    """A few words about an order beside the list, with what the asker may do now (htmx)."""
    found = queries.order_of(asker_of(request), number)
    return render(request, "pages/order_peek.html", order_context(request, found) | {"home": "orders"})


@page()
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order with its trail and the verbs that the asker may use now."""
    found = queries.order_of(asker_of(request), number)
    return render(request, "pages/order.html", order_context(request, found) | {"home": "orders"})
