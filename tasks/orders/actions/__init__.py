"""All that changes orders. Every function is one transaction and raises only envmap.core.errors."""

from collections.abc import Callable

from ..models import Order
from .calendar import load_calendar, load_office_hours
from .moves import erase_note
from .officer import dispatch, send_back, verify, withdraw
from .reassign import reassign
from .unit import accept, comment, report, return_

VERBS: dict[str, Callable[..., Order]] = {
    "accept": accept,
    "return": return_,
    "reassign": reassign,
    "report": report,
    "send_back": send_back,
    "verify": verify,
    "withdraw": withdraw,
    "comment": comment,
}
"""Each takes `(number, *, by, note="", version=None, happened_at=None, …)` and gives the order."""

__all__ = [
    "VERBS",
    "accept",
    "comment",
    "dispatch",
    "erase_note",
    "load_calendar",
    "load_office_hours",
    "reassign",
    "report",
    "return_",
    "send_back",
    "verify",
    "withdraw",
]
