"""Loading the working calendar; deadlines that were provisional are set right when their year is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May, Role
from envmap.core.actor import acting
from envmap.core.errors import BadInput

from ..deadlines import Calendar, Clock, deadline
from ..models import CalendarDay, OfficeHours, Order, OrderEvent
from ..queries import calendar
from ..states import DISPATCH, OPEN_STATES

KINDS = ("holiday", "makeup_workday")


def load_calendar(*, by: Asker, days: Sequence[Mapping[str, Any]]) -> int:
    """Makes or changes days that differ from Monday to Friday: rows of `date` (ISO), `kind`, `name`.

    A year of which a row is loaded is a known one; deadlines of open orders that were provisional are computed anew.
    Whole or not at all; gives how many deadlines' orders changed. Raises BadInput with the index of a row.
    """
    by.require(May.EDIT_LAYERS)
    rows = [_day(index, row) for index, row in enumerate(days)]
    with acting(by.actor):
        open_ones = list(
            Order.objects.select_for_update(of=("self",))
            .select_related("category")
            .filter(state__in=OPEN_STATES, is_provisional=True)
            .order_by("pk")
        )
        before = calendar()
        CalendarDay.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["date"], update_fields=["kind", "name"]
        )
        after = calendar()
        return sum(_recompute(order, before, after) for order in open_ones)


def _day(index: int, row: Mapping[str, Any]) -> CalendarDay:
    raw, kind = row.get("date"), row.get("kind")
    try:
        day = raw if isinstance(raw, date) else date.fromisoformat(str(raw))
    except ValueError:
        detail = _("Row %(row)d: %(raw)s is no date; write it like 2026-10-01.") % {"row": index, "raw": raw}
        raise BadInput(detail, [{"index": index, "field": "date", "detail": detail}]) from None
    if kind not in KINDS:
        detail = _("Row %(row)d: kind is %(kind)s; it is one of %(all)s.") % {
            "row": index,
            "kind": kind,
            "all": ", ".join(KINDS),
        }
        raise BadInput(detail, [{"index": index, "field": "kind", "detail": detail}])
    return CalendarDay(date=day, kind=kind, name=str(row.get("name") or ""))


@dataclass(frozen=True, slots=True)
class _Run:
    """From when a deadline runs, and whether somebody set it by hand instead."""

    start: datetime
    by_hand: bool = False


def _recompute(order: Order, before: Calendar, after: Calendar) -> bool:
    """Sets right what the old calendar gave; what somebody set by hand stays, and so does what other times gave."""
    category = order.category
    if category is None:
        return False
    sent, due, last = _runs(order)
    clock = Clock(category.clock)
    provisional = False
    changed = []
    for field, run, span in (
        ("accept_by", sent, category.accept_within),
        ("report_by", last, category.report_within),
        ("due_at", due, category.report_within),
    ):
        if span is None or run.by_hand or getattr(order, field) != deadline(run.start, span, clock, before).at:
            continue
        now = deadline(run.start, span, clock, after)
        provisional = provisional or now.provisional
        if getattr(order, field) != now.at:
            setattr(order, field, now.at)
            changed.append(field)
    if provisional == order.is_provisional and not changed:
        return False
    order.is_provisional = provisional
    order.save(update_fields=["is_provisional", *changed])
    return True


def _runs(order: Order) -> tuple[_Run, _Run, _Run]:
    """By the trail: since when accepting runs, since when the whole is due, and since when reporting runs."""
    sent = due = last = _Run(order.created_at)
    for event in OrderEvent.objects.filter(subject=order, verb__in=[DISPATCH, "reassign", "send_back"]).order_by("seq"):
        run = _Run(event.at, by_hand="report_by" in (event.answers or {}))
        if event.verb == "send_back":
            last = run
        elif event.verb == DISPATCH:
            sent, due, last = _Run(event.at), run, run
        elif event.by_role == Role.OFFICER:
            sent, last = run, run
    return sent, due, last


def load_office_hours(*, by: Asker, spans: Sequence[Sequence[str]]) -> int:
    """Replaces the office hours by spans of `["08:30", "12:00"]`, local time, in any order, not overlapping.

    Deadlines that are set stay; new ones follow. Raises BadInput.
    """
    by.require(May.EDIT_LAYERS)
    hours = sorted(_span(index, span) for index, span in enumerate(spans))
    for index, ((_a, closes), (opens, _b)) in enumerate(zip(hours, hours[1:], strict=False)):
        if opens < closes:
            detail = _("Office hours overlap at %(time)s.") % {"time": f"{opens:%H:%M}"}
            raise BadInput(detail, [{"index": index + 1, "detail": detail}])
    if not hours:
        raise BadInput(_("There must be office hours: working time is counted in them."))
    with acting(by.actor):
        OfficeHours.objects.all().delete()
        OfficeHours.objects.bulk_create(OfficeHours(start=a, end=b) for a, b in hours)
    return len(hours)


def _span(index: int, span: Sequence[str]) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(str(raw)) for raw in span)
        if opens < closes:
            return opens, closes
    except ValueError:
        pass
    detail = _("Row %(row)d: expected are two times of a day, the earlier one first, like 08:30 and 12:00.") % {
        "row": index
    }
    raise BadInput(detail, [{"index": index, "detail": detail}])
