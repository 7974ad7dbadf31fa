"""Stations that have not been heard of for three expected intervals are silent; a reading brings them back at once."""

from datetime import datetime

from django.db.models import Q
from django.db.models.expressions import RawSQL

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

    Two schedulers may run at once: rows that another one holds are left to it.
    :returns: how many became silent.
    """
    moment, total = now or clock.now(), 0
    while True:
        with acting(SYSTEM.actor):
            found = list(
                Station.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
                .select_related("feature__layer")
                .filter(
                    Q(silent_since=None),
                    pk__in=RawSQL(
                        """
                        SELECT id FROM sensors_station WHERE silent_since IS NULL
                        AND coalesce(last_seen, created_at) < %s - %s * expected_interval * interval '1 second'
                        """,
                        [moment, INTERVALS],
                    ),
                )
                .order_by("pk")[:AT_ONCE]
            )
            for station in found:
                station.silent_since = moment
            Station.objects.filter(pk__in=[station.pk for station in found]).update(silent_since=moment)
            tell_of_stations("station.silent", found)
            refresh_conditions({station.feature_id for station in found if station.feature_id is not None})
        total += len(found)
        if len(found) < AT_ONCE:
            return total
