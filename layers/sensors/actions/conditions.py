"""How a feature is doing by its sensors: computed anew from what is open, under the feature's lock."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from envmap.core import clock
from layers.catalogue.actions import set_condition
from layers.catalogue.conditions import Condition, Source, worst
from layers.catalogue.models import Feature

from ..models import Alarm, Severity, Station

SERIOUS = (Severity.MAJOR, Severity.CRITICAL)


def refresh_conditions(feature_ids: Iterable[int], at: datetime | None = None) -> None:
    """Write the condition of these features as their alarms and stations say now. Call within an action.

    Two stations of one feature may change at once, so the feature is locked before anything is counted.
    """
    wanted = sorted(set(feature_ids))
    if not wanted:
        return
    features = list(Feature.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    levels: dict[int, list[Condition]] = {}
    open_alarms = Alarm.objects.filter(feature__in=wanted, cleared_at=None).values_list("feature_id", "severity")
    for feature_id, severity in open_alarms:
        if feature_id is not None:
            level = Condition.ALARM if severity in SERIOUS else Condition.ATTENTION
            levels.setdefault(feature_id, []).append(level)
    silent = Station.objects.filter(Q(feature__in=wanted), silent_since__isnull=False)
    for feature_id in silent.values_list("feature_id", flat=True):
        if feature_id is not None:
            levels.setdefault(feature_id, []).append(Condition.SILENT)
    for feature in features:
        set_condition(feature, Source.SENSORS, worst(levels.get(feature.pk, [])), at=at or clock.now())
