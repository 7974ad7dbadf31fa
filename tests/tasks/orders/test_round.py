"""The whole round of an order, and what each step leaves behind."""

import json

import pytest

from envmap.core import trail
from envmap.core.models import OutboxFact
from layers.catalogue.models import Feature
from tasks.issues import queries as issue_queries
from tasks.issues.payloads import issue_events_payload, issue_payload
from tasks.orders import actions, queries
from tasks.orders.payloads import order_events_payload, order_payload
from tests.tasks.make import dispatch, make_category, make_hours, make_photo, open_issue, report


@pytest.fixture
def category(cast):
    make_hours()
    return make_category("DS-01", layer=cast.layer["dust-sites"])


def condition(cast):
    feature = Feature.objects.with_condition().get(pk=cast.feature["dust-sites"].pk)
    return str(feature.condition)


def test_from_an_issue_to_a_verified_order(cast, category):
    officer, field = cast.asker("officer"), cast.asker("field")
    issue = open_issue(cast, category="DS-01")
    assert (issue.state, issue.source, issue.severity) == ("reported", "patrol", "major")
    assert condition(cast) == "attention"
    assert not Feature.objects.visible_to(field).filter(pk=issue.feature_id).exists()

    order = actions.dispatch(issue.number, by=officer, department="unit-one", note="请两小时内处理")
    assert order.state == "sent"
    assert condition(cast) == "rectifying"
    assert Feature.objects.visible_to(field).filter(pk=issue.feature_id).exists()
    assert order_payload(queries.order_of(field, order.number), field)["verbs"] == [
        "accept", "return", "reassign", "comment",
    ]  # fmt: skip

    order = actions.accept(order.number, by=field)
    assert (order.state, order.assignee) == ("accepted", cast.user["field"])
    due = order.due_at
    spot = {"type": "Point", "coordinates": [118.25, 24.6]}
    order = report(cast, order, location=spot, accuracy=8.5, answers={"KG": 12})
    assert order.state == "reported"
    order = actions.send_back(order.number, by=officer, note="东侧仍裸露")
    assert (order.state, order.rework_count, order.due_at) == ("accepted", 1, due)
    assert order.report_by > due
    order = report(cast, order)
    order = actions.verify(order.number, by=officer, note="合格")
    assert order.state == "verified"
    assert condition(cast) == "normal"
    assert not Feature.objects.visible_to(field).filter(pk=issue.feature_id).exists()

    seen = issue_payload(issue_queries.issue_of(officer, issue.number), officer)
    assert (seen["state"], seen["orders"], seen["verbs"]) == ("settled", [order.number], [])
    issue = issue_queries.issue_of(officer, issue.number)
    events = issue_events_payload(issue, issue_queries.events_of(issue))
    assert [(e["verb"], e["from"], e["to"]) for e in events] == [
        ("open", None, "reported"),
        ("accept", "reported", "accepted"),
        ("dispatch", "accepted", "dispatched"),
        ("settle", "dispatched", "settled"),
    ]

    order = queries.order_of(officer, order.number)
    events = order_events_payload(order, queries.events_of(order))
    assert [(e["seq"], e["verb"], e["from"], e["to"]) for e in events] == [
        (1, "dispatch", None, "sent"),
        (2, "accept", "sent", "accepted"),
        (3, "report", "accepted", "reported"),
        (4, "send_back", "reported", "accepted"),
        (5, "report", "accepted", "reported"),
        (6, "verify", "reported", "verified"),
    ]
    third = events[2]
    assert (third["location"], third["accuracy"], third["answers"]) == (spot, 8.5, {"KG": 12})
    assert third["by"] == {
        "id": field.user_id, "department": "unit-one", "role": "field", "name": cast.user["field"].name,
    }  # fmt: skip
    assert third["attachments"][0]["url"].startswith(f"/api/v1/orders/{order.number}/attachments/")
    assert queries.attachment_of(field, order.number, third["attachments"][0]["id"]).uploader == cast.user["field"]
    head = trail.GENESIS
    for event in events:
        assert event["previous_hash"] == head
        head = trail.chain_hash(head, event["payload"])
        assert event["hash"] == head
        kept = json.loads(event["payload"])
        assert {k: event[k] for k in ("seq", "verb", "from", "to", "at", "answers")} == {
            k: kept[k] for k in ("seq", "verb", "from", "to", "at", "answers")
        }
        assert kept["attachments"] == [a["sha256"] for a in event["attachments"]]
        assert kept["note_hash"] == (trail.note_hash(event["salt"], event["note"]) if event["note"] else None)
    assert (order.events, order.head_hash) == (6, head)


def test_facts_go_to_the_bureau_the_unit_and_the_reporter_and_to_nobody_else(cast, category):
    issue = open_issue(cast, by="partner", layer="outfalls", feature="outfalls-1")
    order = dispatch(cast, issue)
    unit, reporter = f"department:{cast.department['unit-one'].pk}", f"user:{cast.user['partner'].pk}"
    told = [
        (f.type, f.number, f.state, f.audience)
        for f in OutboxFact.objects.exclude(type="feature.changed").order_by("pk")
    ]
    assert told == [
        ("issue.opened", issue.number, "reported", sorted(["work", reporter])),
        ("issue.moved", issue.number, "accepted", sorted(["work", reporter, unit])),
        ("issue.moved", issue.number, "dispatched", sorted(["work", reporter, unit])),
        ("order.moved", order.number, "sent", sorted(["work", unit])),
    ]
    fact = OutboxFact.objects.get(type="order.moved")
    feature = cast.feature["outfalls"]
    assert (fact.layer, fact.feature, fact.feature_id) == ("outfalls", "outfalls-1", feature.pk)
    assert fact.location.coords == feature.geometry.coords


def test_an_attachment_hangs_on_several_events_of_its_order_only(cast, category):
    field = cast.asker("field")
    order = actions.accept(dispatch(cast).number, by=field)
    photo = make_photo(cast.user["field"])
    actions.comment(order.number, by=field, note="进场", attachments=[photo.pk])
    actions.report(order.number, by=field, note="完成", attachments=[photo.pk])
    assert [len(e.attachments) for e in queries.events_of(order)] == [0, 0, 1, 1]
    assert queries.attachments_of(order) == [photo]
