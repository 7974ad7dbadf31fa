"""Where an order can stand, what leads where and who may: the one table (docs/interfaces.md §3). Pure but for the names."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from envmap.accounts.roles import Role


class OrderState(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    REPORTED = "reported"
    RETURNED = "returned"
    VERIFIED = "verified"
    WITHDRAWN = "withdrawn"


ENDED = frozenset({OrderState.VERIFIED, OrderState.WITHDRAWN})
OPEN_STATES = frozenset(OrderState) - ENDED
UNIT_ROLES = frozenset({Role.FIELD, Role.MANAGER, Role.PARTNER})


@dataclass(frozen=True, slots=True)
class Move:
    """A verb: the states it may start from, the one it leads to (None keeps it) and the roles that may ever press it."""

    start: frozenset[OrderState]
    end: OrderState | None
    roles: frozenset[Role]


_S = OrderState
MOVES: dict[str, Move] = {
    "accept": Move(frozenset({_S.SENT}), _S.ACCEPTED, UNIT_ROLES),
    "return": Move(frozenset({_S.SENT, _S.ACCEPTED}), _S.RETURNED, UNIT_ROLES),
    # To a department (officer): sent, returned → sent. Of the assignee alone (unit): sent, accepted, state kept.
    "reassign": Move(
        frozenset({_S.SENT, _S.RETURNED, _S.ACCEPTED}),
        None,
        UNIT_ROLES | {Role.OFFICER},
    ),
    "report": Move(frozenset({_S.ACCEPTED}), _S.REPORTED, UNIT_ROLES),
    "send_back": Move(frozenset({_S.REPORTED}), _S.ACCEPTED, frozenset({Role.OFFICER})),
    "verify": Move(frozenset({_S.REPORTED}), _S.VERIFIED, frozenset({Role.OFFICER})),
    "withdraw": Move(frozenset({_S.SENT, _S.RETURNED}), _S.WITHDRAWN, frozenset({Role.OFFICER})),
    "comment": Move(OPEN_STATES, None, UNIT_ROLES | {Role.OFFICER, Role.SUPERVISOR}),
}
REASSIGN_DEPARTMENT_FROM = frozenset({_S.SENT, _S.RETURNED})
REASSIGN_ASSIGNEE_FROM = frozenset({_S.SENT, _S.ACCEPTED})
DISPATCH = "dispatch"
"""The first event of every trail, made by an officer out of an issue."""


def step(verb: str, role: Role) -> Move | None:
    """The row of MOVES for this role, or None where the role never presses it.

    `reassign` is two: an officer hands the order to another department, the unit to another of its people.
    """
    move = MOVES.get(verb)
    if move is None or role not in move.roles:
        return None
    if verb != "reassign":
        return move
    if role is Role.OFFICER:
        return Move(REASSIGN_DEPARTMENT_FROM, _S.SENT, move.roles)
    return Move(REASSIGN_ASSIGNEE_FROM, None, move.roles)


OVERDUE: tuple[tuple[frozenset[OrderState], str], ...] = (
    (frozenset({_S.SENT}), "accept_by"),
    (frozenset({_S.SENT, _S.ACCEPTED}), "report_by"),
)
"""An order in one of these states is overdue once the named deadline has passed."""

STATE_NAMES = {
    _S.SENT: _("sent"),
    _S.ACCEPTED: _("in hand"),
    _S.REPORTED: _("reported done"),
    _S.RETURNED: _("returned"),
    _S.VERIFIED: _("verified"),
    _S.WITHDRAWN: _("withdrawn"),
}
VERB_NAMES = {
    DISPATCH: _("dispatch"),
    "accept": _("accept"),
    "return": _("return"),
    "reassign": _("reassign"),
    "report": _("report done"),
    "send_back": _("send back"),
    "verify": _("verify"),
    "withdraw": _("withdraw"),
    "comment": _("comment"),
}
"""For people; the keys are what data and the API say."""
