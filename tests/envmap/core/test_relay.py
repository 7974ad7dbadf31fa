"""The relay as a process and as an object: one leads, it numbers, it goes on after losses, and it ends when told to."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection, connections, transaction

from envmap.core import nudges, outbox
from envmap.core.outbox import Fact
from envmap.core.relay import LEADER, Relay
from tests.envmap.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.django_db(transaction=True)


def tell() -> None:
    with transaction.atomic():
        outbox.tell([Fact("feature.changed", ["public"])])


@pytest.fixture
def relay():
    """A relay in a thread."""
    one = Relay()

    def run() -> None:
        try:
            one.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield one
    one.stop()
    thread.join(30)
    assert not thread.is_alive()


def leaders() -> list[int]:
    """Sessions that hold the leader's lock of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LEADER],
        )
        return [row[0] for row in cursor.fetchall()]


def end_session(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_commit_is_numbered_and_then_nudged(relay):
    client = redis.Redis.from_url(settings.REDIS_URL)
    with client.pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe(nudges.channel("facts"))
        eventually(lambda: client.pubsub_numsub(nudges.channel("facts"))[0][1] == 1)
        tell()
        eventually(lambda: outbox.head() == 1)
        message = eventually(lambda: heard.get_message(timeout=1))
        assert message["data"] == b'{"seq": 1}'


def test_it_goes_on_after_the_database_ended_its_sessions(relay):
    tell()
    eventually(lambda: outbox.head() == 1)
    (pid,) = leaders()
    end_session(pid)
    tell()
    eventually(lambda: outbox.head() == 2)
    eventually(lambda: leaders() not in ([], [pid]))


def test_it_numbers_while_redis_is_away(relay, settings, monkeypatch):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    monkeypatch.setattr(nudges, "_client", None)
    tell()
    eventually(lambda: outbox.head() == 1)
    monkeypatch.setattr(nudges, "_client", None)
    monkeypatch.setattr(nudges, "_quiet_until", 0.0)


def test_a_second_relay_waits_and_takes_over():
    first, second = Relay(), Relay()
    threads = []
    for one in (first, second):

        def run(one=one) -> None:
            try:
                one.run()
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)
        eventually(lambda: len(leaders()) == 1)
    (before,) = leaders()
    first.stop()
    threads[0].join(30)
    eventually(lambda: leaders() not in ([], [before]))
    tell()
    eventually(lambda: outbox.head() == 1)
    second.stop()
    threads[1].join(30)
    assert not threads[1].is_alive()


def test_the_command_ends_cleanly_on_term():
    database = connection.settings_dict
    address = f"postgres://{database['USER']}@{database['HOST'].replace('/', '%2F')}/{database['NAME']}"
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "relay"],
        env=os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "envmap.settings.testing"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        tell()
        eventually(lambda: outbox.head() == 1, seconds=60)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, said.decode()
    assert b"Traceback" not in said
    eventually(lambda: leaders() == [])
