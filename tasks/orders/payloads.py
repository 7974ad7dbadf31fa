"""Orders and their trails as API and pages give them (docs/interfaces.md §6)."""

from collections.abc import Iterable
from typing import Any, TypedDict

from envmap.accounts.asker import Asker
from envmap.core import clock
from envmap.core.clock import rfc3339
from layers.catalogue.payloads import geojson
from tasks.issues.payloads import EventPayload, trail_payload

from . import rules
from .models import Order, OrderEvent


class OrderPayload(TypedDict):
    """An order; `verbs` are what the asker may do now, `provisional` says that a deadline may move once the holidays
    of a further year are known."""

    number: str
    issue: str
    title: str
    category: str | None
    category_name: str | None
    evidence: list[str]
    state: str
    department: str
    department_name: str
    assignee: str | None
    assignee_name: str | None
    created_at: str | None
    accept_by: str | None
    report_by: str | None
    due_at: str | None
    provisional: bool
    overdue: bool
    accepted_at: str | None
    reported_at: str | None
    ended_at: str | None
    rework_count: int
    layer: str | None
    feature: str | None
    feature_id: int | None
    location: dict[str, Any] | None
    verbs: list[str]
    version: int
    events: int
    head_hash: str


def order_payload(order: Order, asker: Asker) -> OrderPayload:
    """An order out of `queries.orders`, `order_of` or an action; needs `queries.RELATED` selected."""
    return {
        "number": order.number,
        "issue": order.issue.number,
        "title": order.issue.title,
        "category": order.category.code if order.category else None,
        "category_name": order.category.name if order.category else None,
        "evidence": list(order.category.evidence) if order.category else [],
        "state": order.state,
        "department": order.department.code,
        "department_name": order.department.name,
        "assignee": order.assignee.username if order.assignee else None,
        "assignee_name": order.assignee.name if order.assignee else None,
        "created_at": rfc3339(order.created_at),
        "accept_by": rfc3339(order.accept_by),
        "report_by": rfc3339(order.report_by),
        "due_at": rfc3339(order.due_at),
        "provisional": order.is_provisional,
        "overdue": rules.is_overdue(order, clock.now()),
        "accepted_at": rfc3339(order.accepted_at),
        "reported_at": rfc3339(order.reported_at),
        "ended_at": rfc3339(order.ended_at),
        "rework_count": order.rework_count,
        "layer": order.layer.key if order.layer else None,
        "feature": order.feature.code if order.feature else None,
        "feature_id": order.feature_id,
        "location": geojson(order.location) if order.location else None,
        "verbs": rules.verbs_for(asker, order),
        "version": order.version,
        "events": order.events,
        "head_hash": order.head_hash,
    }


def order_events_payload(order: Order, events: Iterable[OrderEvent]) -> list[EventPayload]:
    """The trail of an order (`queries.events_of`)."""
    return trail_payload(events, url_base=f"/api/v1/orders/{order.number}/attachments")
