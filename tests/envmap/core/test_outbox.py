"""The outbox: numbers come with commits, never before them, and never twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from envmap.core import clock, outbox
from envmap.core.jobs import forget_old_rows
from envmap.core.models import IdempotentReply, OutboxFact, OutboxHead
from envmap.core.outbox import Fact


def tell(n: int = 1) -> None:
    """`n` facts of one committed transaction."""
    with transaction.atomic():
        outbox.tell([Fact("feature.changed", ["public"], feature=str(i)) for i in range(n)])


def in_a_thread(act) -> threading.Thread:
    """Runs `act` on a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_a_fact_has_no_number_before_its_transaction_is_committed_and_a_slow_one_gets_a_later_one():
    begun, go_on = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            outbox.tell([Fact("feature.changed", ["public"], feature="slow")])
            begun.set()
            go_on.wait(30)

    thread = in_a_thread(slow_writer)
    assert begun.wait(30)
    tell()
    assert outbox.number_committed() == 1
    assert outbox.head() == 1
    go_on.set()
    thread.join()
    assert outbox.number_committed() == 1
    assert list(OutboxFact.objects.order_by("id").values_list("feature", "seq")) == [("slow", 2), ("0", 1)]


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_give_no_number_twice():
    for _ in range(10):
        tell(7)
    threads = [in_a_thread(lambda: [outbox.number_committed(3) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert sorted(OutboxFact.objects.values_list("seq", flat=True)) == list(range(1, 71))
    assert outbox.head() == 70


@pytest.mark.django_db
def test_numbers_follow_the_ids_within_a_batch_and_batches_follow_one_another():
    tell(5)
    assert [outbox.number_committed(2) for _ in range(4)] == [2, 2, 1, 0]
    assert list(OutboxFact.objects.order_by("id").values_list("seq", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.django_db
def test_a_missing_head_row_goes_on_above_the_greatest_number():
    tell(3)
    outbox.number_committed()
    OutboxHead.objects.all().delete()
    tell()
    outbox.number_committed()
    assert outbox.head() == 4


@pytest.mark.django_db
def test_old_facts_and_replies_are_forgotten_and_the_head_remembers_up_to_where():
    tell(4)
    outbox.number_committed()
    OutboxFact.objects.filter(seq__lte=2).update(created_at=clock.now() - timedelta(days=7, minutes=1))
    for days, name in [(29, "1"), (31, "2")]:
        IdempotentReply.objects.create(
            user_id=1, client_uuid=f"00000000-0000-4000-8000-00000000000{name}", path="/x", body_hash="",
            at=clock.now() - timedelta(days=days),
        )  # fmt: skip
    forget_old_rows()
    assert outbox.position() == outbox.Head(seq=4, forgotten=2)
    assert list(OutboxFact.objects.order_by("seq").values_list("seq", flat=True)) == [3, 4]
    assert IdempotentReply.objects.count() == 1
    forget_old_rows()
    assert outbox.position() == outbox.Head(seq=4, forgotten=2)


@pytest.mark.django_db
def test_a_fact_without_a_number_is_never_forgotten():
    tell(2)
    OutboxFact.objects.update(created_at=clock.now() - timedelta(days=30))
    forget_old_rows()
    assert OutboxFact.objects.count() == 2


@pytest.mark.django_db
def test_telling_nothing_wakes_nobody(django_assert_num_queries):
    with django_assert_num_queries(0):
        outbox.tell([])
    assert connection.in_atomic_block
