"""What is measured and what it means, for those who may see it. Every ordering ends in the key."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from django.core.cache import cache
from django.db import connection
from django.db.models import Avg, Case, Exists, IntegerField, Max, Min, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Trunc
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core.clock import SHANGHAI
from envmap.core.errors import BadQuery, NotVisible
from layers.catalogue.conditions import BY_RANK, RANK, Condition
from layers.catalogue.models import Feature

from .models import Alarm, AlarmRule, DeadLetter, DeadLetterCount, Factor, Reading, Severity, Station
from .thresholds import CLOCK_AHEAD, CLOCK_EARLIEST_YEAR, Sample

STATION_CONDITIONS = (Condition.ALARM, Condition.SILENT, Condition.ATTENTION, Condition.NORMAL)
GATEWAY_KEY = "envmap:gateway"
"""Cache key under which a running gateway keeps its figures; gone some seconds after it."""


def _with_condition(stations: QuerySet[Station]) -> QuerySet[Any]:
    """Adds ``condition_rank`` by the station's own open alarms and silence (``catalogue.conditions.RANK``)."""
    opened = Alarm.objects.filter(station=OuterRef("pk"), cleared_at=None)
    serious = opened.filter(severity__in=[Severity.MAJOR, Severity.CRITICAL])
    return stations.annotate(
        condition_rank=Case(
            When(Exists(serious), then=Value(RANK[Condition.ALARM])),
            When(silent_since__isnull=False, then=Value(RANK[Condition.SILENT])),
            When(Exists(opened), then=Value(RANK[Condition.ATTENTION])),
            default=Value(RANK[Condition.NORMAL]),
            output_field=IntegerField(),
        )
    )


def stations(
    asker: Asker, *, layer: str | None = None, feature: str | None = None, condition: str | None = None
) -> QuerySet[Station]:
    """Stations that the asker sees, newest first, with ``condition_rank`` and what payloads need.

    :param feature: a feature's code, which needs ``layer``. :raises BadQuery: for an unknown condition.
    """
    found = _with_condition(Station.objects.visible_to(asker)).select_related("feature__layer", "department")
    if layer is not None:
        found = found.filter(feature__layer__key=layer)
    if feature is not None:
        found = found.filter(feature__code=feature)
    if condition is not None:
        if condition not in STATION_CONDITIONS:
            allowed = ", ".join(STATION_CONDITIONS)
            raise BadQuery(_("condition: one of %(allowed)s was expected.") % {"allowed": allowed})
        found = found.filter(condition_rank=RANK[Condition(condition)])
    return found.order_by("-pk")


def station_of(asker: Asker, mn: str) -> Station:
    """One station by its MN. :raises NotVisible: if there is none for the asker."""
    station = stations(asker).filter(mn=mn).first()
    if station is None:
        raise NotVisible(_("There is no station with the MN %(mn)s.") % {"mn": mn})
    return station


def condition_of(station: Station) -> Condition:
    """How a station is doing; needs ``condition_rank``."""
    return BY_RANK[station.condition_rank]  # type: ignore[attr-defined]


def readings(
    asker: Asker,
    *,
    station: Station | None = None,
    feature: Feature | None = None,
    factor: str | None = None,
    kind: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> QuerySet[Reading]:
    """Readings of a station, or of all stations of a feature, newest first; ``start`` inclusive, ``end`` exclusive."""
    seen = Station.objects.visible_to(asker)
    if station is not None:
        seen = seen.filter(pk=station.pk)
    if feature is not None:
        seen = seen.filter(feature=feature)
    found = Reading.objects.filter(station_id__in=list(seen.values_list("pk", flat=True))).select_related("station")
    if factor is not None:
        found = found.filter(factor=factor)
    if kind is not None:
        found = found.filter(kind=kind)
    if start is not None:
        found = found.filter(time__gte=start)
    if end is not None:
        found = found.filter(time__lt=end)
    return found.order_by("-time", "factor", "kind", "station_id")


def aggregated(found: QuerySet[Reading], resolution: Literal["hour", "day"]) -> QuerySet[Any, dict[str, Any]]:
    """Readings folded by hour or day of Asia/Shanghai: mean, least and greatest of the usable ones (flag N or none).

    Rows are ``{"station__mn", "station_id", "factor", "kind", "bucket", "mean", "least", "greatest", "received"}``, newest first.
    """
    rows: QuerySet[Any, Any] = (
        found.filter(Q(flag="N") | Q(flag=None), value__isnull=False)
        .annotate(bucket=Trunc("time", resolution, tzinfo=SHANGHAI))
        .values("station__mn", "station_id", "factor", "kind", "bucket")
        .annotate(mean=Avg("value"), least=Min("value"), greatest=Max("value"), received=Max("received_at"))
        .order_by("-bucket", "factor", "kind", "station_id")
    )
    return rows


_LATEST = """
WITH RECURSIVE keys AS (
    SELECT s.id AS station_id, f.factor, f.kind
    FROM unnest(%(stations)s::bigint[]) AS s (id), LATERAL (
        SELECT r.factor, r.kind FROM sensors_reading r WHERE r.station_id = s.id ORDER BY r.factor, r.kind LIMIT 1) f
    UNION ALL
    SELECT k.station_id, n.factor, n.kind FROM keys k, LATERAL (
        SELECT r.factor, r.kind FROM sensors_reading r
        WHERE r.station_id = k.station_id AND (r.factor, r.kind) > (k.factor, k.kind)
        ORDER BY r.factor, r.kind LIMIT 1) n
)
SELECT l.* FROM keys k, LATERAL (
    SELECT r.station_id, r.factor, r.kind, r.time, r.value, r.minimum, r.maximum, r.total, r.converted, r.flag,
           r.received_at
    FROM sensors_reading r
    WHERE r.station_id = k.station_id AND r.factor = k.factor AND r.kind = k.kind
      AND r.time >= %(earliest)s AND r.time <= r.received_at + %(ahead)s * interval '1 second'
    ORDER BY r.time DESC LIMIT 1) l
ORDER BY l.station_id, l.factor, l.kind
"""
"""Steps from key to key along the primary key, so that the cost is that of the keys and not of the history."""


def latest_readings(asker: Asker, station_ids: Iterable[int]) -> list[Reading]:
    """The newest reading of each station, factor and kind; a clock that cannot be right is never the newest."""
    seen = Station.objects.visible_to(asker).in_bulk(list(station_ids))
    if not seen:
        return []
    earliest = datetime(CLOCK_EARLIEST_YEAR, 1, 1, tzinfo=SHANGHAI)
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"stations": list(seen), "earliest": earliest, "ahead": CLOCK_AHEAD.total_seconds()})
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [Reading(station=seen[row.pop("station_id")], **row) for row in rows]


def usable_samples(station: Station, factor: str, kind: str, start: datetime, end: datetime) -> list[Sample]:
    """Readings that may decide about an alarm, both ends included, ascending."""
    usable = Q(flag="N") if station.require_flag else Q(flag="N") | Q(flag=None)
    rows = Reading.objects.filter(
        usable, station=station, factor=factor, kind=kind, time__range=(start, end), value__isnull=False
    )
    return [
        Sample(time, value) for time, value in rows.order_by("time").values_list("time", "value") if value is not None
    ]


def alarms(
    asker: Asker,
    *,
    rule: int | None = None,
    station: str | None = None,
    layer: str | None = None,
    feature: str | None = None,
    severity: str | None = None,
    open: bool | None = None,
    acknowledged: bool | None = None,
) -> QuerySet[Alarm]:
    """Alarms that the asker sees, newest first, with what payloads need.

    :param station: an MN. :param feature: a feature's code, which needs ``layer``.
    """
    found = Alarm.objects.visible_to(asker).select_related(
        "rule", "station", "feature", "layer", "factor", "acknowledged_by"
    )
    wanted: dict[str, object] = {
        "rule_id": rule,
        "station__mn": station,
        "layer__key": layer,
        "feature__code": feature,
        "severity": severity,
        "cleared_at__isnull": open,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    if acknowledged is not None:
        found = found.filter(acknowledged_at__isnull=not acknowledged)
    return found.order_by("-opened_at", "-pk")


def alarm_of(asker: Asker, alarm_id: int) -> Alarm:
    """One alarm. :raises NotVisible: if there is none for the asker."""
    alarm = alarms(asker).filter(pk=alarm_id).first()
    if alarm is None:
        raise NotVisible(_("There is no alarm %(id)s.") % {"id": alarm_id})
    return alarm


def open_auto_issue_alarms() -> QuerySet[Alarm]:
    """Alarms of rules that ask for an issue, oldest first, cleared ones too: a problem that went away was one."""
    return (
        Alarm.objects.filter(rule__auto_issue=True)
        .select_related("rule", "station", "feature__layer", "layer", "factor")
        .order_by("opened_at", "pk")
    )


def rules(
    asker: Asker, *, factor: str | None = None, station: str | None = None, layer: str | None = None
) -> QuerySet[AlarmRule]:
    """Rules, newest first, with what payloads need; ``layer`` matches rules for the layer and for its features."""
    found = AlarmRule.objects.visible_to(asker).select_related("layer", "feature__layer", "station", "factor", "limit")
    if factor is not None:
        found = found.filter(factor__code=factor)
    if station is not None:
        found = found.filter(station__mn=station)
    if layer is not None:
        found = found.filter(Q(layer__key=layer) | Q(feature__layer__key=layer))
    return found.order_by("-pk")


def rule_of(asker: Asker, rule_id: int) -> AlarmRule:
    """One rule. :raises NotVisible: if there is none for the asker."""
    rule = rules(asker).filter(pk=rule_id).first()
    if rule is None:
        raise NotVisible(_("There is no rule %(id)s.") % {"id": rule_id})
    return rule


def factors() -> QuerySet[Factor]:
    """All factors, by code; they are nobody's secret."""
    return Factor.objects.order_by("code")


def factors_by_code_2005() -> Mapping[str, str]:
    """The 2017 code for each code of HJ/T 212-2005."""
    return dict(Factor.objects.exclude(code_2005="").values_list("code_2005", "code"))


def dead_letters(asker: Asker, *, reason: str | None = None, mn: str | None = None) -> QuerySet[DeadLetter]:
    """Refused frames, newest first, for those who look after stations."""
    found = DeadLetter.objects.all() if asker.may(May.EDIT_STATIONS) else DeadLetter.objects.none()
    if reason is not None:
        found = found.filter(reason=reason)
    if mn is not None:
        found = found.filter(mn=mn)
    return found.order_by("-at", "-pk")


def dead_letter_counts() -> Mapping[str, int]:
    """How many frames were refused for each reason since the beginning."""
    return dict(DeadLetterCount.objects.order_by("reason").values_list("reason", "total"))


def gateway_figures() -> Mapping[str, Any] | None:
    """What the running gateway last said of itself (connections, frames, answers, …); None if none runs."""
    return cache.get(GATEWAY_KEY)  # type: ignore[no-any-return]


def station_ids_of(features: Sequence[int]) -> list[int]:
    """Stations of these features."""
    return list(Station.objects.filter(feature__in=features).order_by("pk").values_list("pk", flat=True))
