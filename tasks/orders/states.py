"""Where an order can stand, what leads where and who may: the one table (docs/interfaces.md §3). Pure."""

from dataclasses import dataclass
from enum import StrEnum

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
