"""Eight writers and a slow one commit facts at once; readers that come and go miss none and see none twice."""

import random
import threading

import pytest
from django.db import connections, transaction

from envmap.accounts.asker import ANONYMOUS
from envmap.core import outbox
from envmap.core.models import OutboxFact
from envmap.core.outbox import Fact
from envmap.live.queries import facts_since
from tests.envmap.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 8, 40


@pytest.fixture
def writers(cast):
    """`writers()` starts them; each commits its facts in transactions of its own, the slow one holds one open meanwhile."""
    feature = cast.feature["outfalls"]
    threads: list[threading.Thread] = []
    most_are_done = threading.Event()

    def fact(name: str) -> Fact:
        return Fact(
            "feature.changed", ["public"], layer="outfalls", feature=feature.code, feature_id=feature.pk, state=name
        )

    def run(writer: int) -> None:
        try:
            for n in range(EACH):
                with transaction.atomic():
                    outbox.tell([fact(f"{writer}-{n}")])
        finally:
            connections.close_all()

    def run_slowly() -> None:
        try:
            with transaction.atomic():
                outbox.tell([fact("slow-first")])
                assert most_are_done.wait(60)
            with transaction.atomic():
                outbox.tell([fact("slow-last")])
        finally:
            connections.close_all()

    def let_the_slow_one_go() -> None:
        for thread in threads[:WRITERS]:
            thread.join()
        most_are_done.set()

    def start() -> set[str]:
        threads.extend(threading.Thread(target=run, args=(n,)) for n in range(WRITERS))
        threads.extend([threading.Thread(target=run_slowly), threading.Thread(target=let_the_slow_one_go)])
        for thread in threads:
            thread.start()
        return {f"{w}-{n}" for w in range(WRITERS) for n in range(EACH)} | {"slow-first", "slow-last"}

    yield start
    for thread in threads:
        thread.join(60)


def test_a_socket_that_reconnects_at_random_misses_none_and_sees_none_twice(writers, relay, dial):
    chance = random.Random(20261124)
    everything = writers()
    seen: list[dict] = []
    last = 0
    while len(seen) < len(everything):
        socket = dial()
        assert socket.subscribe(since=last)["seq"] == last
        for _ in range(chance.randint(1, 60)):
            if len(seen) == len(everything):
                break
            seen += socket.take(1)  # the chain of prev is checked there
        last = socket.last
        socket.connection.close()
    assert [f["seq"] for f in seen] == list(range(1, len(everything) + 1))
    assert sorted(f["state"] for f in seen) == sorted(everything)
    socket = dial()
    socket.subscribe(since=last)
    assert socket.is_quiet()


def test_a_reader_of_events_misses_none_and_no_fact_appears_at_or_below_a_head_already_given_out(writers, relay):
    everything = writers()
    seen: list[str] = []
    since = 0

    def read_on() -> bool:
        nonlocal since
        page = facts_since(ANONYMOUS, since, 7)
        assert all(fact["seq"] > since for fact in page.items)
        seen.extend(fact["state"] for fact in page.items)
        since = page.head
        return len(seen) >= len(everything)

    eventually(read_on, seconds=120)
    assert sorted(seen) == sorted(everything)
    assert OutboxFact.objects.filter(seq=None).count() == 0
    assert facts_since(ANONYMOUS, since, 7).items == []


def test_many_sockets_hear_the_same_and_a_slow_one_holds_nobody_up(writers, relay, dial):
    slow = dial()
    slow.subscribe()
    fast = [dial() for _ in range(5)]
    for socket in fast:
        socket.subscribe()
    everything = writers()
    for socket in fast:  # the slow one reads nothing meanwhile
        assert sorted(f["state"] for f in socket.take(len(everything))) == sorted(everything)
    assert [f["seq"] for f in slow.take(len(everything))] == list(range(1, len(everything) + 1))
