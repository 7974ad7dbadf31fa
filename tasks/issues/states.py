"""Where an issue can stand and what leads where. Pure but for the names."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


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

# What follows from something else; nobody presses it.
SETTLE = "settle"  # every order has ended and one is verified
FALL_BACK = "fall_back"  # every order has ended and none is verified
OPEN = "open"  # the first event of every trail
JOIN = "join"  # a further alarm joins, state kept

OPEN_STATES = frozenset({IssueState.REPORTED, IssueState.ACCEPTED, IssueState.DISPATCHED})
WITHOUT_ORDER = frozenset({IssueState.REPORTED, IssueState.ACCEPTED})

CONSEQUENCES: dict[str, tuple[frozenset[IssueState], IssueState | None]] = {
    SETTLE: (frozenset({IssueState.DISPATCHED}), IssueState.SETTLED),
    FALL_BACK: (frozenset({IssueState.DISPATCHED}), IssueState.ACCEPTED),
    JOIN: (OPEN_STATES, None),
}

STATE_NAMES = {
    IssueState.REPORTED: _("reported"),
    IssueState.ACCEPTED: _("filed"),
    IssueState.REJECTED: _("rejected"),
    IssueState.DISPATCHED: _("dispatched"),
    IssueState.SETTLED: _("settled"),
}
VERB_NAMES = {
    "accept": _("file"),
    "reject": _("reject"),
    "dispatch": _("dispatch"),
    SETTLE: _("settled"),
    FALL_BACK: _("back to filed"),
    OPEN: _("opened"),
    JOIN: _("a further alarm joined"),
}
"""For people; the keys are what data and the API say."""
