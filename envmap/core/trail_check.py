"""Recomputing all trails and comparing them with what was written outside the database.

A chain by itself shows that a row was changed. It cannot show that its tail was cut, or that all of it was made anew
with new hashes; for that the heads of all chains are hashed into a root, which is appended to a file outside
(`settings.TRAIL_ROOTS`). What was made after the last root is not covered by it, and the result says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from .clock import SHANGHAI
from .trail import GENESIS, ChainedEvent, chain_hash, note_hash
from .trail_roots import Root, last_root, root_of, uncovered

MOST_FINDINGS = 200
_CHUNK = 2000


@dataclass
class Result:
    """What a check found: counts by table, sentences about what is wrong, the last root, what came after it."""

    chains: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    more_findings: int = 0
    last: Root | None = None
    uncovered_events: int = 0
    uncovered_chains: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def add(self, sentence: str) -> None:
        """Keeps a finding; beyond a number that a person reads they are only counted."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(sentence)
        else:
            self.more_findings += 1


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction that sees the database as it is at one moment, so that work going on meanwhile is no finding."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT 1")  # the moment begins with the first look
        yield


def check() -> Result:
    """Recomputes every chain and compares with the last root. Within `one_moment()`; streams, whatever the size.

    Raises trail_roots.UnreadableRoots for a file that is not what we wrote.
    """
    result = Result()
    for kind in chains():
        _check_kind(kind, result)
    result.last = last_root()
    if result.last is not None:
        _compare(result.last, result)
    return result


def chains() -> list[type[ChainedEvent]]:
    """The kinds of events that there are, by table."""
    return sorted(ChainedEvent.chains, key=lambda kind: kind._meta.db_table)


def _compare(last: Root, result: Result) -> None:
    now = root_of(last.upto)
    if now.heads != last.heads:
        result.add(
            f"At {last.at} there were {last.heads} trails; of these {now.heads} are left: "
            "whole trails have been removed or put in behind the application's back."
        )
    if now.root != last.root:
        result.add(
            f"The trails as they stood at {last.at} no longer give the root that was anchored then: "
            "an event has been cut off or a chain has been made anew."
        )
    result.uncovered_events, result.uncovered_chains = uncovered(last.upto)


def _check_kind(kind: Any, result: Result) -> None:
    """Walks subjects and their events side by side, both in the order of the subject's id."""
    table = kind._meta.db_table
    subject = kind._meta.get_field("subject").related_model
    result.chains[table] = result.events[table] = 0
    heads = (
        subject._base_manager.order_by("pk")
        .values("pk", "number", "events", "head_hash", "state")
        .iterator(chunk_size=_CHUNK)
    )
    rows = kind._base_manager.select_related("words").order_by("subject_id", "seq", "pk").iterator(chunk_size=_CHUNK)
    trails = groupby(rows, key=lambda event: event.subject_id)
    waiting = next(trails, None)
    for head in heads:
        while waiting is not None and waiting[0] < head["pk"]:
            result.add(f"{table}: there are events of {waiting[0]}, which is no longer there.")
            waiting = next(trails, None)
        events: Iterator[ChainedEvent] = iter(())
        is_mine = waiting is not None and waiting[0] == head["pk"]
        if waiting is not None and is_mine:
            events = waiting[1]
        result.chains[table] += 1
        for wrong in _check_chain(head, events, result, table):
            result.add(f"{head['number']}: {wrong}")
        if is_mine:
            waiting = next(trails, None)
    while waiting is not None:
        result.add(f"{table}: there are events of {waiting[0]}, which is no longer there.")
        waiting = next(trails, None)


def _check_chain(head: dict[str, Any], events: Iterator[ChainedEvent], result: Result, table: str) -> Iterator[str]:
    """What is wrong with one trail, in sentences."""
    count, last, state = 0, GENESIS, None
    for event in events:
        count += 1
        result.events[table] += 1
        if event.seq != count:
            yield f"event {count} is missing (the next one there is {event.seq})."
            count = event.seq
        if event.previous_hash != last:
            yield f"event {event.seq} does not follow the one before it."
        if chain_hash(event.previous_hash, event.payload) != event.hash:
            yield f"the hash of event {event.seq} is not that of its text."
        if wrong := differing(event):
            yield f"event {event.seq} is not what its text says ({', '.join(wrong)})."
        if not _note_fits(event):
            yield f"the note of event {event.seq} is not the one that was written."
        last, state = event.hash, event.to_state
    if head["events"] != count or head["head_hash"] != last:
        yield f"its head says {head['events']} events and {head['head_hash'][:12]}…, its trail has {count} and {last[:12]}…."
    if head["state"] != state:
        yield f"it is {head['state']}, but its trail leads to {state}."


def differing(event: ChainedEvent) -> list[str]:
    """The fields of an event whose columns differ from its text."""
    try:
        kept = json.loads(event.payload)
    except ValueError:
        return ["payload"]
    spot = event.location
    expected = {
        "seq": event.seq,
        "verb": event.verb,
        "from": event.from_state,
        "to": event.to_state,
        "by": {"id": event.by_id, "department": event.by_department, "role": event.by_role},
        "at": _stamp(event.at),
        "happened_at": _stamp(event.happened_at),
        "location": None if spot is None else [round(spot.x, 7), round(spot.y, 7)],
        "accuracy": event.accuracy,
        "answers": event.answers,
        "attachments": [a["sha256"] for a in event.attachments],
        "note_hash": event.note_hash,
    }
    if isinstance(kept, dict) and isinstance(kept.get("location"), dict):
        kept["location"] = [round(n, 7) for n in kept["location"].get("coordinates", [])]
    if not isinstance(kept, dict):
        return ["payload"]
    return [name for name in {**expected, **kept} if name not in expected or kept.get(name) != expected[name]]


def _stamp(instant: Any) -> str | None:
    """As the trigger writes it: microseconds and the offset, always."""
    return None if instant is None else instant.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S.%f+08:00")


def _note_fits(event: ChainedEvent) -> bool:
    """Whether the note beside an event is the hashed one; an erased one fits, and so does none where none was written."""
    words = getattr(event, "words", None)
    if event.note_hash is None:
        return words is None
    if words is None:
        return False
    return words.erased_at is not None or note_hash(words.salt, words.note) == event.note_hash
