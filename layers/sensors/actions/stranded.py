"""Alarms of a place where their station measures no more: nothing that it sends would ever end them."""

from typing import Final

from django.db.models import F, Q

from envmap.accounts.asker import SYSTEM
from envmap.core import clock
from envmap.core.actor import acting

from ..models import Alarm, RuleState
from .alarms import clear_alarms

AT_ONCE: Final = 500

_ELSEWHERE: Final = Q(feature__isnull=False) & (
    Q(station__feature=None) | ~Q(station__feature=F("feature")) | Q(station__feature__deleted_at__isnull=False)
) | Q(feature=None, station__feature__isnull=False, station__feature__deleted_at=None)
"""Of an alarm: its station has since been hung on another feature, taken off, or its feature was deleted."""


def clear_stranded() -> int:
    """Clear alarms whose station has moved away from where it raised them; it is judged afresh where it is now.

    By pull, because a feature is deleted in a room that knows of no alarms. :returns: how many were cleared.
    """
    stranded = Alarm.objects.filter(_ELSEWHERE, cleared_at=None)
    with acting(SYSTEM.actor):
        pairs = stranded.order_by("station_id", "rule_id").values_list("station_id", "rule_id")[:AT_ONCE]
        theirs = Q(pk__in=[])
        for station_id, rule_id in pairs:
            theirs |= Q(station_id=station_id, rule_id=rule_id)
        # The states first, in the order of whoever judges by them; under their locks it is asked again what is so.
        held = RuleState.objects.filter(theirs).order_by("station_id", "rule_id").select_for_update(no_key=True)
        states = {(state.station_id, state.rule_id): state.pk for state in held}
        still = list(stranded.filter(theirs).values_list("pk", "station_id", "rule_id"))
        if still:
            RuleState.objects.filter(pk__in=[states.get((station, rule)) for _pk, station, rule in still]).delete()
            clear_alarms(Q(pk__in=[pk for pk, _station, _rule in still]), at=clock.now())
    return len(still)
