"""Facts for open maps: written by an action in its own transaction, numbered by the relay once committed.

A bare sequence would lose facts to a reader by `id > since`, because numbers are not handed out in commit order; so
`seq` stays null until the one relay numbers what is committed (docs/decisions/0005).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from django.contrib.gis.geos import Point
from django.db import connection, transaction

from . import clock
from .models import OutboxFact, OutboxHead

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


@dataclass(frozen=True, slots=True)
class Head:
    """How far the outbox has come: the last number given out, and the last one whose facts are forgotten."""

    seq: int
    forgotten: int


def position() -> Head:
    """The outbox's head as committed; zeros before the first fact."""
    row = OutboxHead.objects.filter(pk=1).values_list("seq", "forgotten").first()
    return Head(*row) if row else Head(0, 0)


def head() -> int:
    """The last number given out: whoever reads from here on misses nothing that comes later."""
    return position().seq


def number_committed(batch: int = 500) -> int:
    """Numbers up to `batch` committed facts in the order of their ids; how many there were. Only the relay calls it.

    The head is moved in the same transaction, and its row is locked before the facts are looked at: even two relays at
    once would never give one number twice, nor a lower one later.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_outboxhead (id, seq, forgotten) "
            "SELECT 1, coalesce(max(seq), 0), 0 FROM core_outboxfact ON CONFLICT (id) DO NOTHING"
        )
        cursor.execute("SELECT seq FROM core_outboxhead WHERE id = 1 FOR UPDATE")
        last = cursor.fetchone()[0]
        cursor.execute(
            """
            UPDATE core_outboxfact f SET seq = %s + waiting.n
              FROM (SELECT id, row_number() OVER (ORDER BY id) AS n
                      FROM (SELECT id FROM core_outboxfact WHERE seq IS NULL ORDER BY id LIMIT %s) AS first_ones) AS waiting
             WHERE f.id = waiting.id
            """,
            [last, batch],
        )
        numbered: int = cursor.rowcount
        if numbered:
            cursor.execute("UPDATE core_outboxhead SET seq = %s WHERE id = 1", [last + numbered])
    return numbered


def forget(before: datetime) -> int:
    """Removes numbered facts written before an instant and remembers up to where; how many went."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Numbers rise with commits, not with the hand of the clock: up to the greatest old one, no gap is left behind.
        cursor.execute(
            "SELECT coalesce(max(seq), 0) FROM core_outboxfact WHERE created_at < %s AND seq IS NOT NULL", [before]
        )
        last = cursor.fetchone()[0]
        if not last:
            return 0
        cursor.execute("UPDATE core_outboxhead SET forgotten = greatest(forgotten, %s) WHERE id = 1", [last])
        cursor.execute("DELETE FROM core_outboxfact WHERE seq <= %s", [last])
        gone: int = cursor.rowcount
    return gone
