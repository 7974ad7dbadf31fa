"""Several at once, each on a connection of its own, with real commits."""

import threading

import pytest
from django.db import connection

from envmap.core.errors import EnvmapError, WrongState
from layers.catalogue.models import Feature, FeatureCondition
from tasks.issues import actions as issue_actions
from tasks.issues.models import Issue
from tasks.orders import actions
from tasks.orders.models import Order, OrderEvent
from tests.cast import make_cast
from tests.tasks.make import bring_to, dispatch, make_photo, open_issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db):
    return make_cast()


def together(*deeds):
    """Runs all deeds at one starting shot; what each gave or raised, in their order."""
    gate = threading.Barrier(len(deeds))
    found = [None] * len(deeds)

    def run(n, deed):
        try:
            connection.ensure_connection()
            gate.wait(30)
            found[n] = deed()
        except EnvmapError as refusal:
            found[n] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, deed)) for n, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return found


def test_eight_verify_one_order_at_once_and_one_succeeds(cast):
    order = bring_to(cast, "reported")
    officer = cast.asker("officer")
    found = together(*[lambda: actions.verify(order.number, by=officer)] * 8)
    assert sorted(type(one).__name__ for one in found) == ["Order"] + ["WrongState"] * 7
    assert OrderEvent.objects.filter(subject=order, verb="verify").count() == 1
    assert Order.objects.get(pk=order.pk).events == 4


def test_verify_and_send_back_at_once_leave_one_verdict(cast):
    order = bring_to(cast, "reported")
    officer = cast.asker("officer")
    found = together(
        lambda: actions.verify(order.number, by=officer),
        lambda: actions.send_back(order.number, by=officer, note="重做"),
    )
    assert [isinstance(one, WrongState) for one in found].count(True) == 1
    assert OrderEvent.objects.filter(subject=order).count() == 4


def test_two_orders_of_one_issue_end_at_once_and_the_issue_settles_once(cast):
    officer = cast.asker("officer")
    for _ in range(4):
        first = bring_to(cast, "reported")
        second = dispatch(cast, first.issue, department="unit-two")
        together(
            lambda number=first.number: actions.verify(number, by=officer),
            lambda number=second.number: actions.withdraw(number, by=officer, note="一单即可"),
        )
        issue = Issue.objects.get(pk=first.issue_id)
        assert issue.state == "settled"
        assert issue.trail.filter(verb="settle").count() == 1
    feature = Feature.objects.with_condition().get(pk=cast.feature["dust-sites"].pk)
    assert feature.condition == "normal"


def test_the_last_two_orders_of_a_feature_end_at_once_and_it_is_normal(cast):
    officer = cast.asker("officer")
    for _ in range(4):
        orders = [bring_to(cast, "reported"), bring_to(cast, "reported")]
        found = together(*[lambda n=o.number: actions.verify(n, by=officer) for o in orders])
        assert [o.state for o in found] == ["verified", "verified"]
        assert not FeatureCondition.objects.filter(until=None).exists()


def test_two_accept_at_once_and_one_has_it(cast):
    order = dispatch(cast)
    found = together(
        lambda: actions.accept(order.number, by=cast.asker("field")),
        lambda: actions.accept(order.number, by=cast.asker("manager")),
    )
    winner = next(one for one in found if isinstance(one, Order))
    assert [isinstance(one, WrongState) for one in found].count(True) == 1
    assert Order.objects.get(pk=order.pk).assignee == winner.assignee


def test_an_order_is_reassigned_while_its_unit_accepts_it(cast):
    """Whoever is second finds it elsewhere (not theirs to see) or accepted; never both."""
    for _ in range(4):
        order = dispatch(cast)
        found = together(
            lambda number=order.number: actions.accept(number, by=cast.asker("field")),
            lambda number=order.number: actions.reassign(number, by=cast.asker("officer"), department="unit-two"),
        )
        assert [isinstance(one, Order) for one in found].count(True) == 1
        now = Order.objects.select_related("department").get(pk=order.pk)
        assert (now.state, now.department.code) in {("accepted", "unit-one"), ("sent", "unit-two")}


def test_numbers_are_given_once_each_and_dispatches_of_one_issue_follow_each_other(cast):
    issue = open_issue(cast)
    officer = cast.asker("officer")
    orders = together(*[lambda: actions.dispatch(issue.number, by=officer, department="unit-one")] * 6)
    assert len({o.number for o in orders}) == 6
    issue.refresh_from_db()
    assert [e.verb for e in issue.trail.order_by("seq")] == ["open", "accept"] + ["dispatch"] * 6


def test_one_photo_is_hung_by_one_of_two_orders(cast):
    first, second = bring_to(cast, "accepted"), bring_to(cast, "accepted")
    photo = make_photo(cast.user["field"])
    field = cast.asker("field")
    found = together(
        *[lambda n=o.number: actions.report(n, by=field, note="完成", attachments=[photo.pk]) for o in (first, second)]
    )
    assert sorted(type(one).__name__ for one in found) == ["BadInput", "Order"]


def test_rejecting_and_dispatching_at_once_leave_one_of_both(cast):
    officer = cast.asker("officer")
    for _ in range(4):
        issue = open_issue(cast)
        found = together(
            lambda number=issue.number: issue_actions.reject(number, by=officer, note="不实"),
            lambda number=issue.number: actions.dispatch(number, by=officer, department="unit-one"),
        )
        assert [isinstance(one, WrongState) for one in found].count(True) == 1
        issue.refresh_from_db()
        assert (issue.state == "rejected") != issue.orders.exists()
