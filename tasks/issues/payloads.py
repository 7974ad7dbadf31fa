"""Issues, their categories and trails as API and pages give them (docs/interfaces.md §6)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from envmap.accounts.asker import Asker
from envmap.accounts.payloads import names_of
from envmap.core.clock import rfc3339
from envmap.core.names import Names, both
from envmap.core.trail import ChainedEvent
from layers.catalogue.payloads import geojson

from . import rules
from .models import Category, Issue

GeoJSON = dict[str, Any]


class CategoryPayload(TypedDict):
    """A category; parents have no layer's clock and no evidence."""

    code: str
    name: str
    names: Names
    parent: str | None
    layer: str | None
    severity: str
    evidence: list[str]
    clock: str
    accept_within: float | None
    report_within: float | None
    unit_kind: str


class IssuePayload(TypedDict):
    """An issue as the asker sees it: orders and alarms behind it that they may not see are absent."""

    number: str
    source: str
    state: str
    category: str | None
    category_name: str | None
    severity: str
    title: str
    description: str
    layer: str | None
    feature: str | None
    feature_id: int | None
    location: GeoJSON | None
    alarms: list[int]
    opened_at: str | None
    orders: list[str]
    merged_into: str | None
    verbs: list[str]
    version: int
    events: int
    head_hash: str


class ByPayload(TypedDict):
    """Who did it, as the trail keeps it; `name` is resolved on reading and null once the person is erased."""

    id: int | None
    department: str | None
    role: str
    name: str | None


class EvidencePayload(TypedDict):
    """A file of an event."""

    id: int
    sha256: str
    url: str


EventPayload = TypedDict(
    "EventPayload",
    {
        "seq": int,
        "verb": str,
        "from": str | None,
        "to": str,
        "by": ByPayload,
        "at": str,
        "happened_at": str | None,
        "note": str | None,
        "salt": str | None,
        "location": GeoJSON | None,
        "accuracy": float | None,
        "answers": dict[str, Any] | None,
        "attachments": list[EvidencePayload],
        "payload": str,
        "previous_hash": str,
        "hash": str,
    },
)


def category_payload(category: Category) -> CategoryPayload:
    """A row of `GET /categories`; needs layer and parent selected."""
    return {
        "code": category.code,
        "name": category.name,
        "names": both(category.names),
        "parent": category.parent.code if category.parent else None,
        "layer": category.layer.key if category.layer else None,
        "severity": category.severity,
        "evidence": list(category.evidence),
        "clock": category.clock,
        "accept_within": None if category.accept_within is None else float(category.accept_within),
        "report_within": None if category.report_within is None else float(category.report_within),
        "unit_kind": category.unit_kind,
    }


def issue_payload(issue: Issue, asker: Asker) -> IssuePayload:
    """An issue out of `queries.issues` or `issue_of` of the same asker."""
    return {
        "number": issue.number,
        "source": issue.source,
        "state": issue.state,
        "category": issue.category.code if issue.category else None,
        "category_name": issue.category.name if issue.category else None,
        "severity": issue.severity,
        "title": issue.title,
        "description": issue.description,
        "layer": issue.layer.key if issue.layer else None,
        "feature": issue.feature.code if issue.feature else None,
        "feature_id": issue.feature_id,
        "location": geojson(issue.location) if issue.location else None,
        "alarms": [row.alarm_id for row in issue.seen_alarms],  # type: ignore[attr-defined]
        "opened_at": rfc3339(issue.opened_at),
        "orders": [order.number for order in issue.seen_orders],  # type: ignore[attr-defined]
        "merged_into": None,
        "verbs": rules.verbs_for(asker, issue),
        "version": issue.version,
        "events": issue.events,
        "head_hash": issue.head_hash,
    }


def trail_payload(events: Iterable[ChainedEvent], *, url_base: str) -> list[EventPayload]:
    """A whole trail with the names of its people in one query; files are below `url_base`."""
    rows = list(events)
    names = names_of({row.by_id for row in rows if row.by_id is not None})
    return [event_payload(row, names, url_base=url_base) for row in rows]


def event_payload(event: ChainedEvent, names: Mapping[int, str], *, url_base: str) -> EventPayload:
    """One event. What is hashed is taken out of the hashed text itself, so that both are equal to the letter."""
    kept = json.loads(event.payload)
    words = getattr(event, "words", None)
    has_words = words is not None and words.erased_at is None
    return {
        "seq": kept["seq"],
        "verb": kept["verb"],
        "from": kept["from"],
        "to": kept["to"],
        "by": {
            "id": kept["by"]["id"],
            "department": kept["by"]["department"],
            "role": kept["by"]["role"],
            "name": names.get(kept["by"]["id"]),
        },
        "at": kept["at"],
        "happened_at": kept["happened_at"],
        "note": words.note if has_words else None,  # type: ignore[union-attr]
        "salt": words.salt if has_words else None,  # type: ignore[union-attr]
        "location": kept["location"],
        "accuracy": kept["accuracy"],
        "answers": kept["answers"],
        "attachments": [
            {"id": row["id"], "sha256": row["sha256"], "url": f"{url_base}/{row['id']}"} for row in event.attachments
        ],
        "payload": event.payload,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }


def issue_events_payload(issue: Issue, events: Iterable[ChainedEvent]) -> list[EventPayload]:
    """The trail of an issue (`queries.events_of`)."""
    return trail_payload(events, url_base=f"/api/v1/issues/{issue.number}/attachments")
