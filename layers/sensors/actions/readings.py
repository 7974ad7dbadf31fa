"""Readings in: kept once, told apart, judged, all in one transaction. A reply means kept.

Rows go by COPY into a temporary table, then ``INSERT … ON CONFLICT DO NOTHING RETURNING``; what was not inserted is
compared with what is there. Two writers of the same keys wait for each other in the order of the keys, then lock
stations, rules, the states of (station, rule) and features, each in rising order, as whoever marks silence and whoever
changes a rule does: no two of them can wait in a ring.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May, Role
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.errors import BadInput, FieldError, NotVisible

from .. import live
from ..models import Factor, Reading, Station
from ..rules import VALUE_LARGEST
from ..thresholds import is_plausible, is_usable
from .alarms import tell_of_stations
from .conditions import refresh_conditions
from .judging import Judged, judge_readings, watched_factors
from .wire import in_stored_unit

log = logging.getLogger(__name__)

READINGS_AT_ONCE = 10_000


class NewReading(NamedTuple):
    """A reading in the factor's stored unit; ``time`` is aware; ``flag`` is as sent, None where there was none."""

    factor: str
    kind: str
    time: datetime
    value: Decimal | None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    total: Decimal | None = None
    converted: Decimal | None = None
    flag: str | None = None


@dataclass(slots=True)
class Recorded:
    """What became of one delivery's readings. A conflict is a key that is there with another value or flag."""

    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Readings of one station that arrived together. The station needs its feature and that one's layer at hand."""

    station: Station
    readings: Sequence[NewReading]
    received_at: datetime = field(default_factory=clock.now)
    notes: frozenset[str] = frozenset()
    """What was unusual in the frame (`ingest.hj212.Note`); a station's settings page shows it."""


def record_readings(*, by: Asker, mn: str, readings: Sequence[NewReading]) -> Recorded:
    """Keep readings that came over HTTP or MQTT, in the units that the station's wire has; whole or not at all.

    :raises NotVisible: for an unknown MN, or one that is not the token's. :raises BadInput: with the index of each
        reading whose factor, kind, time or value is wrong.
    """
    by.require(May.WRITE_READINGS)
    known = Station.objects.select_related("feature__layer")
    if by.role is Role.STATION:
        station = known.filter(mn=mn).first() if by.station == mn else None
    else:
        station = known.filter(pk__in=Station.objects.visible_to(by), mn=mn).first()
    if station is None:
        raise NotVisible(_("There is no station with the MN %(mn)s.") % {"mn": mn})
    factors = {factor.code: factor for factor in Factor.objects.filter(code__in={one.factor for one in readings})}
    _check(readings, factors)
    converted = [in_stored_unit(one, station, factors) for one in readings]
    with acting(by.actor):
        return store([Delivery(station, converted)])[0]


def _check(readings: Sequence[NewReading], factors: dict[str, Factor]) -> None:
    wrong: list[FieldError] = []
    if not readings:
        wrong.append({"field": "readings", "detail": _("At least one reading was expected.")})
    if len(readings) > READINGS_AT_ONCE:
        wrong.append({"field": "readings", "detail": _("At most 10000 readings at once were expected.")})
    for index, one in enumerate(readings[:READINGS_AT_ONCE]):
        if one.factor not in factors:
            wrong.append({"index": index, "detail": _("%(code)s is not a known factor.") % {"code": one.factor}})
        if one.kind not in Reading.Kind.values:
            allowed = ", ".join(Reading.Kind.values)
            wrong.append({"index": index, "detail": _("kind: one of %(allowed)s was expected.") % {"allowed": allowed}})
        if one.time.tzinfo is None:
            wrong.append({"index": index, "detail": _("time: an offset from UTC was expected.")})
        if not 1900 <= one.time.year <= 9998:
            wrong.append({"index": index, "detail": _("time: a year from 1900 to 9998 was expected.")})
        if one.value is None or not one.value.is_finite() or abs(one.value) >= VALUE_LARGEST:
            wrong.append({"index": index, "detail": _("value: a finite number below 10^15 was expected.")})
        if one.flag is not None and not 1 <= len(one.flag) <= 4:
            wrong.append({"index": index, "detail": _("flag: 1 to 4 characters or null were expected.")})
    if wrong:
        raise BadInput(_("The readings cannot be kept like this; none was."), wrong)


def store(deliveries: Sequence[Delivery]) -> list[Recorded]:
    """Insert, judge and announce the readings of these deliveries; call within an action's transaction.

    :returns: for each delivery what became of it. :raises django.db.Error: when the database refuses any of them.
    """
    results = [Recorded() for _ in deliveries]
    inserted = _insert(deliveries, results)
    seen: dict[int, Seen] = {}
    for delivery in deliveries:
        if delivery.readings:
            known = seen.setdefault(delivery.station.pk, Seen(delivery.station, delivery.received_at))
            known.at = max(known.at, delivery.received_at)
            known.notes |= delivery.notes
    back = _note_seen(seen)
    watched = watched_factors() if inserted else frozenset()
    judge_readings(
        Judged(delivery.station, one.factor, one.kind, one.time, one.value)
        for delivery, one in inserted
        if (one.factor, one.kind) in watched
        and one.value is not None
        and is_usable(one.value, one.flag, require_flag=delivery.station.require_flag)
        and is_plausible(one.time, delivery.received_at)
    )
    if back:
        tell_of_stations("station.back", back)
        refresh_conditions({station.feature_id for station in back if station.feature_id is not None})
    transaction.on_commit(lambda: live.publish(inserted), robust=True)
    return results


_INCOMING = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_readings (
    ord integer, station_id bigint, factor varchar(40), kind varchar(8), time timestamptz,
    value numeric(24, 9), minimum numeric(24, 9), maximum numeric(24, 9), total numeric(24, 9),
    converted numeric(24, 9), flag varchar(4), received_at timestamptz
) ON COMMIT DELETE ROWS;
DELETE FROM incoming_readings
"""
_COPY = """
COPY incoming_readings (ord, station_id, factor, kind, time, value, minimum, maximum, total, converted, flag, received_at)
FROM STDIN
"""
_INSERT = """
INSERT INTO sensors_reading
    (station_id, factor, kind, time, value, minimum, maximum, total, converted, flag, received_at)
SELECT station_id, factor, kind, time, value, minimum, maximum, total, converted, flag, received_at
FROM incoming_readings ORDER BY station_id, factor, kind, time, ord
ON CONFLICT DO NOTHING
RETURNING station_id, factor, kind, time
"""
_COMPARE = """
SELECT i.ord, i.value IS NOT DISTINCT FROM r.value AND i.flag IS NOT DISTINCT FROM r.flag
FROM incoming_readings i JOIN sensors_reading r USING (station_id, factor, kind, time)
WHERE i.ord = ANY(%s)
"""


def _insert(deliveries: Sequence[Delivery], results: list[Recorded]) -> list[tuple[Delivery, NewReading]]:
    """Insert what is new and count the rest; gives back what was inserted, in the order of arrival."""
    rows = [(at, delivery, one) for at, delivery in enumerate(deliveries) for one in delivery.readings]
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_INCOMING)
        with cursor.copy(_COPY) as copy:
            for ordinal, (_at, delivery, one) in enumerate(rows):
                copy.write_row(
                    (
                        ordinal, delivery.station.pk, one.factor, one.kind, one.time, one.value, one.minimum,
                        one.maximum, one.total, one.converted, one.flag, delivery.received_at,
                    )
                )  # fmt: skip
        cursor.execute(_INSERT)
        new = set(cursor.fetchall())
        inserted, rest = [], []
        for ordinal, (at, delivery, one) in enumerate(rows):
            key = (delivery.station.pk, one.factor, one.kind, one.time)
            if key in new:
                new.discard(key)  # a second one of the same key in this batch is compared with the first
                results[at].stored += 1
                inserted.append((delivery, one))
            else:
                rest.append(ordinal)
        if rest:
            cursor.execute(_COMPARE, [rest])
            for ordinal, same in cursor.fetchall():
                at = rows[ordinal][0]
                if same:
                    results[at].duplicates += 1
                else:
                    results[at].conflicts += 1
    return inserted


@dataclass(slots=True)
class Seen:
    """When a station was heard of in this batch, and what was unusual."""

    station: Station
    at: datetime
    notes: set[str] = field(default_factory=set)


_SEEN = """
WITH due AS (
    SELECT s.id, v.at, s.silent_since, string_to_array(v.notes, ',') AS notes FROM sensors_station s
    JOIN unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS v (id, at, notes) USING (id)
    WHERE s.last_seen IS NULL OR s.last_seen < v.at - interval '1 second' OR s.silent_since IS NOT NULL
       OR NOT string_to_array(v.notes, ',') <@ s.notes::text[]
    ORDER BY s.id FOR NO KEY UPDATE OF s
)
UPDATE sensors_station s SET last_seen = greatest(s.last_seen, due.at), silent_since = NULL,
    notes = CASE WHEN due.notes <@ s.notes::text[] THEN s.notes
                 ELSE ARRAY(SELECT DISTINCT unnest(s.notes::text[] || due.notes) ORDER BY 1) END
FROM due WHERE s.id = due.id RETURNING s.id, due.silent_since IS NOT NULL
"""


def _note_seen(seen: dict[int, Seen]) -> list[Station]:
    """Note when stations were heard of, to a second. Gives those that had been silent and are back."""
    if not seen:
        return []
    rows = seen.values()
    with connection.cursor() as cursor:
        notes = [",".join(sorted(one.notes)) for one in rows]
        cursor.execute(_SEEN, [list(seen), [one.at for one in rows], notes])
        back = [seen[pk].station for pk, was_silent in cursor.fetchall() if was_silent]
    for station in back:
        station.silent_since = None
    return back
