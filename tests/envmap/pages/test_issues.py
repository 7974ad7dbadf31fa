"""The officer's queue, the page of an issue, its verbs, and an issue by hand."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from envmap.core import clock
from layers.catalogue.models import Area, FeatureParty
from layers.sensors.models import Alarm, AlarmRule, Factor, Station
from tasks.issues.models import Issue, IssueAlarm, IssueEvent
from tasks.orders.models import Order

from .conftest import picture


def post(client, path: str, **fields):
    return client.post(path, {"client_uuid": str(uuid4())} | fields)


@pytest.fixture
def alarm(cast, make_issue):
    """An open alarm of the dust site with its limit, and the issue that it opened."""
    factor = Factor.objects.create(code="a34002", names={"zh-hans": "PM10", "en": "PM10"}, unit="mg/m³", decimals=3)
    station = Station.objects.create(mn="A" * 24, name="一号站", feature=cast.feature["dust-sites"])
    rule = AlarmRule.objects.create(
        name="PM10 小时", layer=cast.layer["dust-sites"], factor=factor, kind="hour", above="0.15", clear_below="0.13",
        severity="major",
    )  # fmt: skip
    found = Alarm.objects.create(
        rule=rule, station=station, feature=cast.feature["dust-sites"], layer=cast.layer["dust-sites"], factor=factor,
        severity="major", opened_at=clock.now() - timedelta(hours=1), first_value="0.2", last_value="0.213",
        peak_value="0.25", limit={"value": 0.15, "unit": "mg/m³", "standard": "GB 3095-2026", "clause": "表 1"},
    )  # fmt: skip
    IssueAlarm.objects.create(issue=make_issue(title="PM10 预警"), alarm=found)
    return found


def test_the_queue_tells_value_limit_clause_since_when_and_whether_it_is_over(cast, enter, alarm):
    line = enter("officer").get("/issues/").text
    for words in ("0.213 mg/m³", "0.150", "GB 3095-2026", "表 1", "t-alarm"):
        assert words in line
    assert not re.search(r'title="[^"]*<', line)  # a hint is text: markup in it ends the attribute
    Alarm.objects.update(cleared_at=clock.now())
    assert "t-normal" in enter("officer").get("/issues/").text.split('id="issues"')[1]


def test_worst_first_newest_first_and_those_one_handled(cast, enter, make_issue):
    minor, major = make_issue(title="小事", severity="minor"), make_issue(title="大事", severity="critical")
    last = make_issue(title="新事", severity="minor")
    officer = enter("officer")

    def numbers(query: str) -> list[str]:
        return [row.issue.number for row in officer.get(f"/issues/?{query}").context["lines"]]

    assert numbers("sort=worst") == [major.number, last.number, minor.number]
    assert numbers("sort=newest") == [last.number, major.number, minor.number]
    assert set(numbers("sort=mine")) == {minor.number, major.number, last.number}
    assert numbers("severity=critical") == [major.number]
    assert numbers("q=小事") == [minor.number]
    assert officer.get("/issues/?tab=x&sort=x&severity=x&layer=nowhere&page=99").status_code == 200


def test_an_issue_is_filed_rejected_with_a_reason_and_dispatched(cast, enter, make_issue):
    officer = enter("officer")
    first, second, third = make_issue(), make_issue(), make_issue()
    assert post(officer, f"/issues/{first.number}/accept/").status_code == 303
    assert post(officer, f"/issues/{second.number}/reject/", note="").status_code == 422
    assert post(officer, f"/issues/{second.number}/reject/", note="不属实").status_code == 303
    sent = post(officer, f"/issues/{third.number}/dispatch/", department="unit-one", assignee="field", note="尽快")
    assert sent.status_code == 303
    states = {i.number: i.state for i in Issue.objects.all()}
    assert states == {first.number: "accepted", second.number: "rejected", third.number: "dispatched"}
    order = Order.objects.get()
    assert (order.department.code, order.assignee.username) == ("unit-one", "field")


def test_the_suggested_unit_is_chosen_beforehand_with_its_reasons(cast, enter, make_issue):
    town = cast.department["town"]
    area = Area.objects.create(code="t1", names={"zh-hans": "甲镇", "en": "T1"}, kind="town", geometry="SRID=4326;POINT(118 24)",
                               department=town)  # fmt: skip
    feature = cast.feature["dust-sites"]
    feature.town = area
    feature.department = None
    feature.save()
    issue = make_issue()
    text = enter("officer").get(f"/issues/{issue.number}/").text
    assert '<option value="town" selected>' in text
    FeatureParty.objects.create(feature=feature, department=cast.department["unit-one"], part="operator")
    text = enter("officer").get(f"/issues/{issue.number}/").text
    assert '<option value="unit-one" selected>' in text


def test_two_dispatches_by_one_press_make_one_order(cast, enter, make_issue):
    issue, officer = make_issue(), enter("officer")
    form = {"client_uuid": str(uuid4()), "department": "unit-one"}
    for _ in range(2):
        assert officer.post(f"/issues/{issue.number}/dispatch/", form).status_code == 303
    assert Order.objects.count() == 1


@pytest.mark.parametrize(("fields", "field"), [
    ({"department": ""}, "department"), ({"department": "nowhere"}, "department"),
    ({"department": "unit-one", "assignee": "field2"}, "assignee"),
    ({"department": "unit-one", "report_by": "2020-01-01T08:00"}, "report_by"),
    ({"department": "unit-one", "report_by": "tomorrow"}, "report_by"),
    ({"department": "unit-one", "note": "n" * 10_000}, "note"),
])  # fmt: skip
def test_a_dispatch_that_cannot_be_says_why_at_its_field(cast, enter, make_issue, fields, field):
    issue, officer = make_issue(), enter("officer")
    answer = post(officer, f"/issues/{issue.number}/dispatch/", **fields)
    assert answer.status_code == 422
    assert answer.context["forms"]["dispatch"].errors[field]
    assert not Order.objects.exists()


def test_the_people_of_a_unit_are_offered_when_it_is_chosen(cast, enter):
    text = enter("officer").get("/issues/people/?department=unit-one").text
    assert re.findall(r'value="([^"]*)"', text) == ["", "field", "manager"]
    assert enter("field").get("/issues/people/?department=unit-one").status_code == 403


@pytest.mark.parametrize(("who", "verb", "status"), [
    ("supervisor", "accept", 403), ("field", "dispatch", 404), ("admin", "accept", 404), ("officer", "merge", 404),
])  # fmt: skip
def test_who_may_not_judge_is_told_so(cast, enter, make_issue, who, verb, status):
    issue = make_issue()
    assert post(enter(who), f"/issues/{issue.number}/{verb}/", note="x").status_code == status
    assert IssueEvent.objects.filter(subject=issue).count() == 1


def test_a_stale_issue_keeps_what_was_typed(cast, enter, make_issue):
    issue, officer = make_issue(), enter("officer")
    post(officer, f"/issues/{issue.number}/accept/")
    answer = post(officer, f"/issues/{issue.number}/reject/", note="看过了", version=issue.version)
    assert answer.status_code == 412
    assert "看过了" in answer.text


def test_an_issue_by_hand_from_where_one_stands_with_a_photo(cast, enter):
    answer = post(enter("field"), "/issues/new/", title="岸边垃圾 🗑", lat="24.6", lon="118.25", photos=[picture()])
    assert answer.status_code == 303
    issue = Issue.objects.get()
    assert (issue.source, issue.location.coords) == ("patrol", (118.25, 24.6))
    page = enter("officer").get(answer["Location"]).text
    assert "岸边垃圾 🗑" in page
    assert f"/api/v1/issues/{issue.number}/attachments/" in page


def test_an_issue_about_a_feature_by_its_code(cast, enter):
    form = {"title": "扬尘", "layer": "dust-sites", "feature": "dust-sites-1"}
    assert post(enter("officer"), "/issues/new/", **form).status_code == 303
    assert Issue.objects.get().feature == cast.feature["dust-sites"]


@pytest.mark.parametrize("fields", [
    {"title": "没有地方"}, {"title": "", "lat": "24.6", "lon": "118.25"}, {"title": "x", "lat": "24.6"},
    {"title": "x", "lat": "124", "lon": "118"}, {"title": "x", "layer": "dust-sites", "feature": "nowhere"},
    {"title": "t" * 10_000, "lat": "24.6", "lon": "118.25"},
])  # fmt: skip
def test_an_issue_by_hand_that_cannot_be_is_a_sentence_and_nothing_is_kept(cast, enter, fields):
    answer = post(enter("officer"), "/issues/new/", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not Issue.objects.exists()
    if fields["title"]:
        assert fields["title"] in answer.text


def test_the_address_can_name_the_feature_and_the_place(cast, enter):
    text = enter("officer").get("/issues/new/?layer=dust-sites&feature=dust-sites-1&lat=24.6&lon=118.25").text
    assert 'value="dust-sites-1"' in text
    assert '<option value="dust-sites" selected>' in text
    assert 'value="24.6"' in text


def test_the_queue_asks_the_database_as_often_for_many_as_for_few(
    cast, enter, alarm, make_issue, django_assert_max_num_queries
):
    officer = enter("officer")
    with django_assert_max_num_queries(25) as few:
        officer.get("/issues/?tab=all")
    for n in range(3):
        issue = make_issue(title=f"更多 {n}")
        station = Station.objects.create(mn=f"{n}" * 24, name="站", feature=cast.feature["dust-sites"])
        alarm.pk, alarm.station = None, station
        alarm._state.adding = True
        alarm.save()
        IssueAlarm.objects.create(issue=issue, alarm=alarm)
    with django_assert_max_num_queries(25) as many:
        officer.get("/issues/?tab=all")
    assert len(many) == len(few)
