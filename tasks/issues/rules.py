"""Who may do what with an issue, from where. Refusals come in this order: who, state, version, body."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May, Role
from envmap.core.errors import NotVisible, StaleVersion, WrongState

from .models import Issue
from .states import MOVES, STATE_NAMES, VERB_NAMES, IssueState

NEEDS: dict[str, May] = {"accept": May.TRIAGE_ISSUES, "reject": May.TRIAGE_ISSUES, "dispatch": May.DISPATCH}
"""What a role must be allowed for each verb."""

SOURCES: dict[Role, Issue.Source] = {
    Role.OFFICER: Issue.Source.PATROL,
    Role.FIELD: Issue.Source.PATROL,
    Role.MANAGER: Issue.Source.PATROL,
    Role.PARTNER: Issue.Source.DEPARTMENT,
    Role.SYSTEM: Issue.Source.IMPORT,
}
"""Where an issue comes from when somebody of this role opens it by hand."""


def require_may(asker: Asker, verb: str, issue: Issue, body: Mapping[str, Any] | None = None) -> None:
    """Raises NotVisible for an unknown verb, NotAllowed where this is never for the asker, whatever the state."""
    if verb not in NEEDS:
        raise NotVisible(_("There is no verb %(verb)s for an issue.") % {"verb": verb[:40]})
    asker.require(NEEDS[verb])


def require_state(asker: Asker, verb: str, issue: Issue, body: Mapping[str, Any] | None = None) -> None:
    """Raises WrongState where the issue stands somewhere from which the verb does not lead."""
    start, _end = MOVES[verb]
    if issue.state not in start:
        raise WrongState(
            _("Issue %(number)s is %(state)s (%(code)s); “%(verb)s” is possible only from: %(start)s.")
            % {
                "number": issue.number,
                "state": STATE_NAMES[IssueState(issue.state)],
                "code": issue.state,
                "verb": VERB_NAMES[verb],
                "start": ", ".join(str(STATE_NAMES[s]) for s in IssueState if s in start),
            }
        )


def require_version(issue: Issue, version: int | None) -> None:
    """Raises StaleVersion where the asker looked at an older one."""
    if version is not None and version != issue.version:
        raise StaleVersion(
            _("Issue %(number)s has changed since (version %(now)d, yours was %(yours)s); look at it again.")
            % {"number": issue.number, "now": issue.version, "yours": version}
        )


def verbs_for(asker: Asker, issue: Issue) -> list[str]:
    """What the asker may do with the issue now, by the same tables."""
    return [verb for verb, (start, _end) in MOVES.items() if issue.state in start and asker.may(NEEDS[verb])]
