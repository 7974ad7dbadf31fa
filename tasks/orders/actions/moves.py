"""The one function that moves an order, under its row's lock; and what follows when one ends."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, Membership, User
from envmap.accounts.roles import May
from envmap.core import audit, clock
from envmap.core.actor import acting
from envmap.core.chains import append_event
from envmap.core.errors import NotVisible
from envmap.core.outbox import Fact, tell
from layers.catalogue.actions import end_grants, hang, lock_condition, set_condition
from layers.catalogue.conditions import Condition, Source
from layers.catalogue.models import Attachment, Feature
from tasks.issues import inputs
from tasks.issues.actions import end_dispatched, lock_row

from .. import rules
from ..deadlines import Clock, NoOfficeHours, deadline
from ..models import Order, OrderAttachment, OrderEvent, OrderEventNote
from ..queries import RELATED, calendar, not_visible
from ..states import OPEN_STATES, UNIT_ROLES, OrderState, step


def locked(
    number: str, *, by: Asker, verb: str, version: int | None = None, body: Mapping[str, Any] | None = None
) -> Order:
    """The order, its row locked, after the refusals in their order: NotSignedIn, NotVisible, NotAllowed, WrongState,
    StaleVersion."""
    by.require_signed_in()
    rows = Order.objects.visible_to(by).select_for_update(of=("self",)).select_related(*RELATED)
    order = rows.filter(number=number).first() if "\x00" not in number else None
    if order is None:
        raise not_visible(number)
    rules.require_may(by, verb, order, body)
    rules.require_state(by, verb, order, body)
    rules.require_version(order, version)
    return order


def move(
    order: Order,
    verb: str,
    *,
    by: Asker,
    at: datetime,
    note: str = "",
    happened_at: datetime | None = None,
    location: Point | None = None,
    accuracy: float | None = None,
    answers: dict[str, Any] | None = None,
    attachments: Sequence[Attachment] = (),
    also_save: Sequence[str] = (),
) -> Order:
    """Moves a locked order by the table: state, version, event with its note, fact. Nothing else writes a state.

    `at` is taken under the lock, so that a trail's instants follow each other as its events do.
    """
    rules.require_state(by, verb, order)
    move = step(verb, by.role)
    assert move is not None  # require_state has refused otherwise
    before = order.state
    order.state = move.end or OrderState(before)
    order.version += 1
    order.save(update_fields=["state", "version", *also_save])
    append_event(
        OrderEvent,
        order,
        by=by.actor,
        verb=verb,
        from_state=before,
        to_state=order.state,
        at=at,
        note=note,
        happened_at=happened_at,
        location=location,
        accuracy=accuracy,
        answers=answers,
        attachments=attachments,
    )
    tell([fact_of(order)])
    return order


def fact_of(order: Order) -> Fact:
    """What open maps learn: for officers and for the unit that has the order now."""
    return Fact(
        "order.moved",
        ["work", f"department:{order.department_id}"],
        layer=order.layer.key if order.layer else None,
        feature=order.feature.code if order.feature else None,
        feature_id=order.feature_id,
        number=order.number,
        state=order.state,
        location=order.location,
    )


def given_of(
    *, department: str | None = None, assignee: int | None = None, report_by: datetime | None = None
) -> dict[str, Any] | None:
    """What an officer or a unit decided at a step, as the trail keeps it under `answers`: to whom, and by when where
    that was set by hand. Codes and ids only: a name in the trail could never be erased.
    """
    given = {"department": department, "assignee": assignee, "report_by": clock.rfc3339(report_by)}
    return {key: value for key, value in given.items() if value is not None} or None


def hang_on(order: Order, ids: Sequence[int], *, by: Asker) -> list[Attachment]:
    """The asker's files, hung on the order; one may hang on several of its events. Raises BadInput (`attachments`)."""
    if isinstance(ids, str) or not isinstance(ids, Sequence):
        raise inputs.refuse("attachments", _("attachments is a list of ids."))
    if not ids:
        return []
    already = set(order.order_attachments.values_list("attachment_id", flat=True))
    files = hang(ids, by=by, already=already)
    OrderAttachment.objects.bulk_create(
        OrderAttachment(order=order, attachment=file) for file in files if file.pk not in already
    )
    return files


def member_of(unit: Department, username: object) -> User:
    """The person of the unit who can take an order, by username; BadInput names `assignee`."""
    found = (
        Membership.objects.select_related("user")
        .filter(
            department=unit,
            user__username=username,
            user__is_active=True,
            ended_at=None,
            role__in=[str(role) for role in UNIT_ROLES],
        )
        .first()
        if isinstance(username, str) and "\x00" not in username
        else None
    )
    if found is None:
        raise inputs.refuse(
            "assignee",
            _("%(unit)s has nobody called %(username)s who takes orders.")
            % {"unit": unit.name, "username": str(username)[:60]},
        )
    return found.user


def set_deadlines(order: Order, *, at: datetime, accept: bool = False, report_by: datetime | None = None) -> list[str]:
    """Sets `report_by` (and with `accept` also `accept_by`) anew from `at`: as given, else by the category's times.

    Without either an order keeps what it has. Gives the names of the fields that may have changed.
    Raises BadInput for a `report_by` that is past, or where working time is asked for and no office hours are loaded.
    """
    category, days = order.category, calendar()
    given = inputs.instant(report_by, field="report_by")
    if given is not None and given <= at:
        raise inputs.refuse("report_by", _("report_by is past; give a time that is still to come."))
    provisional = False
    wanted = [("accept_by", category.accept_within if category else None)] if accept else []
    if given is None:
        wanted.append(("report_by", category.report_within if category else None))
    else:
        order.report_by = given
    for field, span in wanted:
        if category is None or span is None:
            continue
        try:
            end = deadline(at, span, Clock(category.clock), days)
        except NoOfficeHours:
            raise inputs.refuse(
                field, _("No office hours are loaded, so working time cannot be counted; load the reference data.")
            ) from None
        setattr(order, field, end.at)
        provisional = provisional or end.provisional
    # What was provisional stays so until its year is loaded: `due_at` may still hang on it when `report_by` no longer does.
    order.is_provisional = order.is_provisional or provisional
    return ["accept_by", "report_by", "is_provisional"]


def refresh_rectifying(feature: Feature | None) -> None:
    """Says anew, from the orders as they are, whether a feature is being rectified. After the change, inside an action.

    The lock comes before the look: of two actions that each end one of two orders the second sees both ended.
    """
    if feature is None:
        return
    lock_condition(feature.pk, Source.ORDERS)
    is_open = Order.objects.filter(feature=feature, state__in=OPEN_STATES).exists()
    level = Condition.RECTIFYING if is_open else Condition.NORMAL
    set_condition(feature, Source.ORDERS, level, at=clock.now())


def after_end(order: Order, *, by: Asker, at: datetime) -> None:
    """What follows from an order's end: its unit no longer needs to see the feature, the issue settles or falls back."""
    end_grants(reason=order.number)
    # The issue's row is held before its orders are looked at: of two that end at once the second one settles it.
    lock_row(order.issue_id)
    states = set(Order.objects.filter(issue=order.issue_id).values_list("state", flat=True))
    if not states & OPEN_STATES:
        order.issue = end_dispatched(order.issue_id, by=by, at=at, is_verified=OrderState.VERIFIED in states)
    refresh_rectifying(order.feature)


def erase_note(number: str, seq: int, *, by: Asker, reason: str) -> None:
    """Empties the note and salt of one event of an order, for good; the chain still verifies. Audited.

    For whoever administers people: they need not see the order, and learn nothing of it. Raises NotVisible, BadInput.
    """
    by.require(May.EDIT_PEOPLE)
    why = inputs.line(reason, field="reason", longest=200)
    with acting(by.actor):
        note = OrderEventNote.objects.filter(event__subject__number=number, event__seq=seq, erased_at=None)
        if not note.update(note="", salt="", erased_at=clock.now()):
            raise NotVisible(_("Event %(seq)s of %(number)s has no note.") % {"seq": seq, "number": number[:40]})
        audit.record("note.erased", subject=f"order:{number}:{seq}", by=by.actor, reason=why)
