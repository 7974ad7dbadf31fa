"""Appending to a trail: the one way in which an event and its note are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypedDict, TypeVar

from django.contrib.gis.geos import Point
from django.db import connection

from .actor import Actor
from .trail import ChainedEvent, ChainHead, new_salt, note_hash

ANCHOR_LOCK = 0x7472616C
"""Advisory lock: writers of events share it, `trail_roots.anchor` holds it alone for the moment in which it looks up
the last event. So no event with a smaller id can appear behind it (ids are not handed out in the order of commits)."""


class EvidenceRef(TypedDict):
    """A file as an event keeps it."""

    id: int
    sha256: str


class _Evidence(Protocol):
    pk: Any
    sha256: str


EventT = TypeVar("EventT", bound=ChainedEvent)


def append_event(
    kind: type[EventT],
    subject: ChainHead,
    *,
    by: Actor,
    verb: str,
    to_state: str,
    from_state: str | None = None,
    at: datetime,
    note: str = "",
    happened_at: datetime | None = None,
    location: Point | None = None,
    accuracy: float | None = None,
    answers: dict[str, Any] | None = None,
    attachments: Sequence[_Evidence] = (),
) -> EventT:
    """Appends the next event to `subject`'s trail, with the note and its salt beside it, and re-reads its head.

    `subject`'s row must be locked by the caller and its `events` be fresh: the database refuses a number that does not
    follow. `at` is the instant that the subject's own row bears, taken under that lock. `location` is EPSG:4326,
    `accuracy` in metres.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ANCHOR_LOCK])
    salt = new_salt() if note else ""
    event = kind(
        subject=subject,
        seq=subject.events + 1,
        verb=verb,
        from_state=from_state,
        to_state=to_state,
        by_id=by.id,
        by_department=by.department,
        by_role=by.role,
        at=at,
        happened_at=happened_at,
        location=location,
        accuracy=accuracy,
        answers=answers,
        attachments=[EvidenceRef(id=a.pk, sha256=a.sha256) for a in attachments],
        note_hash=note_hash(salt, note) if note else None,
    )
    event.save(force_insert=True)
    if note:
        words = kind._meta.get_field("words").related_model
        words._default_manager.create(event=event, note=note, salt=salt)  # type: ignore[union-attr]
    subject.refresh_from_db(fields=["events", "head_hash"])
    return event
