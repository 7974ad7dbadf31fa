"""The orders' list as it is worked through: mine first, what is new, several at once."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from envmap.accounts.looks import last_look, note_look
from envmap.accounts.models import LastLook
from envmap.core import clock
from envmap.core.errors import NotVisible
from layers.catalogue.actions import store_attachment
from tasks.orders.actions import accept, report
from tasks.orders.models import Order, OrderEvent
from tasks.orders.rules import missing_for

from .conftest import picture


@pytest.fixture
def reported(cast, make_order):
    def make():
        order = make_order()
        field = cast.asker("field")
        accept(order.number, by=field)
        return report(
            order.number, by=field, note="已清理", attachments=[store_attachment(by=field, upload=picture()).pk]
        )

    return make


def bulk(client, verb, *numbers, note="", uuid=None):
    fields = {
        "verb": verb,
        "number": numbers,
        "note": note,
        "client_uuid": uuid or str(uuid4()),
        "next": "/orders/?tab=verify",
    }
    return client.post("/orders/bulk/", fields)


def test_an_officer_opens_on_the_own_orders_and_a_unit_on_all_of_its(enter, make_order):
    order = make_order()
    officer = enter("officer")
    assert 'href="?tab=mine" aria-current="page"' in officer.get("/orders/").text
    assert order.number in officer.get("/orders/").text
    assert 'href="?tab=open" aria-current="page"' in enter("supervisor").get("/orders/").text
    field = enter("field").get("/orders/").text
    assert "tab=mine" not in field
    assert order.number in field


def test_what_came_since_the_last_look_is_marked_until_the_list_is_left(enter, make_order):
    officer = enter("officer")
    assert officer.post("/looked/orders/").status_code == 204
    assert "is-new" not in officer.get("/orders/").text
    make_order()
    for _again in range(2):  # reading on takes no mark away
        assert officer.get("/orders/").text.count("is-new") == 1
    officer.post("/looked/orders/")
    assert "is-new" not in officer.get("/orders/").text
    assert officer.post("/looked/elsewhere/").status_code == 404


def test_a_look_only_moves_forward_and_is_ones_own(cast):
    now = clock.now()
    note_look(by=cast.asker("officer"), place="issues", at=now)
    note_look(by=cast.asker("officer"), place="issues", at=now - timedelta(hours=1))
    assert last_look(cast.asker("officer"), "issues") == now
    assert last_look(cast.asker("officer"), "orders") is None
    assert last_look(cast.asker("supervisor"), "issues") is None
    assert not LastLook.objects.visible_to(cast.asker("supervisor")).exists()
    with pytest.raises(NotVisible):
        note_look(by=cast.asker("officer"), place="nowhere", at=now)


def test_several_are_verified_at_once_and_each_refusal_is_said(enter, reported, make_order):
    done, waiting = reported(), make_order()
    officer, uuid = enter("officer"), str(uuid4())
    answer = bulk(officer, "verify", done.number, waiting.number, uuid=uuid)
    assert (answer.status_code, answer["Location"]) == (303, "/orders/?tab=verify")
    text = officer.get("/orders/?tab=open").text
    assert waiting.number in text
    assert f"{waiting.number}: " in text
    states = dict(Order.objects.values_list("number", "state"))
    assert (states[done.number], states[waiting.number]) == ("verified", "sent")
    assert bulk(officer, "verify", done.number, waiting.number, uuid=uuid).status_code == 303  # pressed twice
    assert OrderEvent.objects.filter(subject__number=done.number, verb="verify").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_officers_judge_the_same_orders_in_different_orders_and_neither_stands_in_the_way(cast, reported):
    """Each order is a transaction of its own: held together, theirs would wait for each other."""
    numbers = [reported().number for _ in range(4)]
    gate, statuses = threading.Barrier(2), []

    def judge(chosen):
        client = Client()
        client.force_login(cast.user["officer"])
        gate.wait(30)
        statuses.append(bulk(client, "verify", *chosen).status_code)
        connection.close()

    threads = [threading.Thread(target=judge, args=(chosen,)) for chosen in (numbers, numbers[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [303, 303]
    assert set(Order.objects.values_list("state", flat=True)) == {"verified"}
    assert OrderEvent.objects.filter(verb="verify").count() == 4


def test_one_refusal_among_several_rolls_nothing_else_back_when_sent_again_with_more(enter, reported, make_order):
    first, second = reported(), make_order()
    officer, uuid = enter("officer"), str(uuid4())
    bulk(officer, "verify", first.number, second.number, uuid=uuid)
    third = reported()
    bulk(officer, "verify", first.number, third.number, uuid=uuid)  # the same form, other boxes ticked
    states = dict(Order.objects.values_list("number", "state"))
    assert [states[one.number] for one in (first, second, third)] == ["verified", "sent", "verified"]
    assert OrderEvent.objects.filter(subject__number=first.number, verb="verify").count() == 1


def test_sending_several_back_needs_a_word(enter, reported):
    order, officer = reported(), enter("officer")
    bulk(officer, "send_back", order.number)
    assert Order.objects.get().state == "reported"
    bulk(officer, "send_back", order.number, note="缺整改后照片")
    assert Order.objects.get().rework_count == 1


@pytest.mark.parametrize(
    ("verb", "numbers"), [("withdraw", ["ZF1"]), ("verify", []), ("verify", [f"ZF{n}" for n in range(101)])]
)
def test_what_cannot_be_done_to_several_is_refused(enter, verb, numbers):
    assert bulk(enter("officer"), verb, *numbers).status_code == 400


def test_only_those_who_judge_judge_several(enter):
    for who in ("field", "manager", "partner", "supervisor", "admin", "viewer"):
        assert bulk(enter(who), "verify", "ZF1").status_code == 403


def test_the_few_words_beside_the_map_exist_for_those_who_see_the_order(enter, reported):
    order = reported()
    text = enter("officer").get(f"/orders/{order.number}/peek/").text
    assert order.issue.title in text
    assert "#verb-verify" in text
    assert enter("field2").get(f"/orders/{order.number}/peek/").status_code == 404


def test_missing_buttons_are_explained(cast, enter, make_order):
    order = make_order()
    assert [verb for verb, _why in missing_for(cast.asker("officer"), order)] == ["send_back", "verify"]
    assert "why-not" in enter("officer").get(f"/orders/{order.number}/").text
