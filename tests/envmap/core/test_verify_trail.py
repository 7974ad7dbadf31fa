"""`verify_trail` finds what was done behind the application's back, by somebody for whom no trigger fires."""

import json
import threading
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from envmap.core import trail, trail_anchor, trail_roots
from envmap.core.models import AuditRow
from tasks.orders import actions
from tasks.orders.models import Order, OrderEvent
from tests.cast import make_cast
from tests.tasks.make import bring_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db, settings, tmp_path):
    settings.TRAIL_ROOTS = tmp_path / "trail" / "roots.log"
    return make_cast()


def run(*arguments):
    """What the command prints; its refusal carries the findings before it."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_trail", *arguments, stdout=out, stderr=err)
    except CommandError as refusal:
        raise CommandError(f"{err.getvalue()}\n{refusal}") from None
    return out.getvalue()


def roots():
    return [json.loads(line) for line in trail_roots.roots_file().read_text().splitlines()]


class Superuser:
    """A hand in the database that no trigger and no foreign key holds back: another connection, as `postgres`."""

    def __enter__(self):
        known = connection.settings_dict
        place = {"host": known["HOST"], "port": known["PORT"], "dbname": known["NAME"]}
        try:
            self.hand = psycopg.connect(user="postgres", **{k: v for k, v in place.items() if v})
        except psycopg.OperationalError as refused:
            pytest.skip(f"no superuser of the test database can be had here: {refused}")
        self.hand.execute("SET session_replication_role = replica")
        return self.hand.execute

    def __exit__(self, *error):
        self.hand.commit()
        self.hand.close()


def remake(execute, order, note_hash):
    """Makes a chain anew from its first event on, as somebody would who knows how hashes are made."""
    head = trail.GENESIS
    for event in OrderEvent.objects.filter(subject=order).order_by("seq"):
        kept = json.loads(event.payload)
        if event.seq == 1:
            kept["note_hash"] = note_hash
            execute("UPDATE orders_orderevent SET note_hash = %s WHERE id = %s", [note_hash, event.pk])
        payload = json.dumps(kept, ensure_ascii=False)
        new = trail.chain_hash(head, payload)
        execute(
            "UPDATE orders_orderevent SET payload = %s, previous_hash = %s, hash = %s WHERE id = %s",
            [payload, head, new, event.pk],
        )
        head = new
    execute("UPDATE orders_order SET head_hash = %s WHERE id = %s", [head, order.pk])


def test_whole_trails_are_whole_and_the_root_is_written(cast):
    bring_to(cast, "verified")
    said = run("--anchor")
    assert "orders_orderevent: 1 trails with 4 events" in said
    assert "All trails are whole." in said and "Anchored 2 trails" in said
    (root,) = roots()
    assert root["heads"] == 2
    assert trail_roots.roots_file().stat().st_mode & 0o077 == 0
    again = run()
    assert f"Compared with the root of {root['at']} over 2 trails." in again
    assert "no root covers these yet" not in again


def test_before_the_first_root_it_says_what_cannot_be_noticed(cast):
    assert "There is no root" in run()


def test_a_root_stays_true_while_work_goes_on_and_says_what_it_does_not_cover(cast):
    order = bring_to(cast, "accepted")
    run("--anchor")
    actions.comment(order.number, by=cast.asker("officer"), note="抓紧")
    bring_to(cast, "sent")
    said = run()
    # One comment; the new issue's three events (opened, filed, dispatched) and its order's one.
    assert "Since then 5 events of 3 trails were made" in said
    assert "All trails are whole." in said
    run("--anchor")
    assert [r["heads"] for r in roots()] == [2, 4]


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        (
            "UPDATE orders_orderevent SET payload = replace(payload, 'verify', 'report') WHERE seq = 4",
            "the hash of event 4",
        ),
        ("UPDATE orders_orderevent SET verb = 'withdraw' WHERE seq = 4", "event 4 is not what its text says (verb)"),
        ("UPDATE orders_orderevent SET by_user = 1 WHERE seq = 2", "event 2 is not what its text says (by)"),
        ("UPDATE orders_orderevent SET at = at - interval '1 second' WHERE seq = 3", "not what its text says (at)"),
        ("UPDATE orders_ordereventnote SET note = '未完成'", "the note of event 3"),
        ("DELETE FROM orders_ordereventnote", "the note of event 3"),
        ("DELETE FROM orders_orderevent WHERE seq = 2", "event 2 is missing"),
        ("UPDATE orders_order SET state = 'accepted', ended_at = NULL", "its trail leads to verified"),
        ("UPDATE issues_issue SET head_hash = repeat('a', 64)", "its head says"),
    ],
)
def test_a_changed_row_is_found_even_without_a_root(cast, sql, finding):
    order = bring_to(cast, "verified")
    with Superuser() as execute:
        execute(sql)
    with pytest.raises(CommandError) as found:
        run()
    assert finding in str(found.value)
    assert order.number in str(found.value) or order.issue.number in str(found.value)


def test_a_cut_tail_is_found_by_the_root(cast):
    order = bring_to(cast, "verified")
    run("--anchor")
    with Superuser() as execute:
        execute("DELETE FROM orders_orderevent WHERE seq = 4")
        third = OrderEvent.objects.get(subject=order, seq=3)
        execute("UPDATE orders_order SET events = 3, head_hash = %s, state = 'reported', ended_at = NULL", [third.hash])
    with pytest.raises(CommandError, match="an event has been cut off or a chain has been made anew"):
        run()


def test_a_chain_made_anew_is_found_by_the_root(cast):
    order = bring_to(cast, "verified")
    other = bring_to(cast, "accepted")
    run("--anchor")
    with Superuser() as execute:
        remake(execute, order, None)
    assert Order.objects.get(pk=order.pk).head_hash != order.head_hash
    with pytest.raises(CommandError, match="a chain has been made anew"):
        run("--anchor")
    assert len(roots()) == 1  # the forgery was not anchored
    assert Order.objects.get(pk=other.pk).head_hash == other.head_hash


def test_a_forged_chain_is_no_finding_without_the_root_which_is_why_there_is_one(cast):
    order = bring_to(cast, "verified")
    with Superuser() as execute:
        remake(execute, order, None)
    assert "All trails are whole." in run()


def test_a_removed_trail_is_found(cast):
    order = bring_to(cast, "verified")
    run("--anchor")
    with Superuser() as execute:
        for table in ("orders_ordereventnote", "orders_orderevent", "orders_orderattachment", "orders_order"):
            execute(f"DELETE FROM {table}")
    with pytest.raises(CommandError, match="of these 1 are left"):
        run()
    assert not Order.objects.filter(pk=order.pk).exists()


def test_events_without_their_order_are_found(cast):
    bring_to(cast, "sent")
    with Superuser() as execute:
        execute("DELETE FROM orders_order")
    with pytest.raises(CommandError, match="which is no longer there"):
        run()


def test_erasing_a_note_leaves_the_chain_whole_and_an_audit_row(cast):
    order = bring_to(cast, "reported")
    run("--anchor")
    actions.erase_note(order.number, 3, by=cast.asker("admin"), reason="含个人信息")
    assert OrderEvent.objects.get(subject=order, seq=3).words.note == ""
    assert "All trails are whole." in run()
    row = AuditRow.objects.get(kind="note.erased")
    assert (row.subject, row.actor["role"], row.detail) == (
        f"order:{order.number}:3",
        "admin",
        {"reason": "含个人信息"},
    )


def test_the_nightly_round_raises_its_voice(cast, caplog):
    bring_to(cast, "sent")
    trail_anchor.anchor_trails()
    with Superuser() as execute:
        execute("UPDATE issues_issueevent SET verb = 'x'")
    trail_anchor.anchor_trails()
    assert AuditRow.objects.filter(kind="trail.broken").count() == 1
    assert "is not what its text says (verb)" in caplog.text
    assert len(roots()) == 1


def test_a_file_that_we_did_not_write_is_refused_with_its_line(cast):
    run("--anchor")
    with trail_roots.roots_file().open("a") as file:
        file.write("2026-11-24 everything fine\n")
    with pytest.raises(CommandError, match="line 2: this is no root"):
        run()


def test_an_event_that_is_being_written_while_the_root_is_taken_lies_wholly_before_or_after_it(cast):
    """Its id was given out before others', it is committed after them: without the lock the root would turn false."""
    first, second = bring_to(cast, "accepted"), bring_to(cast, "accepted")
    written, go_on = threading.Event(), threading.Event()

    def slowly():
        try:
            with transaction.atomic():
                actions.comment(first.number, by=cast.asker("officer"), note="慢")
                written.set()
                go_on.wait(20)
        finally:
            connection.close()

    def anchor():
        try:
            run("--anchor")
        finally:
            connection.close()

    slow = threading.Thread(target=slowly)
    slow.start()
    assert written.wait(20)
    actions.comment(second.number, by=cast.asker("officer"), note="快")
    anchoring = threading.Thread(target=anchor)
    anchoring.start()
    with connection.cursor() as cursor:
        waiting = False
        while not waiting and anchoring.is_alive():
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            waiting = cursor.fetchone()[0] > 0
    go_on.set()
    slow.join()
    anchoring.join()
    assert waiting  # the root waited for the slow one
    said = run()
    assert "All trails are whole." in said and "Since then" not in said
