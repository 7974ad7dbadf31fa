"""The relay: numbers committed facts and only then tells whoever listens (docs/decisions/0005).

One process leads, by an advisory lock of its session; others wait for it. PostgreSQL's NOTIFY wakes it, a look each
second is the net below that. What it is in the middle of when it dies is rolled back, and the next one does it.
"""

import logging
import signal
import time
from types import FrameType

import psycopg
from django.db import Error, connection
from psycopg import sql

from . import nudges, outbox

LEADER = 0x656E766D  # "envm": the key of the advisory lock, one a database
NET_SECONDS = 1.0

log = logging.getLogger(__name__)


class _Stopped(BaseException):
    """SIGTERM or SIGINT came while there was nothing to do."""


class Relay:
    """Runs until it is told to stop; outlives the loss of PostgreSQL and of Redis."""

    def __init__(self) -> None:
        self._stopping = False
        self._idle = False

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ends `run` after the batch at hand; a signal handler."""
        self._stopping = True
        if self._idle and number:
            raise _Stopped

    def run(self) -> None:
        """Leads, or waits to lead, until it is stopped."""
        try:
            while not self._stopping:
                try:
                    self._lead()
                except (psycopg.OperationalError, psycopg.InterfaceError, Error) as error:
                    log.warning("The relay lost the database and tries again: %s", str(error).strip())
                    connection.close()
                    self._wait(NET_SECONDS)
        except _Stopped:
            pass
        finally:
            connection.close()

    def _wait(self, seconds: float) -> None:
        self._idle = True
        try:
            if not self._stopping:
                time.sleep(seconds)
        finally:
            self._idle = False

    def _lead(self) -> None:
        """Listens on a session of its own, outside the pool: the lock and LISTEN live and die with it."""
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
            session.execute(sql.SQL("LISTEN {}").format(sql.Identifier(outbox.WAKE)))
            while not self._stopping and not self._has_lock(session):
                self._wait(NET_SECONDS)
            if not self._stopping:
                log.info("The relay leads.")
            while not self._stopping:
                self.drain()
                self._sleep_until_woken(session)

    @staticmethod
    def _has_lock(session: "psycopg.Connection[tuple[object, ...]]") -> bool:
        row = session.execute("SELECT pg_try_advisory_lock(%s)", [LEADER]).fetchone()
        return bool(row and row[0])

    def _sleep_until_woken(self, session: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._idle = True
        try:
            if not self._stopping:
                for _notice in session.notifies(timeout=NET_SECONDS, stop_after=1):
                    pass
        finally:
            self._idle = False

    def drain(self) -> int:
        """Numbers all that is committed, then nudges once; how many facts there were."""
        total = 0
        while numbered := outbox.number_committed():
            total += numbered
            if self._stopping:
                break
        if total:
            nudges.publish("facts", {"seq": outbox.head()})
        return total


def run_until_signalled() -> None:
    """The relay of a process of its own: SIGTERM and SIGINT end it cleanly."""
    relay = Relay()
    signal.signal(signal.SIGTERM, relay.stop)
    signal.signal(signal.SIGINT, relay.stop)
    relay.run()
