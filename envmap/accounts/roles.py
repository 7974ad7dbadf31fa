"""The role table of docs/interfaces.md as data: what each role may do, in one place. Order verbs stand in tasks.orders.states."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """What a person is in a department.

    `anonymous` is nobody signed in, `station` a station's own token, `system` the product itself (reference data, jobs).
    """

    ANONYMOUS = "anonymous"
    VIEWER = "viewer"
    FIELD = "field"
    MANAGER = "manager"
    PARTNER = "partner"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    STATION = "station"
    SYSTEM = "system"


ROLE_NAMES = {
    Role.ANONYMOUS: _("visitor"),
    Role.VIEWER: _("viewer"),
    Role.FIELD: _("field team"),
    Role.MANAGER: _("unit manager"),
    Role.PARTNER: _("partner"),
    Role.OFFICER: _("environmental officer"),
    Role.SUPERVISOR: _("supervisor"),
    Role.ADMIN: _("administrator"),
    Role.STATION: _("station"),
    Role.SYSTEM: _("system"),
}
"""For people; the keys are what data and the API say."""

MEMBER_ROLES = [r for r in Role if r not in (Role.ANONYMOUS, Role.STATION, Role.SYSTEM)]


class May(StrEnum):
    """One thing that a role may do (or, for SEE_…, sees whatever its department)."""

    SEE_BUREAU = "see_bureau"  # all layers, features, stations, alarms and rules
    SEE_WORK = "see_work"  # all issues and orders
    SEE_OWN_WORK = "see_own_work"  # the own department's orders and their issues
    SEE_PEOPLE = "see_people"
    SEE_OWN_UNIT_PEOPLE = "see_own_unit_people"
    SEE_AUDIT = "see_audit"
    EDIT_LAYERS = "edit_layers"
    EDIT_FEATURES = "edit_features"
    EDIT_STATIONS = "edit_stations"
    EDIT_RULES = "edit_rules"
    EDIT_PEOPLE = "edit_people"
    WRITE_READINGS = "write_readings"
    ACKNOWLEDGE = "acknowledge"
    REPORT_ISSUES = "report_issues"
    TRIAGE_ISSUES = "triage_issues"
    DISPATCH = "dispatch"
    ATTACH = "attach"
    OWN_TOKENS = "own_tokens"
    PAGE_QUEUE = "page_queue"
    PAGE_FIELD = "page_field"
    PAGE_STATISTICS = "page_statistics"
    PAGE_MANAGE = "page_manage"


_signed_in = {May.OWN_TOKENS}
_unit = _signed_in | {
    May.SEE_OWN_WORK,
    May.REPORT_ISSUES,
    May.ATTACH,
    May.PAGE_QUEUE,
    May.PAGE_FIELD,
}

ROLES: dict[Role, frozenset[May]] = {
    Role.ANONYMOUS: frozenset(),
    Role.VIEWER: frozenset(_signed_in | {May.PAGE_STATISTICS}),
    Role.FIELD: frozenset(_unit),
    Role.MANAGER: frozenset(_unit | {May.SEE_OWN_UNIT_PEOPLE, May.PAGE_STATISTICS}),
    Role.PARTNER: frozenset(_unit),
    Role.OFFICER: frozenset(
        _signed_in
        | {
            May.SEE_BUREAU,
            May.SEE_WORK,
            May.SEE_PEOPLE,
            May.EDIT_FEATURES,
            May.EDIT_STATIONS,
            May.EDIT_RULES,
            May.WRITE_READINGS,
            May.ACKNOWLEDGE,
            May.REPORT_ISSUES,
            May.TRIAGE_ISSUES,
            May.DISPATCH,
            May.ATTACH,
            May.PAGE_QUEUE,
            May.PAGE_STATISTICS,
            May.PAGE_MANAGE,
        }
    ),
    Role.SUPERVISOR: frozenset(
        _signed_in
        | {
            May.SEE_BUREAU,
            May.SEE_WORK,
            May.SEE_PEOPLE,
            May.ATTACH,
            May.PAGE_QUEUE,
            May.PAGE_STATISTICS,
        }
    ),
    Role.ADMIN: frozenset(
        _signed_in
        | {
            May.SEE_BUREAU,
            May.SEE_PEOPLE,
            May.SEE_AUDIT,
            May.EDIT_LAYERS,
            May.EDIT_FEATURES,
            May.EDIT_STATIONS,
            May.EDIT_RULES,
            May.EDIT_PEOPLE,
            May.WRITE_READINGS,
            May.PAGE_STATISTICS,
            May.PAGE_MANAGE,
        }
    ),
    Role.STATION: frozenset({May.WRITE_READINGS}),
    Role.SYSTEM: frozenset(May),
}


class Scope(StrEnum):
    """What a token is limited to; scopes narrow a role and never widen it."""

    READ = "read"
    WRITE = "write"
    INGEST = "ingest"
