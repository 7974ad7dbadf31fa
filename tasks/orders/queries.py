"""Orders that the asker may know of, their trails and files, and the working calendar."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.core import clock
from envmap.core.errors import NotVisible
from layers.catalogue.models import Attachment

from . import rules
from .deadlines import Calendar
from .models import CalendarDay, OfficeHours, Order, OrderEvent, OrderQuerySet

RELATED = ("issue", "category", "department", "assignee", "layer", "feature")
"""What payloads, rules and facts of an order need selected."""


def orders(
    asker: Asker,
    *,
    state: str | Iterable[str] | None = None,
    issue: str | None = None,
    layer: str | None = None,
    feature: str | None = None,
    department: str | None = None,
    assignee: str | None = None,
    overdue: bool | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> OrderQuerySet:
    """Visible orders, newest first, ready for payloads; one query however many there are.

    `state` one or several; `issue` by number, `layer` by key, `feature` by code (with its layer), `department` by code,
    `assignee` by username; `overdue` now; created in [start, end).
    """
    found = Order.objects.visible_to(asker)
    if state is not None:
        found = found.filter(state__in=[state] if isinstance(state, str) else list(state))
    for path, value in (
        ("issue__number", issue),
        ("layer__key", layer),
        ("feature__code", feature),
        ("department__code", department),
        ("assignee__username", assignee),
        ("created_at__gte", start),
        ("created_at__lt", end),
    ):
        if value is not None:
            found = found.filter(**{path: value})
    if overdue is not None:
        late = rules.overdue_at(clock.now())
        found = found.filter(late) if overdue else found.exclude(late)
    return found.select_related(*RELATED).order_by("-created_at", "-pk")


def not_visible(number: str) -> NotVisible:
    """The refusal for an order that is not there or not to be known of: the same words for both."""
    return NotVisible(_("There is no order %(number)s.") % {"number": number[:40]})


def order_of(asker: Asker, number: str) -> Order:
    """An order by its number, ready for payloads; raises NotVisible."""
    found = orders(asker).filter(number=number).first() if "\x00" not in number else None
    if found is None:
        raise not_visible(number)
    return found


def events_of(order: Order) -> QuerySet[OrderEvent]:
    """The trail in its order, with notes; the order must have been fetched through the asker."""
    return OrderEvent.objects.filter(subject=order).select_related("subject", "words").order_by("seq", "pk")


def attachments_of(order: Order) -> list[Attachment]:
    """The order's files in the order in which they came."""
    return [
        row.attachment for row in order.order_attachments.select_related("attachment").order_by("attachment_id", "pk")
    ]


def attachment_of(asker: Asker, number: str, attachment_id: int) -> Attachment:
    """A file of a visible order; raises NotVisible."""
    order = order_of(asker, number)
    row = order.order_attachments.select_related("attachment").filter(attachment_id=attachment_id).first()
    if row is None:
        raise NotVisible(_("Order %(number)s has no attachment %(id)s.") % {"number": number, "id": attachment_id})
    return row.attachment


def calendar() -> Calendar:
    """The working calendar as it is loaded: a year with any row is a known year."""
    days = list(CalendarDay.objects.values_list("date", "kind"))
    return Calendar(
        hours=tuple(OfficeHours.objects.order_by("start").values_list("start", "end")),
        holidays=frozenset(day for day, kind in days if kind == "holiday"),
        makeup_days=frozenset(day for day, kind in days if kind == "makeup_workday"),
        known_years=frozenset(day.year for day, _kind in days),
    )
