"""What states, conditions, verbs and the like are called on pages: one table a kind, for templates, filters and the map."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

CONDITIONS: dict[str, Promise] = {
    "alarm": pgettext_lazy("condition", "Alarm"),
    "rectifying": pgettext_lazy("condition", "Rectifying"),
    "silent": pgettext_lazy("condition", "Silent"),
    "attention": pgettext_lazy("condition", "Attention"),
    "normal": pgettext_lazy("condition", "Normal"),
}
"""Worst first."""

ORDER_STATES: dict[str, Promise] = {
    "sent": pgettext_lazy("order state", "Sent"),
    "accepted": pgettext_lazy("order state", "In hand"),
    "reported": pgettext_lazy("order state", "Reported"),
    "returned": pgettext_lazy("order state", "Returned"),
    "verified": pgettext_lazy("order state", "Closed"),
    "withdrawn": pgettext_lazy("order state", "Withdrawn"),
}

ISSUE_STATES: dict[str, Promise] = {
    "reported": pgettext_lazy("issue state", "New"),
    "accepted": pgettext_lazy("issue state", "Filed"),
    "dispatched": pgettext_lazy("issue state", "Dispatched"),
    "settled": pgettext_lazy("issue state", "Settled"),
    "rejected": pgettext_lazy("issue state", "Rejected"),
}

SEVERITIES: dict[str, Promise] = {
    "critical": pgettext_lazy("severity", "Critical"),
    "major": pgettext_lazy("severity", "Major"),
    "minor": pgettext_lazy("severity", "Minor"),
    "info": pgettext_lazy("severity", "Notice"),
}
"""Worst first."""

SOURCES: dict[str, Promise] = {
    "alarm": pgettext_lazy("issue source", "Alarm"),
    "patrol": pgettext_lazy("issue source", "Patrol"),
    "citizen": pgettext_lazy("issue source", "Citizen report"),
    "hotline": pgettext_lazy("issue source", "Hotline"),
    "import": pgettext_lazy("issue source", "Import"),
    "open311": pgettext_lazy("issue source", "Open311"),
    "department": pgettext_lazy("issue source", "Referral"),
}

READING_KINDS: dict[str, Promise] = {
    "realtime": pgettext_lazy("reading kind", "real-time"),
    "minute": pgettext_lazy("reading kind", "minute mean"),
    "hour": pgettext_lazy("reading kind", "hour mean"),
    "day": pgettext_lazy("reading kind", "day mean"),
}

ORDER_VERBS: dict[str, Promise] = {
    "dispatch": pgettext_lazy("verb", "Dispatch"),
    "accept": pgettext_lazy("verb", "Accept"),
    "return": pgettext_lazy("verb", "Return"),
    "reassign": pgettext_lazy("verb", "Reassign"),
    "report": pgettext_lazy("verb", "Report"),
    "send_back": pgettext_lazy("verb", "Send back"),
    "verify": pgettext_lazy("verb", "Verify and close"),
    "withdraw": pgettext_lazy("verb", "Withdraw"),
    "comment": pgettext_lazy("verb", "Comment"),
}

ORDER_EVENTS: dict[str, Promise] = {
    "dispatch": pgettext_lazy("event", "Dispatched"),
    "accept": pgettext_lazy("event", "Accepted"),
    "return": pgettext_lazy("event", "Returned"),
    "reassign": pgettext_lazy("event", "Reassigned"),
    "report": pgettext_lazy("event", "Reported"),
    "send_back": pgettext_lazy("event", "Sent back"),
    "verify": pgettext_lazy("event", "Verified and closed"),
    "withdraw": pgettext_lazy("event", "Withdrawn"),
    "comment": pgettext_lazy("event", "Comment"),
}

ISSUE_VERBS: dict[str, Promise] = {
    "accept": pgettext_lazy("issue verb", "File"),
    "reject": pgettext_lazy("issue verb", "Reject"),
    "dispatch": pgettext_lazy("issue verb", "Dispatch"),
}

ISSUE_EVENTS: dict[str, Promise] = {
    "open": pgettext_lazy("issue event", "Opened"),
    "join": pgettext_lazy("issue event", "A further alarm joined"),
    "accept": pgettext_lazy("issue event", "Filed"),
    "reject": pgettext_lazy("issue event", "Rejected"),
    "dispatch": pgettext_lazy("issue event", "Dispatched"),
    "settle": pgettext_lazy("issue event", "Settled"),
    "fall_back": pgettext_lazy("issue event", "Back to be dispatched: every order ended without verification"),
}

EVENT_ICONS: dict[str, str] = {
    "open": "flag",
    "join": "bell",
    "accept": "check",
    "reject": "x",
    "dispatch": "send",
    "return": "undo-2",
    "reassign": "arrow-right",
    "report": "cloud-upload",
    "send_back": "corner-down-left",
    "verify": "circle-check",
    "withdraw": "circle-x",
    "comment": "message-square",
    "settle": "circle-check",
    "fall_back": "undo-2",
}

ORDER_STATE_HINTS: dict[str, Promise] = {
    "sent": _("The unit has not accepted it yet."),
    "accepted": _("The unit is working on it."),
    "reported": _("The unit has reported; the bureau has to verify."),
    "returned": _("The unit has returned it; it needs another unit or is withdrawn."),
    "verified": _("Verified and closed; nothing changes any more."),
    "withdrawn": _("Withdrawn; nothing changes any more."),
}

EVIDENCE: dict[str, Promise] = {
    "P2": pgettext_lazy("evidence", "photos before and after from one spot"),
    "LOC": pgettext_lazy("evidence", "position within 50 m"),
    "MEAS": pgettext_lazy("evidence", "value back under its limit"),
    "LAB": pgettext_lazy("evidence", "laboratory sheet"),
    "LOG": pgettext_lazy("evidence", "operator's log page"),
    "DOC": pgettext_lazy("evidence", "written paper"),
    "KG": pgettext_lazy("evidence", "weight or bags"),
    "SIGN": pgettext_lazy("evidence", "two signatures"),
    "DOSSIER": pgettext_lazy("evidence", "feature record updated"),
}
"""What closes an order of a category (domain practice §10.1)."""

DEAD_LETTERS: dict[str, Promise] = {
    "garbage": pgettext_lazy("dead letter", "bytes that are no frame"),
    "malformed": pgettext_lazy("dead letter", "malformed frame"),
    "incomplete": pgettext_lazy("dead letter", "incomplete frame"),
    "length_mismatch": pgettext_lazy("dead letter", "wrong length"),
    "crc_mismatch": pgettext_lazy("dead letter", "wrong CRC"),
    "crc_modbus": pgettext_lazy("dead letter", "CRC of Modbus instead of HJ 212"),
    "crc_short": pgettext_lazy("dead letter", "CRC cut short"),
    "encrypted": pgettext_lazy("dead letter", "encrypted data"),
    "bad_time": pgettext_lazy("dead letter", "unreadable time"),
    "unknown_command": pgettext_lazy("dead letter", "unknown command"),
    "wrong_direction": pgettext_lazy("dead letter", "a command that only a platform sends"),
    "unknown_mn": pgettext_lazy("dead letter", "unknown MN"),
    "wrong_password": pgettext_lazy("dead letter", "wrong password"),
    "rate_limited": pgettext_lazy("dead letter", "too many frames"),
    "store_failed": pgettext_lazy("dead letter", "could not be stored"),
    "too_many_connections": pgettext_lazy("dead letter", "too many connections"),
}

AUDIT: dict[str, Promise] = {
    "sign_in": pgettext_lazy("audit", "signed in"),
    "sign_in_failed": pgettext_lazy("audit", "sign-in failed"),
    "department.made": pgettext_lazy("audit", "department made"),
    "department.changed": pgettext_lazy("audit", "department changed"),
    "department.removed": pgettext_lazy("audit", "department removed"),
    "user.made": pgettext_lazy("audit", "person made"),
    "user.changed": pgettext_lazy("audit", "person changed"),
    "user.removed": pgettext_lazy("audit", "person removed"),
    "role.made": pgettext_lazy("audit", "role given"),
    "role.changed": pgettext_lazy("audit", "role changed"),
    "role.removed": pgettext_lazy("audit", "role removed"),
    "token.made": pgettext_lazy("audit", "token made"),
    "token.changed": pgettext_lazy("audit", "token changed"),
    "token.removed": pgettext_lazy("audit", "token removed"),
    "layer.made": pgettext_lazy("audit", "layer made"),
    "layer.changed": pgettext_lazy("audit", "layer changed"),
    "layer.removed": pgettext_lazy("audit", "layer removed"),
    "share.made": pgettext_lazy("audit", "layer shared"),
    "share.changed": pgettext_lazy("audit", "share changed"),
    "share.removed": pgettext_lazy("audit", "sharing ended"),
    "station.made": pgettext_lazy("audit", "station made"),
    "station.changed": pgettext_lazy("audit", "station changed"),
    "station.removed": pgettext_lazy("audit", "station removed"),
    "rule.made": pgettext_lazy("audit", "rule made"),
    "rule.changed": pgettext_lazy("audit", "rule changed"),
    "rule.removed": pgettext_lazy("audit", "rule removed"),
}

FOUND: dict[str, Promise] = {
    "feature": pgettext_lazy("found", "Features"),
    "order": pgettext_lazy("found", "Orders"),
    "issue": pgettext_lazy("found", "Issues"),
    "station": pgettext_lazy("found", "Stations"),
    "place": pgettext_lazy("found", "Places"),
    "coordinates": pgettext_lazy("found", "Coordinates"),
    "command": pgettext_lazy("found", "Commands"),
}
"""Kinds of what a search finds, and the commands of the map's bar."""
