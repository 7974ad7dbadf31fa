"""Facts for open maps: written by an action in its own transaction, numbered by the relay once committed.

A bare sequence would lose facts to a reader by `id > since`, because numbers are not handed out in commit order; so
`seq` stays null until the one relay numbers what is committed (docs/decisions/0005).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from django.contrib.gis.geos import Point
from django.db import connection

from . import clock
from .models import OutboxFact

FactType = Literal[
    "alarm.raised",
    "alarm.cleared",
    "issue.opened",
    "issue.moved",
    "order.moved",
    "feature.changed",
    "station.silent",
    "station.back",
]
WAKE = "envmap_outbox"
"""The PostgreSQL channel on which a committed transaction wakes the relay."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened, narrowly: the browser refetches what it cares about. `location` is a point, EPSG:4326."""

    type: FactType
    audience: Sequence[str]
    layer: str | None = None
    feature: str | None = None
    feature_id: int | None = None
    id: int | None = None
    number: str | None = None
    station: str | None = None
    rule: int | None = None
    state: str | None = None
    at: datetime | None = None
    location: Point | None = None


class FactPayload(TypedDict):
    """A fact as sockets and `/events` give it (docs/interfaces.md, Live); keys that do not apply are absent."""

    seq: int
    type: str
    layer: str | None
    feature: str | None
    feature_id: int | None
    at: str | None
    location: dict[str, object] | None
    prev: NotRequired[int]
    id: NotRequired[int]
    number: NotRequired[str]
    station: NotRequired[str]
    rule: NotRequired[int]
    state: NotRequired[str]


def tell(facts: Iterable[Fact]) -> None:
    """Writes facts into the outbox of the running transaction and wakes the relay when that commits."""
    rows = [
        OutboxFact(
            type=fact.type,
            layer=fact.layer,
            feature=fact.feature,
            feature_id=fact.feature_id,
            ref=fact.id,
            number=fact.number,
            station=fact.station,
            rule=fact.rule,
            state=fact.state,
            at=fact.at or clock.now(),
            location=fact.location,
            audience=sorted(set(fact.audience)),
        )
        for fact in facts
    ]
    if rows:
        OutboxFact.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {WAKE}")
