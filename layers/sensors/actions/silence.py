"""Stations that have not been heard of for three expected intervals are silent; a reading brings them back at once."""

from datetime import datetime, timedelta

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce

from envmap.accounts.asker import SYSTEM
from envmap.core import clock
from envmap.core.actor import acting

from ..models import Station
from .alarms import tell_of_stations
from .conditions import refresh_conditions

INTERVALS = 3
AT_ONCE = 500


def note_silence(now: datetime | None = None) -> int:
    """Mark stations as silent whose last reading (or making) is more than three expected intervals ago.

    A station whose interval was made longer since may be silent no more: it is back. Two schedulers may run at once:
    rows that another one holds are left to it.
    :returns: how many became silent.
    """
    moment, total = now or clock.now(), 0
    while found := _move(Q(silent_since=None, due__lt=moment), moment):
        total += found
    while _move(Q(silent_since__isnull=False, due__gte=moment), None):
        pass
    return total


DUE = ExpressionWrapper(
    Coalesce("last_seen", "created_at")
    + ExpressionWrapper(F("expected_interval") * Value(timedelta(seconds=INTERVALS)), DurationField()),
    DateTimeField(),
)
"""When a station's silence begins if nothing is heard of it: three of its intervals after its last reading."""


def _move(which: Q, silent_since: datetime | None) -> int:
    """Mark some stations, in a transaction of their own; how many."""
    with acting(SYSTEM.actor):
        found = list(
            Station.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
            .select_related("feature__layer")
            .annotate(due=DUE)
            .filter(which)
            .order_by("pk")[:AT_ONCE]
        )
        for station in found:
            station.silent_since = silent_since
        Station.objects.filter(pk__in=[station.pk for station in found]).update(silent_since=silent_since)
        tell_of_stations("station.back" if silent_since is None else "station.silent", found)
        refresh_conditions({station.feature_id for station in found if station.feature_id is not None})
    return len(found)
