"""The list of pages: each URL name of the house with a path of the demo, who reaches it, and what must stand there.

Whoever adds a page adds its row; `test_list.py` fails on a URL name that is neither in PAGES nor in NO_PAGES.
Words in braces are filled in by `places.py` for the role that asks.
"""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = "anonymous"
ACCOUNTS = ("viewer", "field", "manager", "partner", "officer", "supervisor", "admin")
"""Demo accounts, one for each role; each account is named after its role."""
EVERYBODY = (NOBODY, *ACCOUNTS)
SIGNED_IN = ACCOUNTS
UNIT = ("field", "manager", "partner")
QUEUE = (*UNIT, "officer", "supervisor")
OFFICE = ("officer",)
ADMIN = ("admin",)
FIGURES = ("viewer", "manager", "officer", "supervisor", "admin")

MAP_READY = "#workbench[data-settled=true]"


@dataclass(frozen=True, slots=True)
class Page:
    """One page in one state.

    `key` names pictures; `name` is the URL name, `path` its address. `has` is what must be seen, `ready` what is waited
    for before anything is looked at. `shot` names the picture in docs/screenshots (with role, language, theme, width).
    """

    key: str
    name: str
    path: str
    roles: tuple[str, ...]
    has: str = "main h1, main h2, main form"
    ready: str = "body"
    status: int = 200
    themes: tuple[str, ...] = ("light", "dark")


PAGES: tuple[Page, ...] = (
    # The map
    Page("map", "map", "/", EVERYBODY, "#map", MAP_READY),
    Page("map-feature", "map", "/#{layer}/{feature}", EVERYBODY, "#panel article", MAP_READY + ":has(#panel article)"),
    # Signing in and one's own
    Page("signin", "signin", "/signin/", (NOBODY,), "input[name=password]"),
    Page("password", "password", "/password/", SIGNED_IN),
    Page("tokens", "tokens", "/tokens/", SIGNED_IN),
    Page("me", "me", "/me/", SIGNED_IN, "input[name=letter_keys]"),
    Page("help", "help", "/help/", EVERYBODY, "#keys"),
    Page("help-role", "help-role", "/help/officer/", EVERYBODY, ".help-steps"),
    # What we do about it
    Page("issues", "issues", "/issues/", QUEUE),
    Page("issues-all", "issues", "/issues/?tab=all", QUEUE),
    Page("new-issue", "new-issue", "/issues/new/", (*UNIT, "officer"), "textarea, input[name=title]"),
    Page("issue", "issue", "/issues/{issue}/", QUEUE),
    Page("orders", "orders", "/orders/", QUEUE),
    Page("orders-ended", "orders", "/orders/?tab=ended", QUEUE),
    Page("order", "order", "/orders/{order}/", QUEUE, "#order-trail"),
    # The phone
    Page("field", "field", "/field/", UNIT, "#field-orders"),
    Page("field-order", "field-order", "/field/{order}/", UNIT, "#field-facts"),
    Page("field-map", "field-map", "/field/map/", UNIT, "main"),
    Page("field-new", "field-new", "/field/new/", UNIT, "main form"),
    Page("field-queue", "field-queue", "/field/queue/", UNIT, "#queue"),
    Page("field-me", "field-me", "/field/me/", UNIT, "main"),
    Page("field-away", "field-away", "/field/away/", UNIT, "main"),
    # Figures
    Page("statistics", "statistics", "/statistics/", FIGURES),
    Page("layer-statistics", "layer-statistics", "/statistics/{layer}/", FIGURES),
    Page("screen", "screen", "/screen/", FIGURES, "#wall-today", themes=("dark",)),
    # Citizens
    Page("report", "report", "/report/", (NOBODY, "officer"), "form[data-report]"),
    Page("report-receipt", "report-receipt", "/report/{report}", (NOBODY,), "main"),
    # The house
    Page("people", "people", "/manage/people/", ADMIN),
    Page("new-person", "new-person", "/manage/people/new/", ADMIN),
    Page("person", "person", "/manage/people/field/", ADMIN),
    Page("departments", "departments", "/manage/departments/", ADMIN),
    Page("new-department", "new-department", "/manage/departments/new/", ADMIN),
    Page("department", "department", "/manage/departments/bureau/", ADMIN),
    Page("stations", "stations", "/manage/stations/", OFFICE),
    Page("new-station", "new-station", "/manage/stations/new/", OFFICE),
    Page("station", "station", "/manage/stations/{station}/", OFFICE),
    Page("dead-letters", "dead-letters", "/manage/dead-letters/", OFFICE),
    Page("rules", "rules", "/manage/rules/", OFFICE),
    Page("new-rule", "new-rule", "/manage/rules/new/", OFFICE),
    Page("rule", "rule", "/manage/rules/{rule}/", OFFICE),
    Page("layers", "layers", "/manage/layers/", ADMIN),
    Page("layer", "layer", "/manage/layers/dust-sites/", ADMIN),
    Page("audit", "audit", "/manage/audit/", ADMIN),
    # What is not there
    Page("not-found", "", "/nowhere/", EVERYBODY, status=404),
    Page("forbidden", "people", "/manage/people/", ("viewer", "field"), status=403),
)

POST, PART, DATA, SHIFT = "only POST", "a part of a page", "no page for people", "leads on to a page of the list"
LAN = "stands only where LAN=1 serves the local network"
NO_PAGES: dict[str, str] = {
    "language": POST, "theme": POST, "signout": POST, "membership": POST, "looked": POST, "revoke-token": POST,
    "issue-verb": POST, "order-verb": POST, "field-verb": POST, "orders-bulk": POST, "give-role": POST, "end-role": POST,
    "disable-person": POST, "enable-person": POST, "reset-password": POST, "make-station-token": POST,
    "revoke-station-token": POST, "acknowledge": POST, "delete-rule": POST, "share-layer": POST, "unshare-layer": POST,
    "map-alarms": PART, "map-panel": PART, "map-tab": PART, "map-series": DATA, "issue-people": PART, "order-peek": PART,
    "healthz": DATA, "readyz": DATA, "metrics": DATA, "door": DATA, "field-now": DATA, "field-worker": DATA, "field-manifest": DATA,
    "manage": SHIFT, "start": LAN,
}  # fmt: skip
"""URL names that open no page of their own, and why."""
