"""Lists of orders: who sees which, what the filters mean, at one query; and rows that nobody edits."""

import pytest
from django.db import Error, connection, transaction

from tasks.orders import actions, queries
from tasks.orders.models import Order, OrderEvent, OrderEventNote
from tasks.orders.payloads import order_events_payload, order_payload
from tests.tasks.make import bring_to, dispatch, make_category, make_hours, open_issue


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_one_query_however_long(cast, rows, django_assert_num_queries):
    make_hours()
    make_category("DS-02", layer=cast.layer["dust-sites"])
    for _ in range(rows):
        dispatch(cast, open_issue(cast, category="DS-02"), assignee="field")
    for who in ("officer", "field", "supervisor"):
        asker = cast.asker(who)
        with django_assert_num_queries(1):
            found = [order_payload(order, asker) for order in queries.orders(asker)]
        assert len(found) == rows


@pytest.mark.parametrize("comments", [1, 3])
def test_a_trail_takes_two_queries_however_long(cast, comments, django_assert_num_queries):
    order = bring_to(cast, "reported")
    for _ in range(comments):
        actions.comment(order.number, by=cast.asker("officer"), note="抓紧")
    with django_assert_num_queries(2):
        found = order_events_payload(order, queries.events_of(order))
    assert len(found) == 3 + comments
    assert found[-1]["note"] == "抓紧"


def test_a_unit_sees_exactly_its_own(cast):
    one, two = dispatch(cast), dispatch(cast, department="unit-two")
    three = dispatch(cast, department="enterprise")
    expected = {
        "officer": [three, two, one],
        "supervisor": [three, two, one],
        "field": [one],
        "manager": [one],
        "field2": [two],
        "partner": [three],
        "viewer": [],
        "admin": [],
    }
    for who, wanted in expected.items():
        assert list(queries.orders(cast.asker(who))) == wanted, who


def test_filters(cast):
    make_hours()
    officer = cast.asker("officer")
    first = actions.accept(dispatch(cast).number, by=cast.asker("field"))
    about = open_issue(cast, layer="outfalls", feature="outfalls-1")
    second = dispatch(cast, about, department="unit-two")
    expected = {
        ("state", "accepted"): [first],
        ("state", ("accepted", "sent")): [second, first],
        ("issue", about.number): [second],
        ("layer", "outfalls"): [second],
        ("feature", "dust-sites-1"): [first],
        ("department", "unit-two"): [second],
        ("assignee", "field"): [first],
        ("overdue", True): [],
        ("overdue", False): [second, first],
        ("start", second.created_at): [second],
        ("end", second.created_at): [first],
    }
    for (name, value), wanted in expected.items():
        assert list(queries.orders(officer, **{name: value})) == wanted, name


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE orders_orderevent SET verb = 'x'",
        "DELETE FROM orders_orderevent",
        "UPDATE orders_order SET events = events - 1",
        "UPDATE orders_order SET head_hash = repeat('a', 64)",
        "UPDATE orders_ordereventnote SET note = 'anders'",
        "UPDATE orders_ordereventnote SET note = '', salt = ''",
        "DELETE FROM orders_ordereventnote",
        "DELETE FROM orders_order",
    ],
)
def test_the_database_refuses_to_edit_a_trail(cast, sql):
    bring_to(cast, "reported")
    before = list(OrderEvent.objects.values()), list(OrderEventNote.objects.values()), list(Order.objects.values())
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {sql}")
    after = list(OrderEvent.objects.values()), list(OrderEventNote.objects.values()), list(Order.objects.values())
    assert after == before
