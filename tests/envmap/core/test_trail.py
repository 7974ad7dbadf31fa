"""The trail is made by the database and cannot be edited."""

import json

import pytest
from django.db import Error, connection, transaction

from envmap.core import clock, trail
from tasks.issues.models import Issue, IssueEvent


@pytest.fixture
def issue(cast):
    return Issue.objects.create(
        number="WT-1", source="patrol", title="t", feature=cast.feature["dust-sites"], opened_at=clock.now()
    )


def append(issue, seq, **more):
    values = {"verb": "open", "to_state": "reported", "by_role": "system", "at": clock.now()} | more
    event = IssueEvent.objects.create(subject=issue, seq=seq, **values)
    event.refresh_from_db()
    issue.refresh_from_db()
    return event


def test_each_event_carries_the_hash_of_the_one_before(issue):
    first, second = append(issue, 1), append(issue, 2, verb="accept", note_hash=trail.note_hash("salt", "现场确认"))
    assert first.previous_hash == trail.GENESIS
    assert second.previous_hash == first.hash
    assert second.hash == trail.chain_hash(first.hash, second.payload)
    assert (issue.events, issue.head_hash) == (2, second.hash)


def test_the_payload_has_exactly_the_promised_fields(issue):
    sha = "a" * 64
    event = append(
        issue, 1, attachments=[{"id": 7, "sha256": sha}], location="SRID=4326;POINT(118.25 24.6)", answers={"深": 1}
    )
    payload = json.loads(event.payload)
    assert list(payload) == [
        "seq", "verb", "from", "to", "by", "at", "happened_at", "location", "accuracy", "answers", "attachments", "note_hash",
    ]  # fmt: skip
    assert payload["attachments"] == [sha]
    assert payload["location"] == {"type": "Point", "coordinates": [118.25, 24.6]}
    assert payload["by"] == {"id": None, "department": None, "role": "system"}


@pytest.mark.parametrize("seq", [0, 2, 5])
def test_a_number_that_does_not_follow_is_refused(issue, seq):
    with pytest.raises(Error, match="does not follow"), transaction.atomic():
        append(issue, seq)


@pytest.mark.parametrize("sql", ["UPDATE issues_issueevent SET verb = 'x'", "DELETE FROM issues_issueevent"])
def test_an_event_can_be_neither_changed_nor_removed(issue, sql):
    append(issue, 1)
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_head_is_moved_by_its_trail_alone(issue):
    append(issue, 1)
    with pytest.raises(Error, match="by its trail alone"), transaction.atomic():
        Issue.objects.filter(pk=issue.pk).update(head_hash=trail.GENESIS)
