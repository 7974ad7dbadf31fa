"""What verbs refuse and with which words: who, then state, then version, then body; and nothing half kept."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import gettext as _
from django.utils.translation import override

from envmap.accounts.queries import asker_for
from envmap.accounts.roles import Scope
from envmap.core import clock
from envmap.core.clock import SHANGHAI
from envmap.core.errors import BadInput, NotAllowed, NotVisible, StaleVersion, WrongState
from envmap.core.models import OutboxFact
from layers.catalogue.models import Attachment
from tasks.issues.models import Issue, IssueEvent
from tasks.orders import actions, queries, rules
from tasks.orders.models import Order, OrderEvent
from tests.tasks.make import also_member, another, bring_to, dispatch, make_photo, open_issue


@pytest.fixture(autouse=True)
def english():
    """Sentences as their msgids have them, whether or not the translations are compiled."""
    with override("en"):
        yield


def untouched(order):
    """Whether nothing of an order, its trail or the outbox has moved since."""
    before = Order.objects.values().get(pk=order.pk)
    events, facts = OrderEvent.objects.count(), OutboxFact.objects.count()
    hung = Attachment.objects.filter(hung_at=None).count()
    return lambda: (
        Order.objects.values().get(pk=order.pk) == before
        and (OrderEvent.objects.count(), OutboxFact.objects.count()) == (events, facts)
        and Attachment.objects.filter(hung_at=None).count() == hung
    )


POINT = {"type": "Point", "coordinates": [118.25, 24.6]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"note": ""}, "note"),
        ({"note": "  \n "}, "note"),
        ({"note": None}, "note"),
        ({"note": "好" * 4001}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"attachments": []}, "attachments"),
        ({"attachments": [0]}, "attachments"),
        ({"attachments": [10**9]}, "attachments"),
        ({"attachments": ["1"]}, "attachments"),
        ({"attachments": "12"}, "attachments"),
        ({"attachments": None}, "attachments"),
        ({"location": {"type": "Point", "coordinates": [181, 24.6]}}, "location"),
        ({"location": {"type": "Point", "coordinates": [118.25, -90.1]}}, "location"),
        ({"location": {"type": "Point", "coordinates": [118.25]}}, "location"),
        ({"location": {"type": "Point", "coordinates": ["118.25", "24.6"]}}, "location"),
        ({"location": {"type": "Point", "coordinates": [float("nan"), 24.6]}}, "location"),
        ({"location": {"type": "LineString", "coordinates": [[118.2, 24.6], [118.3, 24.6]]}}, "location"),
        ({"location": {"coordinates": [118.25, 24.6]}}, "location"),
        ({"location": [118.25, 24.6]}, "location"),
        ({"location": "118.25,24.6"}, "location"),
        ({"location": POINT, "accuracy": -1}, "accuracy"),
        ({"location": POINT, "accuracy": float("inf")}, "accuracy"),
        ({"location": POINT, "accuracy": True}, "accuracy"),
        ({"location": POINT, "accuracy": "8"}, "accuracy"),
        ({"answers": ["KG"]}, "answers"),
        ({"answers": {"KG": {"a": 1}}}, "answers"),
        ({"answers": {"KG": float("nan")}}, "answers.KG"),
        ({"happened_at": datetime(2026, 11, 24, 8)}, "happened_at"),  # noqa: DTZ001
        ({"happened_at": datetime(1, 1, 1, tzinfo=SHANGHAI)}, "happened_at"),
        ({"happened_at": datetime(1970, 1, 1, tzinfo=UTC)}, "happened_at"),
        ({"happened_at": datetime(9999, 12, 31, 23, tzinfo=UTC)}, "happened_at"),
        ({"happened_at": "2026-11-24T08:00:00+08:00"}, "happened_at"),
    ],
)
def test_a_report_that_is_not_as_it_should_be_names_the_field_and_keeps_nothing(cast, changes, field):
    order = bring_to(cast, "accepted")
    body = {"note": "已处置", "attachments": [make_photo(cast.user["field"]).pk], **changes}
    is_untouched = untouched(order)
    with pytest.raises(BadInput) as refused:
        actions.report(order.number, by=cast.asker("field"), **body)
    assert [e["field"] for e in refused.value.errors] == [field]
    assert is_untouched()


def test_a_report_needs_a_photo_among_its_files(cast):
    order = bring_to(cast, "accepted")
    paper = make_photo(cast.user["field"], content_type="application/pdf")
    with pytest.raises(BadInput, match="photo"):
        actions.report(order.number, by=cast.asker("field"), note="完成", attachments=[paper.pk])
    photo = make_photo(cast.user["field"])
    order = actions.report(order.number, by=cast.asker("field"), note="完成", attachments=[paper.pk, photo.pk])
    kept = queries.events_of(order).last().attachments
    assert [a["id"] for a in kept] == [paper.pk, photo.pk]  # in upload order


def test_somebody_elses_photo_is_refused_even_one_that_hangs_on_the_order(cast):
    order = bring_to(cast, "accepted")
    theirs = make_photo(cast.user["manager"])
    actions.comment(order.number, by=cast.asker("manager"), note="看", attachments=[theirs.pk])
    for photo in (theirs, make_photo(cast.user["field2"])):
        with pytest.raises(BadInput) as refused:
            actions.report(order.number, by=cast.asker("field"), note="完成", attachments=[photo.pk])
        assert refused.value.errors[0]["field"] == "attachments"


def test_a_photo_of_another_order_does_not_prove_this_one(cast):
    first, second = bring_to(cast, "accepted"), bring_to(cast, "accepted")
    photo = make_photo(cast.user["field"])
    actions.report(first.number, by=cast.asker("field"), note="完成", attachments=[photo.pk])
    with pytest.raises(BadInput):
        actions.report(second.number, by=cast.asker("field"), note="完成", attachments=[photo.pk])


@pytest.mark.parametrize("verb", ["return", "send_back", "withdraw", "comment"])
def test_verbs_that_need_a_note(cast, verb):
    order = bring_to(cast, "reported" if verb == "send_back" else "sent")
    by = "field" if verb == "return" else "officer"
    with pytest.raises(BadInput) as refused:
        actions.VERBS[verb](order.number, by=cast.asker(by))
    assert refused.value.errors[0]["field"] == "note"


def test_a_time_that_is_past_is_no_deadline(cast):
    past = clock.now() - timedelta(seconds=1)
    issue = open_issue(cast)
    with pytest.raises(BadInput) as refused:
        actions.dispatch(issue.number, by=cast.asker("officer"), department="unit-one", report_by=past)
    assert refused.value.errors[0]["field"] == "report_by"
    assert (Issue.objects.get(pk=issue.pk).state, Order.objects.count(), IssueEvent.objects.count()) == (
        "reported",
        0,
        1,
    )
    order = bring_to(cast, "reported")
    with pytest.raises(BadInput) as refused:
        actions.send_back(order.number, by=cast.asker("officer"), note="重做", report_by=past)
    assert refused.value.errors[0]["field"] == "report_by"


@pytest.mark.parametrize("username", ["field2", "officer", "nobody", "", 7, "viewer"])
def test_an_assignee_outside_the_unit_is_refused(cast, username):
    also_member(cast, "viewer", "unit-one", "viewer")  # in the unit, but takes no orders
    issue = open_issue(cast)
    with pytest.raises(BadInput) as refused:
        actions.dispatch(issue.number, by=cast.asker("officer"), department="unit-one", assignee=username)
    assert refused.value.errors[0]["field"] == "assignee"
    order = dispatch(cast, issue)
    with pytest.raises(BadInput) as refused:
        actions.reassign(order.number, by=cast.asker("manager"), assignee=username)
    assert refused.value.errors[0]["field"] == "assignee"


@pytest.mark.parametrize("code", ["nowhere", "", None, 3, "closed"])
def test_an_unknown_or_closed_department_is_refused(cast, code):
    cast.department["town"].code, cast.department["town"].is_active = "closed", False
    cast.department["town"].save()
    issue = open_issue(cast)
    with pytest.raises(BadInput) as refused:
        actions.dispatch(issue.number, by=cast.asker("officer"), department=code)
    assert refused.value.errors[0]["field"] == "department"


def test_reassigning_needs_the_one_that_is_the_askers_to_name(cast):
    order = bring_to(cast, "sent")
    another(cast, "field3", "unit-one", "field")
    for by, body, error in [
        ("officer", {}, BadInput),
        ("manager", {}, BadInput),
        ("officer", {"assignee": "field"}, NotAllowed),
        ("officer", {"department": "unit-two", "assignee": "field"}, NotAllowed),
        ("manager", {"department": "unit-two"}, NotAllowed),
        ("field", {"assignee": "field3"}, NotAllowed),
        ("field", {"assignee": "nobody"}, NotAllowed),
    ]:
        with pytest.raises(error):
            actions.reassign(order.number, by=cast.asker(by), **body)
    assert actions.reassign(order.number, by=cast.asker("manager"), assignee="field3").assignee.username == "field3"
    assert actions.reassign(order.number, by=cast.asker("field"), assignee="field").assignee.username == "field"


def test_a_stale_version_is_refused_after_the_state_and_before_the_body(cast):
    order = bring_to(cast, "reported")
    officer = cast.asker("officer")
    with pytest.raises(StaleVersion):
        actions.send_back(order.number, by=officer, note="", version=order.version - 1)
    with pytest.raises(WrongState):
        actions.withdraw(order.number, by=officer, note="", version=order.version - 1)
    with pytest.raises(NotAllowed):
        actions.verify(order.number, by=cast.asker("field"), version=order.version - 1)
    moved = actions.verify(order.number, by=officer, version=order.version)
    assert moved.version == order.version + 1


def test_a_stale_version_of_an_issue_is_refused(cast):
    issue = open_issue(cast)
    with pytest.raises(StaleVersion):
        actions.dispatch(issue.number, by=cast.asker("officer"), department="nowhere", version=issue.version + 1)


@pytest.mark.parametrize("role", ["field", "manager", "partner", "viewer", "officer"])
def test_who_belongs_to_the_unit_by_any_membership_never_judges_it(cast, role):
    order = bring_to(cast, "reported")
    also_member(cast, "officer", "unit-one", role)
    officer = asker_for(cast.user["officer"])
    assert officer.role == "officer"
    for verb in ("verify", "send_back"):
        with pytest.raises(NotAllowed, match="own unit"):
            actions.VERBS[verb](order.number, by=officer, note="x")
        assert verb not in rules.verbs_for(officer, order)


def test_a_membership_that_has_ended_no_longer_binds(cast):
    order = bring_to(cast, "reported")
    gone = also_member(cast, "officer", "unit-one", "field")
    gone.ended_at = clock.now()
    gone.save()
    assert actions.verify(order.number, by=cast.asker("officer")).state == "verified"


def test_scopes_narrow_every_verb(cast):
    order = bring_to(cast, "sent")
    reader = asker_for(cast.user["field"], scopes=frozenset({Scope.READ}))
    assert rules.verbs_for(reader, order) == []
    with pytest.raises(NotAllowed, match="scopes"):
        actions.accept(order.number, by=reader)
    writer = asker_for(cast.user["field"], scopes=frozenset({Scope.WRITE}))
    assert actions.accept(order.number, by=writer).state == "accepted"  # it reads nothing, and writes what the role may


@pytest.mark.parametrize("number", ["ZF20200101-0001", "", "x\x00y", "ZF" * 400])
def test_an_unknown_number_and_one_that_is_not_ours_are_the_same_to_us(cast, number):
    order = bring_to(cast, "sent")
    for by, which in [("field", number), ("field2", order.number), ("admin", order.number), ("viewer", order.number)]:
        with pytest.raises(NotVisible) as refused:
            actions.accept(which, by=cast.asker(by))
        assert refused.value.detail == _("There is no order %(number)s.") % {"number": which[:40]}
        with pytest.raises(NotVisible):
            queries.order_of(cast.asker(by), which)


def test_a_verb_that_is_not_built_is_not_there(cast):
    order = bring_to(cast, "sent")
    assert "suspend" not in actions.VERBS
    with pytest.raises(NotVisible):
        rules.require_may(cast.asker("officer"), "suspend", order)


def test_the_refusal_of_a_state_says_which_it_is_and_from_where_it_would_go(cast):
    order = bring_to(cast, "accepted")
    with pytest.raises(WrongState) as refused:
        actions.verify(order.number, by=cast.asker("officer"))
    assert order.number in refused.value.detail and "(accepted)" in refused.value.detail


def test_happened_at_is_kept_and_deadlines_go_by_arrival(cast):
    order = bring_to(cast, "sent")
    yesterday = clock.now() - timedelta(days=1)
    order = actions.accept(order.number, by=cast.asker("field"), happened_at=yesterday)
    event = queries.events_of(order).last()
    assert event.happened_at == yesterday
    assert order.accepted_at == event.at > yesterday


def test_returning_names_whose_it_is_for_the_officer(cast):
    order = bring_to(cast, "sent")
    field = cast.asker("field")
    for code in ("nowhere", "unit-one"):
        with pytest.raises(BadInput) as refused:
            actions.return_(order.number, by=field, note="非我管辖", department=code)
        assert refused.value.errors[0]["field"] == "department"
    order = actions.return_(order.number, by=field, note="非我管辖", department="unit-two")
    assert queries.events_of(order).last().answers == {"department": "unit-two"}
