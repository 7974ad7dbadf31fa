"""A trail for people: who, when, what, with notes and photos, and whether the chain holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from envmap.accounts.models import Department
from envmap.core.trail import GENESIS, chain_hash


@dataclass(frozen=True, slots=True)
class Check:
    """What the page says of a chain: how many entries, whether each hash follows from the one before, the head."""

    entries: int
    holds: bool
    head: str


def check(events: list[dict[str, Any]], *, count: int, head: str) -> Check:
    """Recomputes the chain of `events` (ascending, as the API gives them) and compares its end with the head that is kept."""
    previous, holds = GENESIS, len(events) == count
    for event in events:
        holds = holds and event["previous_hash"] == previous and chain_hash(previous, event["payload"]) == event["hash"]
        previous = event["hash"]
    return Check(len(events), holds and previous == head, head)


def with_departments(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Newest first, each with the department's name beside its code; snapshots are resolved on reading, in one query."""
    rows = list(events)
    codes = {row["by"]["department"] for row in rows if row["by"].get("department")}
    names = {d.code: d.name for d in Department.objects.filter(code__in=codes)}
    for row in rows:
        row["department_name"] = names.get(row["by"].get("department") or "", row["by"].get("department") or "")
    return rows[::-1]
