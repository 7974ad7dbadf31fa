"""The wall screen: whose it is, what it counts, and that it names no person."""

import pytest

from envmap.core import clock
from envmap.pages.templatetags.charts import unit_dots
from envmap.statistics.periods import Period
from envmap.statistics.queries import UnitFigures, unit_figures
from tasks.issues.models import Issue
from tasks.orders.actions import accept, dispatch

WHO = {
    "officer": 200,
    "supervisor": 200,
    "admin": 200,
    "manager": 200,
    "viewer": 200,
    "field": 403,
    "partner": 403,
    None: 302,
}


@pytest.mark.parametrize("who", WHO)
def test_the_screen_is_open_to_those_who_have_the_statistics(cast, client, enter, who):
    assert (enter(who) if who else client).get("/screen/").status_code == WHO[who]


def test_it_counts_what_the_asker_sees_and_names_no_person(cast, enter, make_order):
    order = make_order()
    accept(order.number, by=cast.asker("field"))
    supervisor, admin = enter("supervisor").get("/screen/").text, enter("admin").get("/screen/").text
    assert order.number in supervisor
    assert order.number not in admin  # the administrator sees no orders
    assert cast.user["field"].name not in supervisor
    assert cast.user["officer"].name not in supervisor


def test_a_citizens_own_words_are_not_for_the_wall(cast, enter, make_issue):
    issue = make_issue(title="王先生 0000-1111111 家门口")
    dispatch(issue.number, by=cast.asker("officer"), department="unit-one")
    Issue.objects.filter(pk=issue.pk).update(source="citizen")
    assert "王先生" not in enter("supervisor").get("/screen/").text


def test_units_are_compared_with_the_period_before(cast, make_order):
    order = make_order()
    now = clock.now()
    within = Period(order.due_at.replace(microsecond=0), order.due_at + (order.due_at - order.created_at))
    [found] = unit_figures(cast.asker("supervisor"), within)
    assert (found.department.code, found.due, found.on_time_rate, found.rate_before) == ("unit-one", 1, 0.0, None)
    assert unit_figures(cast.asker("viewer"), within) == []
    assert now < order.due_at


def test_the_dots_say_figures_in_words_too(cast):
    unit = cast.department["unit-one"]
    drawn = unit_dots(
        [UnitFigures(unit, 4, 100.0, 50.0), UnitFigures(unit, 4, 60.0, None), UnitFigures(unit, 0, None, 10.0)]
    )
    assert drawn.count("dot-now") == 1
    assert drawn.count("dot-missed") == 1
    assert drawn.count("dot-before") == 2
    assert "100.00%" in drawn


def test_the_number_of_queries_does_not_grow_with_the_orders(cast, enter, make_order, django_assert_max_num_queries):
    supervisor = enter("supervisor")
    make_order()
    supervisor.get("/screen/")
    for _ in range(4):
        make_order()
    with django_assert_max_num_queries(45):
        supervisor.get("/screen/")
