"""Issues and orders over HTTP: the loop, the order of refusals, repeats and races."""

import hashlib
import json
import threading
import uuid

import pytest
from django.db import connections

from tasks.issues.models import Issue
from tasks.orders.models import Order, OrderEvent
from tests.envmap.api.test_door import is_problem
from tests.tasks.make import bring_to, dispatch, make_alarm, make_category, make_hours, make_photo, open_issue

ABOUT = {"title": "裸土未覆盖", "layer": "dust-sites", "feature": "dust-sites-1"}


@pytest.fixture
def category(cast):
    make_hours()
    return make_category(layer=cast.layer["dust-sites"])


def test_the_loop_from_an_issue_to_a_closed_order(api, cast, category):
    made = api("POST", "/issues", ABOUT | {"category": category.code})
    assert made.status_code == 201
    issue = made.json()
    assert made["Location"] == f"/api/v1/issues/{issue['number']}"
    assert (issue["state"], issue["source"], issue["severity"]) == ("reported", "patrol", "major")
    assert issue["verbs"] == ["accept", "reject", "dispatch"]
    sent = api("POST", f"/issues/{issue['number']}/dispatch", {"department": "unit-one", "note": "请办理"})
    assert sent.status_code == 201
    order = sent.json()
    path = f"/orders/{order['number']}"
    assert sent["Location"] == f"/api/v1{path}"
    assert (order["state"], order["issue"], order["due_at"]) == ("sent", issue["number"], order["report_by"])
    assert api("GET", path, as_="field").json()["verbs"] == ["accept", "return", "reassign", "comment"]
    assert api("POST", f"{path}/accept", as_="field").json()["assignee"] == "field"
    photo = make_photo(cast.user["field"])
    body = {"note": "已覆盖", "attachments": [photo.pk], "location": {"type": "Point", "coordinates": [118.2, 24.6]}}
    assert api("POST", f"{path}/report", body, as_="field").json()["state"] == "reported"
    again = api("POST", f"{path}/send_back", {"note": "东侧仍裸露", "report_by": "2099-01-01T00:00:00+08:00"})
    assert (again.json()["rework_count"], again.json()["report_by"]) == (1, "2099-01-01T00:00:00+08:00")
    assert again.json()["due_at"] == order["due_at"]
    body["attachments"] = [make_photo(cast.user["field"]).pk, photo.pk]
    assert api("POST", f"{path}/report", body, as_="field").status_code == 200
    assert api("POST", f"{path}/verify", {}).json()["state"] == "verified"
    assert api("GET", f"/issues/{issue['number']}").json()["state"] == "settled"
    trail = api("GET", f"{path}/events").json()["items"]
    assert [row["verb"] for row in trail] == ["dispatch", "accept", "report", "send_back", "report", "verify"]
    previous = "0" * 64
    for row in trail:
        assert row["previous_hash"] == previous
        previous = hashlib.sha256(f"{previous}\n{row['payload']}".encode()).hexdigest()
        assert row["hash"] == previous
        kept = json.loads(row["payload"])
        assert kept["note_hash"] == (hashlib.sha256((row["salt"] + row["note"]).encode()).hexdigest() if row["note"] else None)  # fmt: skip
        assert kept["attachments"] == [file["sha256"] for file in row["attachments"]]
    assert api("GET", path).json()["head_hash"] == previous
    assert trail[2]["attachments"][0]["url"] == f"/api/v1{path}/attachments/{photo.pk}"
    assert trail[2]["by"]["name"] == "field 某"


def test_trails_are_paged(api, cast, category):
    order = bring_to(cast, "verified")
    first = api("GET", f"/orders/{order.number}/events?limit=2").json()
    second = api("GET", f"/orders/{order.number}/events?limit=2&cursor={first['next']}").json()
    assert [row["seq"] for row in first["items"] + second["items"]] == [1, 2, 3, 4]
    assert second["next"] is None
    issue = api("GET", f"/issues/{order.issue.number}/events").json()
    assert [row["verb"] for row in issue["items"]][1:3] == ["accept", "dispatch"]


def test_an_issue_is_accepted_and_rejected(api, cast, category):
    number = open_issue(cast).number
    assert api("POST", f"/issues/{number}/accept", {"note": "立案"}).json()["state"] == "accepted"
    is_problem(api("POST", f"/issues/{number}/accept", {}), 409)
    is_problem(api("POST", f"/issues/{number}/reject", {}), 422)
    assert api("POST", f"/issues/{number}/reject", {"note": "重复"}).json()["state"] == "rejected"


# --- the order of refusals ---


def test_401_then_404_then_403_then_409_then_412_then_422(api, cast, category):
    order = bring_to(cast, "sent")
    path, nonsense = f"/orders/{order.number}/verify", b"{"
    is_problem(api("POST", path, nonsense, as_=None), 401)
    is_problem(api("POST", "/orders/ZF20990101-0001/verify", nonsense), 404)
    for who in ("field2", "partner", "viewer", "admin"):
        is_problem(api("POST", path, nonsense, as_=who), 404)
    for who in ("field", "manager", "supervisor"):
        is_problem(api("POST", path, nonsense, as_=who), 403)
    is_problem(api("POST", path, nonsense, scopes=("read",)), 403)
    assert "sent" in is_problem(api("POST", path, nonsense), 409)["detail"]
    order = bring_to(cast, "reported")
    path = f"/orders/{order.number}/verify"
    is_problem(api("POST", path, {"version": order.version - 1, "colour": 1}), 412)
    is_problem(api("POST", path, {"version": order.version, "colour": 1}), 422)
    is_problem(api("POST", path, nonsense), 422)
    is_problem(api("POST", path, b"note=x", content_type="application/x-www-form-urlencoded"), 415)
    assert api("POST", path, {"version": order.version}).status_code == 200


def test_a_replay_comes_before_the_state_and_after_403(api, cast, category):
    order = bring_to(cast, "sent")
    path, body = f"/orders/{order.number}/accept", {"client_uuid": str(uuid.uuid4())}
    first = api("POST", path, body, as_="field")
    again = api("POST", path, body, as_="field")
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert again["Idempotent-Replay"] == "true" and "Idempotent-Replay" not in first
    is_problem(api("POST", path, body | {"note": "x"}, as_="field"), 409)
    is_problem(api("POST", f"/orders/{order.number}/comment", body | {"note": "x"}, as_="field"), 409)
    is_problem(api("POST", path, body, as_="field2"), 404)
    is_problem(api("POST", path, body, as_="supervisor"), 403)


@pytest.mark.parametrize("verb", ["approve", "urge", "suspend", "verify2", "accept%00"])
@pytest.mark.parametrize("room", ["orders", "issues"])
def test_an_unknown_verb_is_not_found_and_names_the_known(api, cast, category, room, verb):
    order = bring_to(cast, "sent")
    number = order.number if room == "orders" else order.issue.number
    assert "accept" in is_problem(api("POST", f"/{room}/{number}/{verb}", {}), 404)["detail"] or "%00" in verb
    is_problem(api("POST", f"/{room}/{number}/{verb}", {}, as_="field2"), 404)


@pytest.mark.parametrize(
    ("verb", "state", "who", "body"),
    [
        ("return", "sent", "field", {}), ("return", "sent", "field", {"note": "x", "department": "nowhere"}),
        ("reassign", "sent", "officer", {}), ("reassign", "sent", "officer", {"department": "nowhere"}),
        ("reassign", "sent", "manager", {"assignee": "field2"}), ("reassign", "sent", "manager", {}),
        ("report", "accepted", "field", {"note": "x"}), ("report", "accepted", "field", {"note": "x", "attachments": []}),
        ("report", "accepted", "field", {"note": "x", "attachments": [999]}),
        ("report", "accepted", "field", {"note": "x", "attachments": ["1"]}),
        ("report", "accepted", "field", {"note": "x", "attachments": [2**70]}),
        ("send_back", "reported", "officer", {}), ("send_back", "reported", "officer", {"note": ""}),
        ("send_back", "reported", "officer", {"note": "x", "report_by": "2020-01-01T00:00:00+08:00"}),
        ("send_back", "reported", "officer", {"note": "x", "report_by": "2099-01-01T00:00:00"}),
        ("verify", "reported", "officer", {"happened_at": "2026-11-24 08:00"}),
        ("verify", "reported", "officer", {"happened_at": "2026-11-24T08:00:00"}),
        ("verify", "reported", "officer", {"client_uuid": "x"}), ("verify", "reported", "officer", {"version": "1"}),
        ("withdraw", "sent", "officer", {}), ("comment", "sent", "field", {}),
        ("comment", "sent", "field", {"note": "x", "location": {"type": "Point", "coordinates": [1, 2]}}),
    ],
    ids=str,
)  # fmt: skip
def test_a_verb_whose_body_is_not_what_was_expected_changes_nothing(api, cast, category, verb, state, who, body):
    order = bring_to(cast, state)
    assert is_problem(api("POST", f"/orders/{order.number}/{verb}", body, as_=who), 422)["detail"]
    after = Order.objects.get(pk=order.pk)
    assert (after.state, after.version, after.events) == (order.state, order.version, order.events)


@pytest.mark.parametrize("place", [
    {"type": "LineString", "coordinates": [[118, 24], [118.1, 24]]}, {"type": "Point", "coordinates": [200, 24]},
    {"type": "Point", "coordinates": ["a", "b"]}, {"type": "Point"}, "118,24",
])  # fmt: skip
def test_a_location_is_a_point_in_the_world(api, cast, category, place):
    order = bring_to(cast, "accepted")
    photo = make_photo(cast.user["field"])
    body = {"note": "x", "attachments": [photo.pk], "location": place}
    is_problem(api("POST", f"/orders/{order.number}/report", body, as_="field"), 422)
    is_problem(api("POST", "/issues", {"title": "x", "location": place}), 422)
    photo.refresh_from_db()
    assert photo.hung_at is None


@pytest.mark.parametrize(
    "body",
    [
        {}, {"title": ""}, {"title": "x"}, ABOUT | {"location": {"type": "Point", "coordinates": [118, 24]}},
        ABOUT | {"layer": "nope"}, ABOUT | {"feature": "nope"}, {"title": "x", "feature": "dust-sites-1"},
        ABOUT | {"category": "nope"}, ABOUT | {"severity": "fatal"}, ABOUT | {"source": "citizen"},
        ABOUT | {"attachments": [1]}, ABOUT | {"title": "x" * 201}, ABOUT | {"client_uuid": 5},
    ],
    ids=str,
)  # fmt: skip
def test_an_issue_that_cannot_be_kept(api, cast, category, body):
    is_problem(api("POST", "/issues", body), 422)
    assert not Issue.objects.exists()


@pytest.mark.parametrize("body", [{}, {"department": "nowhere"}, {"department": "unit-one", "assignee": "field2"},
                                  {"department": "unit-one", "report_by": "2020-01-01T00:00:00+08:00"},
                                  {"department": "unit-one", "report_by": "2099-01-01T08:00:00"}], ids=str)  # fmt: skip
def test_a_dispatch_that_cannot_be_done_leaves_the_issue_reported(api, cast, category, body):
    issue = open_issue(cast)
    is_problem(api("POST", f"/issues/{issue.number}/dispatch", body), 422)
    issue.refresh_from_db()
    assert (issue.state, issue.events, Order.objects.count()) == ("reported", 1, 0)


# --- who sees what ---


def test_an_administrator_knows_of_no_work(api, cast, category):
    order = bring_to(cast, "sent")
    for path in ("/issues", "/orders", f"/orders/{order.number}", f"/issues/{order.issue.number}/events"):
        is_problem(api("GET", path, as_="admin"), 404)
    is_problem(api("POST", "/issues", ABOUT, as_="admin"), 404)


def test_who_reports_issues(api, cast, category):
    is_problem(api("POST", "/issues", b"{", as_="viewer"), 403)
    is_problem(api("POST", "/issues", b"{", as_="supervisor"), 403)
    place = {"title": "漂浮物", "location": {"type": "Point", "coordinates": [118.2, 24.5]}}
    for who, source in (("field", "patrol"), ("manager", "patrol"), ("partner", "department")):
        assert api("POST", "/issues", place, as_=who).json()["source"] == source
    assert len(api("GET", "/issues", as_="field").json()["items"]) == 1
    assert api("GET", "/issues", as_="viewer").json()["items"] == []


def test_a_unit_sees_its_own_orders_alone_also_behind_an_issue(api, cast, category):
    issue = open_issue(cast)
    one, two = dispatch(cast, issue), dispatch(cast, issue, department="unit-two")
    for who, order in (("field", one), ("field2", two)):
        assert [o["number"] for o in api("GET", "/orders", as_=who).json()["items"]] == [order.number]
        assert api("GET", f"/issues/{issue.number}", as_=who).json()["orders"] == [order.number]
    assert len(api("GET", f"/layers/dust-sites/features/{issue.feature_id}/orders").json()["items"]) == 2
    own = api("GET", f"/layers/dust-sites/features/{issue.feature_id}/orders", as_="field").json()["items"]
    assert [o["number"] for o in own] == [one.number]


def test_filters_of_work(api, cast, category):
    alarm = make_alarm(cast)
    order = bring_to(cast, "accepted")
    other = open_issue(cast, category=category.code)

    def numbers(path):
        return [row["number"] for row in api("GET", path).json()["items"]]

    assert numbers("/issues") == [other.number, order.issue.number]
    assert numbers("/issues?state=reported&layer=dust-sites&feature=dust-sites-1&severity=major") == [other.number]
    assert numbers(f"/issues?category={category.code}&source=patrol") == [other.number]
    assert numbers(f"/issues?station={alarm.station.mn}") == []
    assert numbers("/issues?to=2020-01-01") == numbers("/issues?from=2099-01-01") == []
    assert numbers(f"/orders?state=accepted&issue={order.issue.number}&assignee=field") == [order.number]
    assert numbers("/orders?department=unit-one&overdue=false&layer=dust-sites&feature=dust-sites-1") == [order.number]
    assert numbers("/orders?department=unit-two") == numbers("/orders?overdue=true") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("/issues?state=merged", 400), ("/issues?state=x", 400), ("/issues?source=x", 400), ("/issues?severity=x", 400),
        ("/issues?category=x", 400), ("/issues?layer=x", 400), ("/issues?feature=x", 400), ("/issues?station=x", 400),
        ("/issues?verb=x", 400), ("/issues?from=2026-11-24T00:00:00", 422), ("/orders?state=suspended", 400),
        ("/orders?department=x", 400), ("/orders?assignee=x", 400), ("/orders?issue=x", 400), ("/orders?overdue=maybe", 400),
        ("/orders?station=x", 400), ("/alarms?rule=x", 400), ("/alarms?rule=99", 400), ("/alarms?open=x", 400),
        ("/alarms?severity=x", 400), ("/alarms?station=x", 400), ("/alarms?layer=x", 400), ("/categories?layer=x", 400),
        ("/alarms?to=2026-11-24T00:00:00", 422),
    ],
)  # fmt: skip
def test_an_unknown_filter_of_work_is_refused(api, cast, query, status):
    is_problem(api("GET", query), status)


# --- alarms ---


def test_an_alarm_is_acknowledged_once(api, cast):
    alarm = make_alarm(cast)
    path = f"/alarms/{alarm.pk}/acknowledge"
    is_problem(api("POST", path, {}, as_="field"), 404)
    is_problem(api("POST", path, {}, as_="supervisor"), 403)
    body = {"note": "已联系", "client_uuid": str(uuid.uuid4())}
    done = api("POST", path, body)
    assert (done.status_code, done.json()["acknowledged_by"]) == (200, "officer")
    assert api("POST", path, body)["Idempotent-Replay"] == "true"
    is_problem(api("POST", path, {}), 409)
    assert api("GET", f"/alarms/{alarm.pk}").json() == done.json()


def test_filters_of_alarms(api, cast):
    one, two = make_alarm(cast), make_alarm(cast, severity="minor", cleared_at="2026-01-01T00:00:00Z")

    def ids(query):
        return [row["id"] for row in api("GET", f"/alarms{query}").json()["items"]]

    assert ids("") == [two.pk, one.pk]
    assert ids(f"?open=true&severity=major&rule={one.rule_id}&station={one.station.mn}&acknowledged=false") == [one.pk]
    assert ids("?layer=dust-sites&feature=dust-sites-1&open=false") == [two.pk]
    assert ids("?acknowledged=true") == ids("?to=2020-01-01") == []
    feature = api("GET", f"/layers/dust-sites/features/{cast.feature['dust-sites'].pk}/alarms?open=true").json()
    assert [row["id"] for row in feature["items"]] == [one.pk]


def test_an_alarm_names_its_issue_to_those_who_see_that(api, cast, category):
    from tasks.issues.actions import open_from_alarms

    alarm = make_alarm(cast)
    (issue,) = open_from_alarms()
    assert api("GET", f"/alarms/{alarm.pk}").json()["issue"] == issue.number
    assert api("GET", f"/alarms/{alarm.pk}", as_="admin").json()["issue"] is None
    assert api("GET", f"/issues?station={alarm.station.mn}").json()["items"][0]["alarms"] == [alarm.pk]


# --- pages, counts of queries ---


def test_pages_of_orders_hold_while_new_ones_come(api, cast, category):
    issue = open_issue(cast)
    orders = [dispatch(cast, issue).number for _n in range(5)]
    seen, cursor = [], ""
    for _step in range(9):
        body = api("GET", f"/orders?limit=2{cursor}").json()
        seen += [row["number"] for row in body["items"]]
        dispatch(cast, issue)
        if body["next"] is None:
            break
        cursor = f"&cursor={body['next']}"
    assert seen == orders[::-1]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "most"), [("/issues", 5), ("/orders", 3), ("/alarms", 4), ("/categories", 3), ("/orders/{}/events", 5)]
)
def test_lists_of_work_take_the_same_queries_however_long(
    api, cast, category, django_assert_max_num_queries, path, most, rows
):
    for n in range(rows):
        make_alarm(cast)
        make_category(f"X-{n}")
        order = bring_to(cast, "verified" if rows == 3 else "sent")
    api("GET", "/me")
    with django_assert_max_num_queries(most):
        assert len(api("GET", path.format(order.number)).json()["items"]) >= rows


# --- at once ---


def at_once(n, send):
    answers, barrier = [], threading.Barrier(n)

    def run(k):
        barrier.wait()
        try:
            answers.append(send(k))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(k,)) for k in range(n)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return answers


@pytest.mark.django_db(transaction=True)
def test_eight_verify_at_once_and_one_does(api, cast, category):
    order = bring_to(cast, "reported")
    api("GET", "/me")
    answers = at_once(8, lambda k: api("POST", f"/orders/{order.number}/verify", {}).status_code)
    assert sorted(answers) == [200] + [409] * 7
    assert OrderEvent.objects.filter(subject=order, verb="verify").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_request_sent_four_times_at_once_is_done_once_and_answered_alike(api, cast, category):
    order = bring_to(cast, "reported")
    api("GET", "/me")
    body = {"client_uuid": str(uuid.uuid4())}
    answers = at_once(4, lambda k: api("POST", f"/orders/{order.number}/verify", body))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sorted("Idempotent-Replay" in answer for answer in answers) == [False, True, True, True]
    assert OrderEvent.objects.filter(subject=order, verb="verify").count() == 1
