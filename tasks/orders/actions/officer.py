"""What an officer does: dispatches, sends back, verifies, withdraws."""

from datetime import datetime

from envmap.accounts.actions import department_of
from envmap.accounts.asker import Asker
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.chains import append_event
from envmap.core.numbers import next_number
from envmap.core.outbox import tell
from layers.catalogue.actions import grant
from tasks.issues import inputs
from tasks.issues.actions import dispatch_issue
from tasks.issues.actions import locked as locked_issue

from ..models import Order, OrderEvent
from ..states import DISPATCH, OrderState
from .moves import after_end, fact_of, given_of, locked, member_of, move, refresh_rectifying, set_deadlines

SERIES = "ZF"


def dispatch(
    issue_number: str,
    *,
    by: Asker,
    department: str,
    assignee: str | None = None,
    note: str = "",
    report_by: datetime | None = None,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Order:
    """Makes an order for a unit out of an issue; a reported issue is filed first, `version` is the issue's.

    `accept_by` and, unless given, `report_by` come from the category in working time; `due_at` is `report_by` as first
    set. The unit sees the feature from now on, which counts as being rectified. Raises NotVisible, NotAllowed,
    WrongState, StaleVersion, BadInput naming the field.
    """
    with acting(by.actor):
        issue = locked_issue(issue_number, by=by, verb=DISPATCH, version=version)
        words, since = inputs.note(note), inputs.instant(happened_at, field="happened_at")
        at = clock.now()
        unit = department_of(inputs.line(department, field="department", longest=40))
        order = Order(
            issue=issue,
            category=issue.category,
            state=OrderState.SENT,
            department=unit,
            assignee=member_of(unit, assignee) if assignee is not None else None,
            dispatched_by_id=by.department_id,
            created_at=at,
            layer=issue.layer,
            feature=issue.feature,
            location=issue.location,
        )
        set_deadlines(order, at=at, accept=True, report_by=report_by)
        order.due_at = order.report_by
        order.number = next_number(SERIES)
        order.save(force_insert=True)
        dispatch_issue(issue, by=by, at=at, happened_at=since)
        append_event(
            OrderEvent,
            order,
            by=by.actor,
            verb=DISPATCH,
            to_state=order.state,
            at=at,
            note=words,
            happened_at=since,
            answers=given_of(department=unit.code, assignee=order.assignee_id, report_by=report_by),
        )
        if order.feature is not None:
            grant(order.feature, unit, reason=order.number)
        refresh_rectifying(order.feature)
        tell([fact_of(order)])
        return order


def send_back(
    number: str,
    *,
    by: Asker,
    note: str = "",
    report_by: datetime | None = None,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Order:
    """Back to the unit, which has to do it again: with a time given, else the category's anew. `due_at` stays."""
    with acting(by.actor):
        order = locked(number, by=by, verb="send_back", version=version)
        words = inputs.note(note, needed=True)
        at = clock.now()
        changed = set_deadlines(order, at=at, report_by=report_by)
        order.rework_count += 1
        return move(
            order,
            "send_back",
            by=by,
            at=at,
            note=words,
            happened_at=inputs.instant(happened_at, field="happened_at"),
            answers=given_of(report_by=report_by),
            also_save=["rework_count", *changed],
        )


def verify(
    number: str, *, by: Asker, note: str = "", version: int | None = None, happened_at: datetime | None = None
) -> Order:
    """Accepts what the unit has done, and ends the order; with its last open order the issue is settled."""
    return _end("verify", number, by=by, note=note, note_needed=False, version=version, happened_at=happened_at)


def withdraw(
    number: str, *, by: Asker, note: str = "", version: int | None = None, happened_at: datetime | None = None
) -> Order:
    """Takes an order back, with the reason; the issue falls back to `accepted` when no other order was verified."""
    return _end("withdraw", number, by=by, note=note, note_needed=True, version=version, happened_at=happened_at)


def _end(
    verb: str,
    number: str,
    *,
    by: Asker,
    note: str,
    note_needed: bool,
    version: int | None,
    happened_at: datetime | None,
) -> Order:
    with acting(by.actor):
        order = locked(number, by=by, verb=verb, version=version)
        order.ended_at = at = clock.now()
        move(
            order,
            verb,
            by=by,
            at=at,
            note=inputs.note(note, needed=note_needed),
            happened_at=inputs.instant(happened_at, field="happened_at"),
            also_save=["ended_at"],
        )
        after_end(order, by=by, at=at)
        return order
