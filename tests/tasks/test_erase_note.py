"""Erasing what somebody wrote: for good, audited, and the chain still verifies."""

import pytest
from django.core.management import CommandError, call_command

from envmap.core import trail
from envmap.core.errors import BadInput, NotAllowed, NotVisible
from envmap.core.models import AuditRow
from tasks.issues import actions as issues
from tasks.issues import queries as issue_queries
from tasks.issues.payloads import issue_events_payload
from tasks.orders import actions, queries
from tasks.orders.payloads import order_events_payload
from tests.tasks.make import bring_to, open_issue


def test_an_erased_note_is_gone_and_its_hash_stays(cast):
    order = bring_to(cast, "reported")
    before = order_events_payload(order, queries.events_of(order))[2]
    assert trail.note_hash(before["salt"], before["note"]) in before["payload"]
    call_command("erase_note", order.number, "3", reason="含个人信息")
    after = order_events_payload(order, queries.events_of(order))[2]
    assert (after["note"], after["salt"]) == (None, None)
    assert (after["payload"], after["hash"]) == (before["payload"], before["hash"])
    row = AuditRow.objects.get(kind="note.erased")
    assert (row.subject, row.detail) == (f"order:{order.number}:3", {"reason": "含个人信息"})
    assert before["note"] not in str(row.detail)


def test_an_issues_note_too(cast):
    issue = open_issue(cast)
    issue = issues.reject(issue.number, by=cast.asker("officer"), note="张三家的")
    call_command("erase_note", issue.number, "2", reason="含姓名")
    assert issue_events_payload(issue, issue_queries.events_of(issue))[1]["note"] is None


def test_only_who_administers_people_may_and_only_once_and_with_a_reason(cast):
    order = bring_to(cast, "reported")
    for who in ("officer", "supervisor", "field", "manager"):
        with pytest.raises(NotAllowed):
            actions.erase_note(order.number, 3, by=cast.asker(who), reason="x")
    admin = cast.asker("admin")
    with pytest.raises(BadInput):
        actions.erase_note(order.number, 3, by=admin, reason=" ")
    actions.erase_note(order.number, 3, by=admin, reason="x")
    for seq in (1, 3, 99):  # had none, has none any more, is not there
        with pytest.raises(NotVisible):
            actions.erase_note(order.number, seq, by=admin, reason="x")
    with pytest.raises(CommandError):
        call_command("erase_note", "ZF0", "1", reason="x")
    assert AuditRow.objects.filter(kind="note.erased").count() == 1
