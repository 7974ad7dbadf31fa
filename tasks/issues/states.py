"""Where an issue can stand and what leads where. Pure."""

from enum import StrEnum


class IssueState(StrEnum):
    REPORTED = "reported"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISPATCHED = "dispatched"
    SETTLED = "settled"


# verb: (may start from, leads to). `dispatch` on a reported issue files it first, so that its trail has both events.
MOVES: dict[str, tuple[frozenset[IssueState], IssueState]] = {
    "accept": (frozenset({IssueState.REPORTED}), IssueState.ACCEPTED),
    "reject": (
        frozenset({IssueState.REPORTED, IssueState.ACCEPTED}),
        IssueState.REJECTED,
    ),
    "dispatch": (
        frozenset({IssueState.REPORTED, IssueState.ACCEPTED, IssueState.DISPATCHED}),
        IssueState.DISPATCHED,
    ),
}

# What the system does when orders end; nobody asks for it.
SETTLE = "settle"  # every order has ended and one is verified: dispatched → settled
FALL_BACK = "fall_back"  # every order has ended and none is verified: dispatched → accepted
OPEN = "open"  # the first event of every trail: → reported
JOIN = "join"  # a further alarm joins, state kept

OPEN_STATES = frozenset({IssueState.REPORTED, IssueState.ACCEPTED, IssueState.DISPATCHED})
WITHOUT_ORDER = frozenset({IssueState.REPORTED, IssueState.ACCEPTED})
