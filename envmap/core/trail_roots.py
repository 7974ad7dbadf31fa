"""Roots over the heads of all trails, one line each in a file outside the database.

A line is JSON: `at` (RFC 3339), `heads` (how many trails), `root` (SHA-256 over the lines `table id events hash`, tables
and ids in rising order) and `upto` (the last event's id of each table). `upto` makes the root repeatable: the heads as
they stood then are found again among later events.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from . import clock
from .chains import ANCHOR_LOCK
from .trail import ChainedEvent

_PATIENCE = "10s"


class UnreadableRoots(Exception):
    """The file of roots holds something that we did not write; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Root:
    """One line of the file."""

    at: str
    heads: int
    root: str
    upto: dict[str, int]


def roots_file() -> Path:
    """Where the roots are kept (ENVMAP_TRAIL_ROOTS)."""
    return Path(settings.TRAIL_ROOTS)


def last_root() -> Root | None:
    """The last line of the file; None while nothing was anchored. Raises UnreadableRoots."""
    path = roots_file()
    if not path.exists():
        return None
    found = None
    with path.open(encoding="utf-8", errors="replace") as lines:
        for n, line in enumerate(lines, 1):
            if line.strip():
                found = _read(line, f"{path.name}, line {n}")
    return found


def _read(line: str, where: str) -> Root:
    try:
        raw = json.loads(line)
        root = Root(at=raw["at"], heads=raw["heads"], root=raw["root"], upto=raw["upto"])
    except (ValueError, KeyError, TypeError):
        raise UnreadableRoots(f"{where}: this is no root; a line is JSON with at, heads, root and upto.") from None
    fits = isinstance(root.heads, int) and isinstance(root.root, str) and isinstance(root.upto, dict)
    if not fits or not all(isinstance(n, int) for n in root.upto.values()):
        raise UnreadableRoots(f"{where}: heads, root or upto is not what it should be.")
    return root


def _tables() -> dict[str, str]:
    """Each table of events with its column of the subject."""
    kinds: list[Any] = list(ChainedEvent.chains)
    return {kind._meta.db_table: kind._meta.get_field("subject").column for kind in sorted(kinds, key=_table)}


def _table(kind: Any) -> str:
    return str(kind._meta.db_table)


@contextmanager
def holding_writers() -> Iterator[None]:
    """Holds back whoever wants to append an event, for the moment in which the last events are looked up.

    Ids are not handed out in the order of commits: without this an event with a smaller id could appear behind a root
    that has been taken. Taken for the session, so that it can be let go inside a transaction. Raises
    django.db.OperationalError after ten seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_PATIENCE])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ANCHOR_LOCK])
        finally:
            cursor.execute("RESET lock_timeout")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ANCHOR_LOCK])


def last_events() -> dict[str, int]:
    """The id of the last event of each table, 0 without any."""
    with connection.cursor() as cursor:
        found = {}
        for table in _tables():
            cursor.execute(f'SELECT coalesce(max(id), 0) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
    return found


def root_of(upto: Mapping[str, int]) -> Root:
    """The root over the heads of all trails, as they stood when `upto` were the last events."""
    digest, heads = hashlib.sha256(), 0
    for table, column in _tables().items():
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f'SELECT DISTINCT ON ("{column}") "{column}", seq, hash FROM "{table}" WHERE id <= %s '
                f'ORDER BY "{column}", seq DESC, id DESC',
                [upto.get(table, 0)],
            )
            while rows := cursor.fetchmany(2000):
                for subject, seq, head in rows:
                    digest.update(f"{table} {subject} {seq} {head}\n".encode())
                    heads += 1
    return Root(at=clock.rfc3339(clock.now()) or "", heads=heads, root=digest.hexdigest(), upto=dict(upto))


def uncovered(upto: Mapping[str, int]) -> tuple[int, int]:
    """How many events, of how many trails, were made after `upto`."""
    events = trails = 0
    with connection.cursor() as cursor:
        for table, column in _tables().items():
            cursor.execute(
                f'SELECT count(*), count(DISTINCT "{column}") FROM "{table}" WHERE id > %s', [upto.get(table, 0)]
            )
            found: Any = cursor.fetchone()
            events, trails = events + found[0], trails + found[1]
    return events, trails


def append(root: Root) -> None:
    """Appends a line and has the disk keep it. The folder is made where it is missing."""
    path = roots_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, (json.dumps(asdict(root)) + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)
