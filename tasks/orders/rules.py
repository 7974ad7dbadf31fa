"""Who may press which verb on which order, from where, and when an order is overdue: all by the table in `states`.

Refusals come in this order: who (404, 403), state (409), version (412), body (422).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import ROLE_NAMES, Role, Scope
from envmap.core.errors import EnvmapError, NotAllowed, NotVisible, StaleVersion, WrongState

from .models import Order
from .states import MOVES, OVERDUE, STATE_NAMES, UNIT_ROLES, VERB_NAMES, OrderState, step

_OUTSIDE_THE_UNIT = frozenset({"send_back", "verify"})


Refusal = Callable[[], EnvmapError]
"""What would be raised; its sentence is made only then, because lists ask about every verb of every order."""


def require_may(asker: Asker, verb: str, order: Order, body: Mapping[str, Any] | None = None) -> None:
    """Raises NotVisible for an unknown verb, NotAllowed where this is never for the asker, whatever the state.

    `body` is the verb's; only `reassign` looks into it: who may name a department, and who a person.
    """
    asker.require_signed_in()
    if refusal := _never(asker, verb, order, body):
        raise refusal()


def require_state(asker: Asker, verb: str, order: Order, body: Mapping[str, Any] | None = None) -> None:
    """Raises WrongState where the order stands somewhere from which the verb does not lead for this asker."""
    if refusal := _not_now(asker, verb, order):
        raise refusal()


def verbs_for(asker: Asker, order: Order) -> list[str]:
    """What the asker may do with the order now: every verb that neither of the two rules above refuses."""
    return [verb for verb in MOVES if not (_never(asker, verb, order, None) or _not_now(asker, verb, order))]


def missing_for(asker: Asker, order: Order) -> list[tuple[str, str]]:
    """The verbs that the asker's role has but that are not possible here and now, each with the sentence why."""
    found = []
    for verb in MOVES:
        if step(verb, asker.role) is None:
            continue
        refusal = _never(asker, verb, order, None) or _not_now(asker, verb, order)
        if refusal:
            found.append((verb, refusal().detail))
    return found


def _never(asker: Asker, verb: str, order: Order, body: Mapping[str, Any] | None) -> Refusal | None:
    if verb not in MOVES:
        return lambda: NotVisible(_("There is no verb %(verb)s for an order.") % {"verb": verb[:40]})
    if step(verb, asker.role) is None:
        return lambda: NotAllowed(
            _("The role %(role)s does not allow “%(verb)s”.")
            % {"role": ROLE_NAMES[asker.role], "verb": VERB_NAMES[verb]}
        )
    if Scope.WRITE not in asker.scopes:
        return lambda: NotAllowed(_("This token's scopes do not allow writing."))
    if asker.role in UNIT_ROLES and asker.department_id != order.department_id:
        return lambda: NotAllowed(_("Order %(number)s belongs to another unit.") % {"number": order.number})
    if verb in _OUTSIDE_THE_UNIT and order.department_id in asker.department_ids:
        return lambda: NotAllowed(
            _("Order %(number)s is your own unit's: somebody else judges what it has done.") % {"number": order.number}
        )
    # A field worker reports only what is theirs; with nobody named it is the state that refuses.
    if verb == "report" and asker.role is Role.FIELD and order.assignee_id not in (None, asker.user_id):
        return lambda: NotAllowed(
            _("Order %(number)s is in the hands of %(name)s, who reports it.")
            % {"number": order.number, "name": order.assignee.name if order.assignee else ""}
        )
    if verb == "reassign" and body is not None:
        return _never_to_them(asker, body)
    return None


def _never_to_them(asker: Asker, body: Mapping[str, Any]) -> Refusal | None:
    """Who may name a department, and who which person."""
    if asker.role is Role.OFFICER:
        if body.get("assignee") is not None:
            return lambda: NotAllowed(_("Whom it sends is the unit's own business; name a department."))
        return None
    if body.get("department") is not None:
        return lambda: NotAllowed(_("Only an officer hands an order to another department; you may return it."))
    if asker.role is not Role.MANAGER and body.get("assignee") not in (None, asker.username):
        return lambda: NotAllowed(_("You may name yourself; only the unit's manager names others."))
    return None


def _not_now(asker: Asker, verb: str, order: Order) -> Refusal | None:
    move = step(verb, asker.role)
    start = move.start if move is not None else frozenset()
    if order.state not in start:
        return lambda: WrongState(
            _("Order %(number)s is %(state)s (%(code)s); “%(verb)s” is possible only from: %(start)s.")
            % {
                "number": order.number,
                "state": STATE_NAMES[OrderState(order.state)],
                "code": order.state,
                "verb": VERB_NAMES[verb],
                "start": ", ".join(str(STATE_NAMES[s]) for s in OrderState if s in start),
            }
        )
    if verb == "return" and order.reported_at is not None:
        return lambda: WrongState(
            _("Order %(number)s has been reported on; it can no longer be returned.") % {"number": order.number}
        )
    return None


def require_version(order: Order, version: int | None) -> None:
    """Raises StaleVersion where the asker looked at an older one."""
    if version is not None and version != order.version:
        raise StaleVersion(
            _("Order %(number)s has changed since (version %(now)d, yours was %(yours)s); look at it again.")
            % {"number": order.number, "now": order.version, "yours": version}
        )


def is_overdue(order: Order, now: datetime) -> bool:
    """Whether a deadline that still counts in this state has passed at `now`."""
    return any(
        order.state in states and (limit := getattr(order, field)) is not None and limit < now
        for states, field in OVERDUE
    )


def overdue_at(now: datetime) -> Q:
    """The same as a condition over rows."""
    found = Q(pk__in=[])
    for states, field in OVERDUE:
        found |= Q(state__in=[str(s) for s in states], **{f"{field}__lt": now})
    return found
