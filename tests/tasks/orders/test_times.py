"""When an order is due: set once, moved by what may move it, marked provisional, set right when a year is loaded."""

from datetime import datetime, timedelta

import pytest
from django.utils.translation import override

from envmap.accounts.asker import SYSTEM
from envmap.accounts.signals import rights_changed
from envmap.core import clock
from envmap.core.clock import SHANGHAI, standing_at
from envmap.core.errors import BadInput, NotAllowed
from envmap.core.models import OutboxFact
from layers.catalogue.models import Feature, FeatureGrant
from tasks.orders import actions, queries
from tasks.orders.models import CalendarDay, OfficeHours, Order
from tasks.orders.payloads import order_payload
from tests.tasks.make import dispatch, make_category, open_issue, report

HOURS = [["14:30", "18:00"], ["08:30", "12:00"]]


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def calendar(cast):
    """The office hours, and 2026 with one day off that matters here."""
    actions.load_office_hours(by=SYSTEM, spans=HOURS)
    actions.load_calendar(by=SYSTEM, days=[{"date": "2026-12-24", "kind": "holiday", "name": "试"}])
    return cast


def order_at(cast, instant, code, **more):
    """An order of a category, dispatched at an instant."""
    with standing_at(local(instant)):
        return dispatch(cast, open_issue(cast, category=code), **more)


def times(order):
    order.refresh_from_db()
    return [
        None if t is None else f"{t.astimezone(SHANGHAI):%m-%d %H:%M}"
        for t in (order.accept_by, order.report_by, order.due_at)
    ]


@pytest.mark.parametrize(
    ("clock_", "accept", "due", "expected"),
    [
        ("urgent", "0.5", "2", ["12-23 18:00", "12-23 19:30", "12-23 19:30"]),
        ("hours", "1", "8", ["12-25 09:00", "12-28 09:00", "12-28 09:00"]),
        ("days", "1", "3", ["12-25 18:00", "12-29 18:00", "12-29 18:00"]),
    ],
)
def test_the_category_gives_the_times_by_its_clock(calendar, clock_, accept, due, expected):
    make_category("DS-02", layer=calendar.layer["dust-sites"], clock=clock_, accept=accept, report=due)
    order = order_at(calendar, "2026-12-23 17:30", "DS-02")  # a Wednesday; Thursday is off
    assert times(order) == expected
    assert not order.is_provisional


def test_without_a_category_nothing_is_due_unless_said(cast):
    assert times(dispatch(cast)) == [None, None, None]
    end = clock.now() + timedelta(days=2)
    order = dispatch(cast, report_by=end)
    assert (order.accept_by, order.report_by, order.due_at) == (None, end, end)


def test_a_time_that_is_given_goes_before_the_categorys(calendar):
    make_category("DS-02", layer=calendar.layer["dust-sites"], clock="urgent")
    with standing_at(local("2026-12-23 17:00")):
        end = local("2026-12-30 12:00")
        order = dispatch(calendar, open_issue(calendar, category="DS-02"), report_by=end)
    assert times(order) == ["12-23 17:30", "12-30 12:00", "12-30 12:00"]


def test_working_time_without_office_hours_is_refused_in_words(cast):
    make_category("DS-02", layer=cast.layer["dust-sites"], clock="hours")
    with override("en"), pytest.raises(BadInput, match="office hours"):
        dispatch(cast, open_issue(cast, category="DS-02"))


def test_sending_back_gives_the_time_anew_and_never_moves_what_was_due(calendar):
    make_category("DS-02", layer=calendar.layer["dust-sites"], clock="urgent", accept="0.5", report="2")
    order = order_at(calendar, "2026-12-23 08:00", "DS-02")
    with standing_at(local("2026-12-23 09:00")):
        actions.accept(order.number, by=calendar.asker("field"))
        report(calendar, order)
    with standing_at(local("2026-12-23 10:30")):
        order = actions.send_back(order.number, by=calendar.asker("officer"), note="重做")
    assert times(order) == ["12-23 08:30", "12-23 12:30", "12-23 10:00"]
    with standing_at(local("2026-12-23 11:00")):
        report(calendar, order)
        order = actions.send_back(
            order.number, by=calendar.asker("officer"), note="再做", report_by=local("2026-12-23 20:00")
        )
    assert times(order) == ["12-23 08:30", "12-23 20:00", "12-23 10:00"]
    assert order.rework_count == 2


def test_another_department_gets_the_time_anew_the_feature_and_nobody_of_before(
    calendar, django_capture_on_commit_callbacks
):
    make_category("DS-02", layer=calendar.layer["dust-sites"], clock="urgent", accept="0.5", report="2")
    order = order_at(calendar, "2026-12-23 08:00", "DS-02", assignee="field")
    old, new = calendar.asker("field"), calendar.asker("field2")
    feature = Feature.objects.filter(pk=order.feature_id)
    assert feature.visible_to(old).exists() and not feature.visible_to(new).exists()
    told = []
    hear = lambda sender, user_id, **_: told.append(user_id)  # noqa: E731
    rights_changed.connect(hear)
    OutboxFact.objects.all().delete()
    with standing_at(local("2026-12-23 09:15")), django_capture_on_commit_callbacks(execute=True):
        order = actions.reassign(order.number, by=calendar.asker("officer"), department="unit-two", note="属地")
    rights_changed.disconnect(hear)
    assert times(order) == ["12-23 09:45", "12-23 11:15", "12-23 10:00"]
    assert (order.state, order.department.code, order.assignee) == ("sent", "unit-two", None)
    assert feature.visible_to(new).exists()
    assert not Order.objects.visible_to(old).filter(pk=order.pk).exists()
    grants = {g.department.code: g.until is None for g in FeatureGrant.objects.filter(reason=order.number)}
    assert grants == {"unit-one": False, "unit-two": True}
    # The former unit's open pages are made to read anew; no fact tells it what it may no longer know.
    assert set(told) == {calendar.user["field"].pk, calendar.user["manager"].pk}
    assert OutboxFact.objects.get().audience == sorted(["work", f"department:{calendar.department['unit-two'].pk}"])
    back = actions.reassign(order.number, by=calendar.asker("officer"), department="unit-one")
    assert FeatureGrant.objects.get(reason=back.number, department__code="unit-one").until is None


def test_another_person_of_the_unit_changes_no_time(calendar):
    make_category("DS-02", layer=calendar.layer["dust-sites"], clock="urgent")
    order = order_at(calendar, "2026-12-23 08:00", "DS-02")
    before = times(order)
    order = actions.reassign(order.number, by=calendar.asker("manager"), assignee="field")
    assert times(order) == before and order.state == "sent"


def test_overdue_is_the_same_for_one_order_and_for_the_list(calendar):
    make_category("DS-02", layer=calendar.layer["dust-sites"], clock="urgent", accept="1", report="3")
    officer = calendar.asker("officer")
    start = local("2026-12-23 08:00")
    orders = [order_at(calendar, "2026-12-23 08:00", "DS-02") for _ in range(3)]
    with standing_at(start + timedelta(minutes=30)):
        for order in orders[1:]:
            actions.accept(order.number, by=calendar.asker("field"))
        report(calendar, orders[2])
    expected = {0: [], 1: [], 1.5: [0], 3: [0], 3.5: [0, 1], 100: [0, 1]}
    for hours, late in expected.items():
        with standing_at(start + timedelta(hours=hours)):
            listed = {o.number for o in queries.orders(officer, overdue=True)}
            said = {o.number for o in queries.orders(officer) if order_payload(o, officer)["overdue"]}
            others = {o.number for o in queries.orders(officer, overdue=False)}
        assert listed == said == {orders[n].number for n in late}
        assert others == {o.number for o in orders} - listed


def test_what_reaches_into_an_unknown_year_is_set_right_when_it_is_loaded(calendar):
    make_category("DS-03", layer=calendar.layer["dust-sites"], clock="days", accept="1", report="2")
    officer, field = calendar.asker("officer"), calendar.asker("field")
    plain = order_at(calendar, "2026-12-31 09:00", "DS-03")
    redone = order_at(calendar, "2026-12-28 09:00", "DS-03")
    by_hand = order_at(calendar, "2026-12-31 09:00", "DS-03", report_by=local("2027-01-04 18:00"))
    ended = order_at(calendar, "2026-12-31 09:00", "DS-03")
    hurried = order_at(calendar, "2026-12-31 09:00", "DS-03")
    known = order_at(calendar, "2026-12-28 09:00", "DS-03")
    with standing_at(local("2026-12-31 10:00")):
        actions.withdraw(ended.number, by=officer, note="误派")
        actions.accept(redone.number, by=field)
        report(calendar, redone)
        actions.send_back(redone.number, by=officer, note="重做")
        actions.accept(hurried.number, by=field)
        report(calendar, hurried)
        actions.send_back(hurried.number, by=officer, note="重做", report_by=local("2026-12-31 16:00"))
    assert times(plain) == ["01-01 18:00", "01-04 18:00", "01-04 18:00"]  # Friday and Monday, for want of knowledge
    assert times(redone) == ["12-29 18:00", "01-04 18:00", "12-30 18:00"]
    provisional = {o.pk for o in Order.objects.filter(is_provisional=True)}
    assert provisional == {plain.pk, redone.pk, by_hand.pk, ended.pk, hurried.pk}

    new_year = [{"date": f"2027-01-0{n}", "kind": "holiday", "name": "元旦"} for n in (1, 2, 3)]
    new_year.append({"date": "2027-01-09", "kind": "makeup_workday", "name": "元旦"})
    assert actions.load_calendar(by=SYSTEM, days=new_year) == 4
    assert times(plain) == ["01-04 18:00", "01-05 18:00", "01-05 18:00"]
    assert times(redone) == ["12-29 18:00", "01-05 18:00", "12-30 18:00"]
    assert times(by_hand) == ["01-04 18:00", "01-04 18:00", "01-04 18:00"]  # only what the calendar had given
    assert times(hurried) == ["01-04 18:00", "12-31 16:00", "01-05 18:00"]  # what was due still came from the calendar
    assert times(known) == ["12-29 18:00", "12-30 18:00", "12-30 18:00"]
    assert times(ended) == ["01-01 18:00", "01-04 18:00", "01-04 18:00"]
    assert not Order.objects.filter(is_provisional=True).exclude(pk=ended.pk).exists()
    assert actions.load_calendar(by=SYSTEM, days=new_year) == 0


def test_loading_is_whole_or_not_at_all_and_names_the_row(calendar):
    for bad in ({"date": "2027-13-01", "kind": "holiday"}, {"date": "2027-01-01", "kind": "party"}):
        with pytest.raises(BadInput) as refused:
            actions.load_calendar(by=SYSTEM, days=[{"date": "2027-05-01", "kind": "holiday"}, bad])
        assert refused.value.errors[0]["index"] == 1
    assert CalendarDay.objects.count() == 1
    for spans in ([], [["08:30"]], [["12:00", "08:30"]], [["08:30", "12:00"], ["11:00", "13:00"]], [["8", "x"]]):
        with pytest.raises(BadInput):
            actions.load_office_hours(by=SYSTEM, spans=spans)
    assert OfficeHours.objects.count() == 2


def test_only_who_keeps_reference_data_loads_it(calendar):
    for who in ("officer", "supervisor", "field"):
        with pytest.raises(NotAllowed):
            actions.load_calendar(by=calendar.asker(who), days=[])
        with pytest.raises(NotAllowed):
            actions.load_office_hours(by=calendar.asker(who), spans=HOURS)


def test_what_a_running_clock_gave_is_set_right_to_the_microsecond(calendar):
    """The instant in the row, the one in the trail and the one that the deadline was counted from are the same."""
    make_category("DS-04", layer=calendar.layer["dust-sites"], clock="hours", accept="1", report="6000")
    order = dispatch(calendar, open_issue(calendar, category="DS-04"))
    event = queries.events_of(order).get()
    assert event.at == order.created_at
    assert order.is_provisional
    before = order.report_by
    years = {order.created_at.year, *range(order.created_at.year, before.year + 1)}
    days = [{"date": f"{year}-05-04", "kind": "makeup_workday", "name": ""} for year in years]
    days += [
        {"date": f"{order.created_at.astimezone(SHANGHAI).year + 1}-03-0{n}", "kind": "holiday"} for n in range(1, 8)
    ]
    assert actions.load_calendar(by=SYSTEM, days=days) == 1
    order.refresh_from_db()
    assert order.report_by > before and order.due_at == order.report_by
    assert not order.is_provisional
