"""What happened since, for scripts that ask."""

from datetime import timedelta

import pytest

from envmap.core import clock, outbox
from tests.envmap.api.test_door import is_problem
from tests.tasks.make import bring_to, make_category, make_hours


@pytest.fixture
def facts(cast):
    """A loop's facts, numbered."""
    make_hours()
    make_category(layer=cast.layer["dust-sites"])
    order = bring_to(cast, "verified")
    outbox.number_committed()
    return order


def test_without_since_the_head_alone_and_from_there_on_what_comes(api, facts):
    head = api("GET", "/events").json()
    assert head == {"items": [], "head": outbox.head()}
    assert api("GET", f"/events?since={head['head']}").json() == head


def test_facts_come_in_order_and_in_pages_until_caught_up(api, facts):
    whole = api("GET", "/events?since=0").json()["items"]
    assert {fact["type"] for fact in whole} >= {"issue.opened", "issue.moved", "order.moved"}
    seen, since = [], 0
    while True:
        body = api("GET", f"/events?since={since}&limit=2").json()
        if not body["items"]:
            break
        seen += body["items"]
        since = body["head"]
    assert seen == whole
    assert [fact["seq"] for fact in seen] == sorted({fact["seq"] for fact in seen})
    assert [f["state"] for f in seen if f["type"] == "order.moved"] == ["sent", "accepted", "reported", "verified"]


def test_each_gets_what_they_may_know_of_and_the_same_head(api, facts):
    assert api("GET", "/events?since=0", as_="field").json()["items"]
    for who in ("field2", "viewer", "admin", None):
        body = api("GET", "/events?since=0", as_=who).json()
        assert not [fact for fact in body["items"] if fact["type"].startswith(("order.", "issue."))]
        assert body["head"] == outbox.head()


def test_too_old_or_too_new_is_gone(api, facts):
    is_problem(api("GET", f"/events?since={outbox.head() + 1}"), 410)
    outbox.forget(clock.now() + timedelta(days=1))
    is_problem(api("GET", "/events?since=0"), 410)
    assert api("GET", f"/events?since={outbox.head()}").status_code == 200


@pytest.mark.parametrize("query", ["since=x", "since=-1", "limit=0", "cursor=x", "since=1e3", f"since={2**63}"])
def test_an_unknown_place_is_refused(api, db, query):
    is_problem(api("GET", f"/events?{query}"), 400)
