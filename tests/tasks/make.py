"""Rows and short ways for the tests of issues and orders, with no surprises."""

import itertools
from datetime import time

from envmap.accounts.models import Membership
from envmap.core import clock
from layers.catalogue.models import Attachment
from layers.sensors.models import Alarm, AlarmRule, Factor, Station
from tasks.issues import actions as issue_actions
from tasks.issues.models import Category
from tasks.orders import actions
from tasks.orders.models import CalendarDay, OfficeHours
from tests.cast import make_user

_count = itertools.count(1)


def make_hours():
    """Office hours of the fixtures, and a year that is known."""
    OfficeHours.objects.bulk_create(
        [OfficeHours(start=time(8, 30), end=time(12)), OfficeHours(start=time(14, 30), end=time(18))]
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(date=f"{year}-10-01", kind="holiday", name="国庆") for year in range(2025, 2040)
    )


def make_category(code="DS-01", *, layer=None, clock="urgent", accept="0.5", report="2", **more):
    """A category of the second level, below a parent named by its first letters."""
    parent, _made = Category.objects.get_or_create(
        code=code.split("-")[0], defaults={"names": {"zh-hans": "上级", "en": "parent"}, "layer": layer}
    )
    values = {
        "names": {"zh-hans": f"类别 {code}", "en": f"Category {code}"},
        "parent": parent,
        "layer": layer,
        "severity": "major",
        "clock": clock,
        "accept_within": accept,
        "report_within": report,
        "evidence": ["P2"],
    } | more
    return Category.objects.create(code=code, **values)


def make_photo(user, *, content_type="image/jpeg"):
    """A file that a person uploaded and that hangs on nothing yet."""
    n = next(_count)
    return Attachment.objects.create(
        sha256=f"{n:064x}", content_type=content_type, size=1, file=f"none/{n}.jpg", uploader=user
    )


def open_issue(cast, by="officer", **more):
    """An issue about the cast's dust site."""
    values = {"title": "裸土未覆盖", "layer": "dust-sites", "feature": "dust-sites-1"} | more
    return issue_actions.open_issue(by=cast.asker(by), **values)


def dispatch(cast, issue=None, *, department="unit-one", **more):
    """An order for a unit, out of a new issue unless one is given."""
    issue = issue or open_issue(cast)
    return actions.dispatch(issue.number, by=cast.asker("officer"), department=department, **more)


def report(cast, order, by="field", **more):
    """The unit reports with a note and a photo."""
    photo = make_photo(cast.user[by])
    values = {"note": "已覆盖防尘网", "attachments": [photo.pk]} | more
    return actions.report(order.number, by=cast.asker(by), **values)


def bring_to(cast, state, *, department="unit-one", worker="field"):
    """An order in a state, brought there by verbs."""
    order = dispatch(cast, department=department)
    officer, unit = cast.asker("officer"), cast.asker(worker)
    if state == "withdrawn":
        return actions.withdraw(order.number, by=officer, note="误派")
    if state == "returned":
        return actions.return_(order.number, by=unit, note="不属我单位")
    if state in ("accepted", "reported", "verified"):
        order = actions.accept(order.number, by=unit)
    if state in ("reported", "verified"):
        order = report(cast, order, by=worker)
    if state == "verified":
        order = actions.verify(order.number, by=officer)
    assert order.state == state
    return order


def another(cast, username, department, role):
    """A further person in the cast."""
    cast.user[username] = make_user(username, cast.department[department], role)
    return cast.user[username]


def also_member(cast, username, department, role):
    """A second membership of somebody."""
    return Membership.objects.create(user=cast.user[username], department=cast.department[department], role=role)


def make_alarm(cast, *, station=None, rule=None, factor=None, severity="major", feature="dust-sites", **more):
    """An open alarm at the dust site, of a rule that asks for an issue."""
    about = cast.feature[feature] if feature else None
    factor = (
        factor
        or Factor.objects.get_or_create(
            code="a34002", defaults={"names": {"zh-hans": "PM10", "en": "PM10"}, "unit": "mg/m³"}
        )[0]
    )
    station = station or Station.objects.create(mn=f"MN{next(_count):022d}", name="扬尘监测点", feature=about)
    rule = rule or AlarmRule.objects.create(
        name="PM10 预警",
        station=station,
        factor=factor,
        kind="minute",
        above="0.15",
        clear_below="0.13",
        severity=severity,
    )
    values = {
        "opened_at": clock.now(),
        "first_value": "0.312",
        "last_value": "0.312",
        "peak_value": "0.312",
        "limit": {"value": 0.15, "unit": "mg/m³", "standard": None, "clause": None},
    } | more
    return Alarm.objects.create(
        rule=rule,
        station=station,
        feature=about,
        layer=about.layer if about else None,
        factor=factor,
        severity=severity,
        **values,
    )
