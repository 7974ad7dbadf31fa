"""Issues out of alarms, by pull: asking twice for alarms without an issue is harmless."""

import logging

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from envmap.accounts.asker import SYSTEM
from envmap.core import clock
from envmap.core.actor import acting
from layers.catalogue.queries import representative_point
from layers.sensors.models import Alarm, Severity
from layers.sensors.queries import open_auto_issue_alarms

from ..models import AlarmCategory, Category, Issue, IssueAlarm
from ..states import JOIN, OPEN_STATES
from .moves import lock_row, move
from .verbs import begin

log = logging.getLogger(__name__)
_LOCK = 0x69737375
_AT_ONCE = 500
_ORDER = [str(s) for s in Severity]  # from info to critical


def open_from_alarms() -> list[Issue]:
    """Opens an issue for each alarm that asks for one and has none, or joins it to the open issue of its rule and station.

    Each alarm is a transaction of its own, so that none waits for another. An alarm whose station has neither feature
    nor place is left alone: an issue needs a place. Gives the issues that were opened.
    """
    waiting = (
        open_auto_issue_alarms()
        .filter(issue_alarm=None)
        .filter(Q(feature__isnull=False) | Q(station__location__isnull=False))
    )
    opened = []
    for pk in list(waiting.values_list("pk", flat=True)[:_AT_ONCE]):
        try:
            issue = _take(waiting, pk)
        except Exception:  # whatever is wrong with one alarm must not keep the others from being seen
            log.exception("Alarm %s could not be made an issue; it is tried again.", pk)
            continue
        if issue is not None:
            opened.append(issue)
    return opened


def _take(waiting: QuerySet[Alarm], pk: int) -> Issue | None:
    """Gives one alarm its issue, in a transaction; the issue if it is a new one."""
    with acting(SYSTEM.actor), connection.cursor() as cursor:
        # One at a time: two alarms of a rule and station must not open two issues.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        alarm = waiting.filter(pk=pk).first()
        if alarm is None or _join(alarm):  # another worker was quicker, or there is an issue
            return None
        return _open(alarm)


def _join(alarm: Alarm) -> bool:
    """Adds the alarm to the open issue of the same rule and station; False where there is none."""
    same = Issue.objects.filter(
        issue_alarms__alarm__rule=alarm.rule_id, issue_alarms__alarm__station=alarm.station_id, state__in=OPEN_STATES
    )
    pk = same.order_by("-opened_at", "-pk").values_list("pk", flat=True).first()
    if pk is None:
        return False
    lock_row(pk)
    issue = Issue.objects.select_related("category", "layer", "feature").get(pk=pk)
    if issue.state not in OPEN_STATES:  # it ended while we waited for its row
        return False
    IssueAlarm.objects.create(issue=issue, alarm=alarm)
    issue.severity = max(issue.severity, alarm.severity, key=_ORDER.index)
    move(issue, JOIN, by=SYSTEM, at=clock.now(), also_save=["severity"])
    return True


def _open(alarm: Alarm) -> Issue:
    place = representative_point(alarm.feature.geometry) if alarm.feature else alarm.station.location
    with override(settings.LANGUAGE_CODE):
        title = _("%(place)s: %(factor)s %(value)s %(unit)s, above %(limit)s") % {
            "place": alarm.feature.name if alarm.feature else alarm.station.name,
            "factor": alarm.factor.name,
            "value": _plain(alarm.first_value),
            "unit": alarm.factor.unit,
            "limit": _plain(alarm.rule.above),
        }
    issue = begin(
        Issue(
            source=Issue.Source.ALARM,
            category=_category(alarm),
            severity=alarm.severity,
            title=title[:200],
            layer=alarm.layer,
            feature=alarm.feature,
            location=place,
        ),
        by=SYSTEM,
    )
    IssueAlarm.objects.create(issue=issue, alarm=alarm)
    return issue


def _plain(value: object) -> str:
    """0.312 for 0.312000000."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _category(alarm: Alarm) -> Category | None:
    """By layer and factor, a named factor before `*`; rules of the beginning know only the upper side."""
    rows = AlarmCategory.objects.filter(layer=alarm.layer_id, side="above", factor__in=[alarm.factor.code, "*"])
    found = {row.factor: row.category for row in rows.select_related("category")}
    return found.get(alarm.factor.code) or found.get("*")
