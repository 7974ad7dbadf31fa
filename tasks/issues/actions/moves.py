"""The one function that moves an issue, and what the room above asks of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core import audit, clock
from envmap.core.actor import acting
from envmap.core.chains import append_event
from envmap.core.errors import NotVisible, WrongState
from envmap.core.outbox import Fact, FactType, tell
from layers.catalogue.models import Attachment

from .. import inputs, rules
from ..conditions import refresh_attention
from ..models import Issue, IssueEvent, IssueEventNote
from ..queries import not_visible
from ..states import CONSEQUENCES, FALL_BACK, MOVES, SETTLE, IssueState


def locked(
    number: str, *, by: Asker, verb: str, version: int | None = None, body: Mapping[str, Any] | None = None
) -> Issue:
    """The issue, its row locked, after the refusals in their order: NotSignedIn, NotVisible, NotAllowed, WrongState,
    StaleVersion."""
    by.require_signed_in()
    issue = (
        Issue.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("category", "layer", "feature", "feature__layer")
        .filter(number=number)
        .first()
        if "\x00" not in number
        else None
    )
    if issue is None:
        raise not_visible(number)
    rules.require_may(by, verb, issue, body)
    rules.require_state(by, verb, issue, body)
    rules.require_version(issue, version)
    return issue


def move(
    issue: Issue,
    verb: str,
    *,
    by: Asker,
    at: datetime,
    note: str = "",
    happened_at: datetime | None = None,
    attachments: Sequence[Attachment] = (),
    also_save: Sequence[str] = (),
) -> None:
    """Moves a locked issue by its table, appends the event with its note, and tells it. Nothing else writes a state.

    `at` is taken under the lock, so that a trail's instants follow each other as its events do.
    """
    start, end = MOVES.get(verb) or CONSEQUENCES[verb]
    if issue.state not in start:
        raise WrongState(_("Issue %(number)s is %(state)s.") % {"number": issue.number, "state": issue.state})
    before = issue.state
    issue.state = end or IssueState(before)
    issue.version += 1
    issue.save(update_fields=["state", "version", *also_save])
    append_event(
        IssueEvent,
        issue,
        by=by.actor,
        verb=verb,
        from_state=before,
        to_state=issue.state,
        at=at,
        note=note,
        happened_at=happened_at,
        attachments=attachments,
    )
    tell([fact_of(issue, "issue.moved")])


def fact_of(issue: Issue, kind: FactType) -> Fact:
    """What open maps learn: for officers, for the units of its orders, and for whoever reported it."""
    audience = {"work"}
    if issue.reporter_id is not None:
        audience.add(f"user:{issue.reporter_id}")
    if kind == "issue.moved":
        audience |= {f"department:{pk}" for pk in issue.orders.values_list("department_id", flat=True).distinct()}
    return Fact(
        kind,
        sorted(audience),
        layer=issue.layer.key if issue.layer else None,
        feature=issue.feature.code if issue.feature else None,
        feature_id=issue.feature_id,
        number=issue.number,
        state=issue.state,
        location=issue.location,
    )


def dispatch_issue(issue: Issue, *, by: Asker, at: datetime, happened_at: datetime | None = None) -> None:
    """Moves a locked issue to `dispatched` inside the caller's action; one that is only reported is filed first."""
    if issue.state == IssueState.REPORTED:
        issue.filed_at = at
        move(issue, "accept", by=by, at=at, happened_at=happened_at, also_save=["filed_at"])
    move(issue, "dispatch", by=by, at=at, happened_at=happened_at)
    refresh_attention(issue.feature)


def end_dispatched(issue_id: int, *, by: Asker, at: datetime, is_verified: bool) -> Issue:
    """Settles an issue all of whose orders have ended and one is verified, or lets it fall back to `accepted`.

    Inside the caller's action, which must hold the issue's row (`lock_row`) since before it looked at the orders.
    """
    issue = Issue.objects.select_related("category", "layer", "feature", "feature__layer").get(pk=issue_id)
    if is_verified:
        issue.ended_at = at
    move(issue, SETTLE if is_verified else FALL_BACK, by=by, at=at, also_save=["ended_at"])
    refresh_attention(issue.feature)
    return issue


def lock_row(issue_id: int) -> None:
    """Holds an issue's row until the transaction ends."""
    Issue.objects.select_for_update().only("pk").get(pk=issue_id)


def erase_note(number: str, seq: int, *, by: Asker, reason: str) -> None:
    """Empties the note and salt of one event of an issue, for good; the chain still verifies. Audited.

    For whoever administers people: they need not see the issue, and learn nothing of it. Raises NotVisible, BadInput.
    """
    by.require(May.EDIT_PEOPLE)
    why = inputs.line(reason, field="reason", longest=200)
    with acting(by.actor):
        note = IssueEventNote.objects.select_for_update().filter(
            event__subject__number=number, event__seq=seq, erased_at=None
        )
        if not note.update(note="", salt="", erased_at=clock.now()):
            raise NotVisible(_("Event %(seq)s of %(number)s has no note.") % {"seq": seq, "number": number[:40]})
        audit.record("note.erased", subject=f"issue:{number}:{seq}", by=by.actor, reason=why)
