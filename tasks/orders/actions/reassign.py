"""Handing an order on: to another department (officer), or to another person of the unit."""

from datetime import datetime

from django.utils.translation import gettext as _

from envmap.accounts.actions import department_of, tell_rights_changed_in
from envmap.accounts.asker import Asker
from envmap.accounts.roles import Role
from envmap.core import clock
from envmap.core.actor import acting
from layers.catalogue.actions import end_grants, grant
from tasks.issues import inputs

from ..models import Order
from .moves import given_of, locked, member_of, move, set_deadlines


def reassign(
    number: str,
    *,
    by: Asker,
    department: str | None = None,
    assignee: str | None = None,
    note: str = "",
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Order:
    """To another `department` (code; by an officer: sent anew, with the category's times anew, `due_at` stays), or to
    another `assignee` (username; by the unit: state and times are kept). One of the two. Raises BadInput otherwise.
    """
    with acting(by.actor):
        body = {"department": department, "assignee": assignee}
        order = locked(number, by=by, verb="reassign", version=version, body=body)
        words = inputs.note(note)
        since = inputs.instant(happened_at, field="happened_at")
        at = clock.now()
        if by.role is Role.OFFICER:
            changed = _to_department(order, department, at=at)
            whose = given_of(department=order.department.code)
        else:
            changed = _to_person(order, assignee)
            whose = given_of(assignee=order.assignee_id)
        return move(order, "reassign", by=by, at=at, note=words, happened_at=since, answers=whose, also_save=changed)


def _to_department(order: Order, code: str | None, *, at: datetime) -> list[str]:
    if code is None:
        raise inputs.refuse("department", _("Name the department that gets the order."))
    unit = department_of(inputs.line(code, field="department", longest=40))
    former = order.department
    order.department = unit
    order.assignee = None
    order.accepted_at = None
    changed = set_deadlines(order, at=at, accept=True)
    end_grants(reason=order.number)
    if order.feature is not None:
        grant(order.feature, unit, reason=order.number)
    if unit.pk != former.pk:
        # The former unit may no longer learn of the order, so no fact tells it; its open pages are made to read anew.
        tell_rights_changed_in(former)
    return ["department", "assignee", "accepted_at", *changed]


def _to_person(order: Order, username: str | None) -> list[str]:
    if username is None:
        raise inputs.refuse("assignee", _("Name the person who gets the order."))
    order.assignee = member_of(order.department, username)
    return ["assignee"]
