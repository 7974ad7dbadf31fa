"""The statistics' pages: who has them, what they show, bad periods."""

import re

import pytest

from envmap.core import clock
from layers.catalogue.actions import set_condition
from layers.catalogue.conditions import Condition, Source
from tests.cast import PEOPLE, make_layer

ALLOWED = {"officer", "supervisor", "admin", "manager", "viewer"}


@pytest.mark.parametrize("path", ["/statistics/", "/statistics/outfalls/", "/statistics/outfalls/?by=day"])
@pytest.mark.parametrize("who", [*PEOPLE, None])
def test_the_page_is_open_to_the_roles_that_have_it(cast, client, path, who):
    if who:
        client.force_login(cast.user[who])
    assert client.get(path).status_code == (302 if who is None else 200 if who in ALLOWED else 403)


def test_a_layer_that_one_does_not_see_is_absent_and_not_found(cast, enter):
    viewer = enter("viewer")
    assert "/statistics/dust-sites/" not in viewer.get("/statistics/").text
    assert viewer.get("/statistics/dust-sites/").status_code == 404
    assert enter("officer").get("/statistics/dust-sites/").status_code == 200


def test_a_change_is_seen_on_the_next_request(cast, enter):
    officer = enter("officer")
    assert officer.get("/statistics/outfalls/").context["data"]["by_condition"]["alarm"] == 0
    set_condition(cast.feature["outfalls"], Source.SENSORS, Condition.ALARM, at=clock.now())
    assert officer.get("/statistics/outfalls/").context["data"]["by_condition"]["alarm"] == 1


@pytest.mark.parametrize("by", ["condition", "department", "town", "day", "week", "month"])
def test_every_way_of_counting_has_its_table(cast, enter, make_order, by):
    make_order()
    answer = enter("officer").get(f"/statistics/dust-sites/?by={by}")
    assert answer.status_code == 200
    rows = answer.context["data"]["rows"]
    assert rows
    assert answer.text.count("<tr>") >= 2


@pytest.mark.parametrize(
    "query",
    ["from=nonsense", "from=2026-13-01", "from=2026-02-01&to=2026-01-01", "by=colour", "from=1970-01-01&by=day"],
)
def test_a_question_that_cannot_be_answered_is_a_sentence(cast, enter, query):
    answer = enter("officer").get(f"/statistics/outfalls/?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_an_empty_rate_is_no_data(cast, enter):
    text = enter("officer").get("/statistics/", headers={"Accept-Language": "en"}).text
    assert "no data" in text
    assert not re.findall(r"\b0\.00 %", text)


def test_the_list_asks_the_database_as_often_for_many_layers_as_for_few(cast, enter, django_assert_max_num_queries):
    officer = enter("officer")
    with django_assert_max_num_queries(15) as few:
        officer.get("/statistics/")
    for n in range(3):
        make_layer(f"more-{n}", public=True)
    with django_assert_max_num_queries(15) as many:
        officer.get("/statistics/")
    assert len(many) == len(few)
