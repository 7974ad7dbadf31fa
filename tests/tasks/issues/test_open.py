"""Issues by hand: what one needs, who may, who sees it, and what it does to the feature."""

import pytest

from envmap.accounts.asker import ANONYMOUS, SYSTEM
from envmap.core.errors import BadInput, NotAllowed, NotSignedIn, NotVisible, StaleVersion, WrongState
from envmap.core.models import OutboxFact
from layers.catalogue.models import Feature
from tasks.issues import actions, queries, rules
from tasks.issues.models import Issue
from tasks.issues.payloads import issue_payload
from tasks.orders import actions as orders
from tests.tasks.make import dispatch, make_alarm, make_category, make_photo, open_issue

PLACE = {"type": "Point", "coordinates": [118.3, 24.55]}


def condition(cast, key="dust-sites"):
    return str(Feature.objects.with_condition().get(pk=cast.feature[key].pk).condition)


@pytest.mark.parametrize(
    ("who", "source"), [("officer", "patrol"), ("field", "patrol"), ("manager", "patrol"), ("partner", "department")]
)
def test_the_source_follows_the_role(cast, who, source):
    issue = open_issue(cast, by=who, layer="outfalls", feature="outfalls-1")
    assert (issue.source, issue.state, issue.reporter) == (source, "reported", cast.user[who])
    assert queries.issue_of(cast.asker(who), issue.number) == issue


@pytest.mark.parametrize("who", ["viewer", "supervisor", "admin"])
def test_who_reports_nothing(cast, who):
    with pytest.raises(NotAllowed):
        open_issue(cast, by=who)


def test_nobody_is_asked_to_sign_in(cast):
    with pytest.raises(NotSignedIn):
        actions.open_issue(by=ANONYMOUS, title="x", location=PLACE)


def test_an_issue_about_a_place_counts_with_the_layer_of_its_category(cast):
    make_category("DS-02", layer=cast.layer["dust-sites"], severity="critical")
    issue = actions.open_issue(by=cast.asker("field"), title="海漂垃圾", category="DS-02", location=PLACE)
    assert (issue.layer.key, issue.feature, issue.severity) == ("dust-sites", None, "critical")
    assert issue.location.coords == (118.3, 24.55)
    plain = actions.open_issue(by=cast.asker("field"), title="不明", location=PLACE, severity="info")
    assert (plain.layer, plain.category, plain.severity) == (None, None, "info")


def test_an_issue_about_a_feature_stands_where_the_feature_is(cast):
    issue = open_issue(cast)
    assert issue.location.coords == cast.feature["dust-sites"].geometry.coords


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "两\n行"}, "title"),
        ({"title": "长" * 201}, "title"),
        ({"title": 5}, "title"),
        ({"severity": "urgent"}, "severity"),
        ({"category": "XX-99"}, "category"),
        ({"category": "DS"}, "category"),  # a parent
        ({"category": "OF-01"}, "category"),  # of another layer
        ({"layer": None}, "layer"),
        ({"feature": None}, "feature"),
        ({"layer": None, "feature": None}, "location"),
        ({"location": PLACE}, "location"),
        ({"layer": "nothing"}, "layer"),
        ({"feature": "dust-sites-99"}, "feature"),
        ({"layer": None, "feature": None, "location": {"type": "Point", "coordinates": [200, 0]}}, "location"),
        ({"description": "\x00"}, "description"),
        ({"attachments": [10**9]}, "attachments"),
    ],
)
def test_an_issue_that_is_not_as_it_should_be_names_the_field_and_keeps_nothing(cast, changes, field):
    make_category("DS-02", layer=cast.layer["dust-sites"])
    make_category("OF-01", layer=cast.layer["outfalls"])
    with pytest.raises(BadInput) as refused:
        open_issue(cast, **changes)
    assert refused.value.errors[0]["field"] == field
    assert (Issue.objects.count(), OutboxFact.objects.count(), condition(cast)) == (0, 0, "normal")


def test_a_feature_that_one_may_not_see_is_as_unknown_as_one_that_is_not_there(cast):
    details = []
    for code in ("dust-sites-1", "dust-sites-9"):
        with pytest.raises(BadInput) as refused:
            open_issue(cast, by="field", feature=code)
        details.append(refused.value.detail.replace(code, "N"))
    assert details[0] == details[1]


def test_photos_hang_on_the_issue_and_are_read_through_it(cast):
    photo = make_photo(cast.user["field"])
    issue = open_issue(cast, by="field", layer="outfalls", feature="outfalls-1", attachments=[photo.pk])
    assert queries.attachments_of(issue) == [photo]
    assert queries.attachment_of(cast.asker("officer"), issue.number, photo.pk) == photo
    with pytest.raises(NotVisible):
        queries.attachment_of(cast.asker("field2"), issue.number, photo.pk)
    other = make_photo(cast.user["field"])
    with pytest.raises(NotVisible):
        queries.attachment_of(cast.asker("officer"), issue.number, other.pk)


def test_attention_holds_while_an_issue_is_open_without_an_order(cast):
    officer = cast.asker("officer")
    first, second = open_issue(cast), open_issue(cast)
    actions.accept(first.number, by=officer)
    assert condition(cast) == "attention"
    actions.reject(first.number, by=officer, note="不实")
    assert condition(cast) == "attention"
    order = dispatch(cast, second)
    assert condition(cast) == "rectifying"
    orders.withdraw(order.number, by=officer, note="误派")
    assert condition(cast) == "attention"  # it has fallen back and is open without an order
    actions.reject(second.number, by=officer, note="不实")
    assert condition(cast) == "normal"


def test_verbs_follow_state_and_role(cast):
    officer = cast.asker("officer")
    issue = open_issue(cast)
    assert rules.verbs_for(officer, issue) == ["accept", "reject", "dispatch"]
    issue = actions.accept(issue.number, by=officer)
    assert issue.filed_at == issue.trail.last().at
    assert rules.verbs_for(officer, issue) == ["reject", "dispatch"]
    for who in ("field", "supervisor", "viewer", "partner", "manager"):
        assert rules.verbs_for(cast.asker(who), issue) == []
    with pytest.raises(WrongState, match="accepted"):
        actions.accept(issue.number, by=officer)
    with pytest.raises(BadInput):
        actions.reject(issue.number, by=officer)
    with pytest.raises(StaleVersion):
        actions.reject(issue.number, by=officer, note="不实", version=1)
    issue = actions.reject(issue.number, by=officer, note="不实")
    assert rules.verbs_for(officer, issue) == []
    for verb in (actions.accept, actions.reject):
        with pytest.raises(WrongState):
            verb(issue.number, by=officer, note="x")
    with pytest.raises(WrongState):
        dispatch(cast, issue)


def test_a_supervisor_sees_and_may_not_and_an_admin_sees_nothing(cast):
    issue = open_issue(cast)
    with pytest.raises(NotAllowed):
        actions.accept(issue.number, by=cast.asker("supervisor"))
    for who in ("admin", "viewer", "field", "partner"):
        with pytest.raises(NotVisible):
            actions.accept(issue.number, by=cast.asker(who))


def test_a_unit_sees_of_an_issue_only_its_own_orders_and_the_alarms_that_it_may(cast):
    issue = open_issue(cast)
    alarm = make_alarm(cast)
    issue.issue_alarms.create(alarm=alarm)
    first, second = dispatch(cast, issue), dispatch(cast, issue, department="unit-two")
    seen = {
        who: issue_payload(queries.issue_of(cast.asker(who), issue.number), cast.asker(who))
        for who in ("officer", "field", "field2")
    }
    assert seen["officer"]["orders"] == [first.number, second.number]
    assert (seen["field"]["orders"], seen["field"]["alarms"]) == ([first.number], [alarm.pk])
    assert seen["field2"]["orders"] == [second.number]
    orders.withdraw(first.number, by=cast.asker("officer"), note="误派")
    after = issue_payload(queries.issue_of(cast.asker("field"), issue.number), cast.asker("field"))
    assert after["alarms"] == []  # its order has ended, so it no longer sees the feature


def test_one_that_fell_back_is_dispatched_again_and_settles_with_the_one_that_was_verified(cast):
    officer, field = cast.asker("officer"), cast.asker("field")
    issue = open_issue(cast)
    first = dispatch(cast, issue)
    orders.return_(first.number, by=field, note="不属我单位")
    assert Issue.objects.get(pk=issue.pk).state == "dispatched"
    orders.withdraw(first.number, by=officer, note="另派")
    assert Issue.objects.get(pk=issue.pk).state == "accepted"
    second = dispatch(cast, issue)
    orders.accept(second.number, by=field)
    third = dispatch(cast, issue, department="unit-two")
    photo = make_photo(cast.user["field"])
    orders.report(second.number, by=field, note="完成", attachments=[photo.pk])
    orders.verify(second.number, by=officer)
    assert Issue.objects.get(pk=issue.pk).state == "dispatched"  # one is still open
    orders.withdraw(third.number, by=officer, note="已办")
    issue.refresh_from_db()
    assert (issue.state, issue.ended_at) == ("settled", issue.trail.last().at)
    assert [e.verb for e in queries.events_of(issue)] == [
        "open", "accept", "dispatch", "fall_back", "dispatch", "dispatch", "settle",
    ]  # fmt: skip


def test_the_system_may_open_issues_for_imports(cast):
    assert actions.open_issue(by=SYSTEM, title="移交", location=PLACE).source == "import"


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_the_same_queries_however_long(cast, rows, django_assert_num_queries):
    make_category("DS-02", layer=cast.layer["dust-sites"])
    for _ in range(rows):
        issue = open_issue(cast, category="DS-02")
        issue.issue_alarms.create(alarm=make_alarm(cast))
        dispatch(cast, issue)
        dispatch(cast, issue, department="unit-two")
    for who in ("officer", "field"):
        asker = cast.asker(who)
        with django_assert_num_queries(3):
            found = [issue_payload(issue, asker) for issue in queries.issues(asker)]
        assert len(found) == rows


def test_filters(cast):
    officer = cast.asker("officer")
    make_category("DS-02", layer=cast.layer["dust-sites"])
    first = open_issue(cast, category="DS-02")
    second = open_issue(cast, by="partner", layer="outfalls", feature="outfalls-1", severity="info")
    alarm = make_alarm(cast)
    first.issue_alarms.create(alarm=alarm)
    actions.accept(first.number, by=officer)
    expected = {
        ("state", "accepted"): [first],
        ("state", ("accepted", "reported")): [second, first],
        ("layer", "outfalls"): [second],
        ("feature", "dust-sites-1"): [first],
        ("station", alarm.station.mn): [first],
        ("category", "DS-02"): [first],
        ("category", "DS"): [first],
        ("source", "department"): [second],
        ("severity", "info"): [second],
        ("start", second.opened_at): [second],
        ("end", second.opened_at): [first],
    }
    for (name, value), wanted in expected.items():
        assert list(queries.issues(officer, **{name: value})) == wanted, name
    assert queries.issue_numbers_of([alarm], officer) == {alarm.pk: first.number}
    assert queries.issue_numbers_of([alarm], cast.asker("field")) == {}
