"""All that changes issues. Every function is one transaction and raises only envmap.core.errors."""

from .alarms import open_from_alarms
from .citizens import Receipt, kinds, receipt_of, report_by_citizen
from .moves import dispatch_issue, end_dispatched, erase_note, lock_row, locked
from .reference import load_alarm_categories, load_categories
from .verbs import VERBS, accept, open_issue, reject

__all__ = [
    "VERBS",
    "Receipt",
    "accept",
    "dispatch_issue",
    "end_dispatched",
    "erase_note",
    "kinds",
    "load_alarm_categories",
    "load_categories",
    "lock_row",
    "locked",
    "open_from_alarms",
    "open_issue",
    "receipt_of",
    "reject",
    "report_by_citizen",
]
