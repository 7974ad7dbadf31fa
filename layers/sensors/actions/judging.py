"""Rules over readings that were just inserted: alarms begin and end in the readings' own transaction.

The arithmetic is :mod:`layers.sensors.thresholds`; here its rows are fetched, locked in (station, rule) order and
written back.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from envmap.core.outbox import FactType
from layers.catalogue.models import Feature

from ..models import Alarm, AlarmRule, RuleState, Station
from ..payloads import alarm_limit
from ..queries import usable_samples
from ..thresholds import Change, Sample, State, Step, Threshold, gap_of, judge, looks_back
from .alarms import announce


class Judged(NamedTuple):
    """A usable reading that was inserted in this transaction."""

    station: Station
    factor: str
    kind: str
    time: datetime
    value: Decimal


def watched_factors() -> frozenset[tuple[str, str]]:
    """Factors and kinds that any rule watches; readings of others need not be looked at."""
    watched = AlarmRule.objects.filter(enabled=True, deleted_at=None).values_list("factor__code", "kind")
    return frozenset(watched.distinct())


def judge_readings(fresh: Iterable[Judged]) -> None:
    """Judge new readings by every rule that is for their stations; raise and clear alarms, and tell of it."""
    samples: dict[tuple[int, str, str], list[Sample]] = {}
    stations: dict[int, Station] = {}
    for one in fresh:
        samples.setdefault((one.station.pk, one.factor, one.kind), []).append(Sample(one.time, one.value))
        stations[one.station.pk] = one.station
    pairs = _rules_for(samples, stations)
    if not pairs:
        return
    rules = _held_rules({rule.pk for _station, rule in pairs})
    states = _locked_states(pairs)
    steps: list[tuple[Station, AlarmRule, Change]] = []
    moved: list[tuple[int, State]] = []
    for station, known_rule in pairs:
        rule, row = rules.get(known_rule.pk), states.get((station.pk, known_rule.pk))
        if rule is None or row is None:
            continue
        new = samples.get((station.pk, rule.factor.code, rule.kind), [])
        threshold, before = threshold_of(rule, station), State.from_json(row.state)
        span = looks_back(threshold, before, new)
        known = usable_samples(station, rule.factor.code, rule.kind, *span) if span else ()
        after, changes = judge(threshold, before, new, known)
        steps += [(station, rule, change) for change in changes]
        if after != before:
            moved.append((row.pk, after))
    _keep(moved)
    _apply(steps)


def place_of(station: Station) -> Feature | None:
    """The feature that a station measures at; a deleted one is no place any more."""
    feature = station.feature
    return feature if feature is not None and feature.deleted_at is None else None


def threshold_of(rule: AlarmRule, station: Station) -> Threshold:
    """A rule's numbers at a station."""
    return Threshold(
        above=rule.above,
        clear_below=rule.clear_below,
        duration=timedelta(minutes=rule.for_minutes),
        gap=gap_of(station.expected_interval, rule.kind),
    )


def _rules_for(
    samples: Mapping[tuple[int, str, str], Sequence[Sample]], stations: Mapping[int, Station]
) -> list[tuple[Station, AlarmRule]]:
    """Pairs of station and rule that have new readings, in (station, rule) order."""
    if not samples:
        return []
    features = {pk: feature for pk, station in stations.items() if (feature := place_of(station)) is not None}
    rules = AlarmRule.objects.filter(
        Q(station_id__in=list(stations))
        | Q(feature_id__in=[feature.pk for feature in features.values()])
        | Q(layer_id__in={feature.layer_id for feature in features.values()}),
        enabled=True,
        deleted_at=None,
        factor__code__in={factor for _station, factor, _kind in samples},
    ).select_related("factor")
    by_factor: dict[tuple[str, str], list[AlarmRule]] = {}
    for rule in rules:
        by_factor.setdefault((rule.factor.code, rule.kind), []).append(rule)
    pairs = []
    for station_id, factor, kind in samples:
        feature = features.get(station_id)
        for rule in by_factor.get((factor, kind), ()):
            if (
                rule.station_id == station_id
                or (feature is not None and rule.feature_id == feature.pk)
                or (feature is not None and rule.layer_id == feature.layer_id)
            ):
                pairs.append((stations[station_id], rule))
    return sorted(pairs, key=lambda pair: (pair[0].pk, pair[1].pk))


def _held_rules(wanted: Iterable[int]) -> dict[int, AlarmRule]:
    """The rules as they are, held until this transaction ends: whoever changes or deletes one waits for it.

    Before the states, as the change of a rule takes them too; and by all who judge together. One that was changed
    while it was waited for is not judged by its old self.
    """
    ids = sorted(wanted)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM sensors_alarmrule WHERE id = ANY(%s) ORDER BY id FOR SHARE", [ids])
    return AlarmRule.objects.filter(enabled=True, deleted_at=None).select_related("factor", "limit").in_bulk(ids)


def _locked_states(pairs: Sequence[tuple[Station, AlarmRule]]) -> dict[tuple[int, int], RuleState]:
    """The pairs' state rows, made where missing, locked in (station, rule) order."""
    wanted = [(station.pk, rule.pk) for station, rule in pairs]
    found = _select_states(wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        RuleState.objects.bulk_create(
            [RuleState(station_id=station_id, rule_id=rule_id) for station_id, rule_id in missing],
            ignore_conflicts=True,
        )
        found = _select_states(wanted)
    return found


def _select_states(wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], RuleState]:
    rows = RuleState.objects.raw(
        """
        SELECT s.* FROM sensors_rulestate s
        JOIN unnest(%s::bigint[], %s::bigint[]) AS v (station_id, rule_id) USING (station_id, rule_id)
        ORDER BY s.station_id, s.rule_id FOR NO KEY UPDATE OF s
        """,
        [[station_id for station_id, _rule in wanted], [rule_id for _station, rule_id in wanted]],
    )
    return {(row.station_id, row.rule_id): row for row in rows}


def _keep(moved: Sequence[tuple[int, State]]) -> None:
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE sensors_rulestate s SET state = v.state::jsonb
            FROM unnest(%s::bigint[], %s::text[]) AS v (id, state) WHERE s.id = v.id
            """,
            [[pk for pk, _state in moved], [json.dumps(state.as_json()) for _pk, state in moved]],
        )


def _apply(steps: Sequence[tuple[Station, AlarmRule, Change]]) -> None:
    """Write the alarms that the steps make, move or end."""
    if not steps:
        return
    open_ones = {
        (alarm.station_id, alarm.rule_id): alarm
        for alarm in Alarm.objects.select_for_update(of=("self",), no_key=True)
        .filter(
            cleared_at=None,
            station_id__in={station.pk for station, _rule, _change in steps},
            rule_id__in={rule.pk for _station, rule, _change in steps},
        )
        .select_related("feature__layer", "layer", "station")
        .order_by("station_id", "rule_id")
    }
    touched: dict[int, Alarm] = {}
    made: list[Alarm] = []
    told: list[tuple[FactType, Alarm]] = []
    for station, rule, change in steps:
        key = (station.pk, rule.pk)
        alarm = open_ones.get(key)
        if alarm is None and change.step is Step.RAISED:
            alarm = open_ones[key] = _new_alarm(station, rule, change)
            made.append(alarm)
            told.append(("alarm.raised", alarm))
        if alarm is None:
            continue  # it was cleared with a rule that has since come back
        alarm.last_value = change.value
        alarm.peak_value = max(alarm.peak_value, change.value)
        if alarm.pk is not None:
            touched[alarm.pk] = alarm
        if change.step is Step.CLEARED:
            alarm.cleared_at = change.at
            told.append(("alarm.cleared", open_ones.pop(key)))
    # Ended ones first: one of the same rule and station may have begun in this very batch.
    Alarm.objects.bulk_update(touched.values(), ["last_value", "peak_value", "cleared_at"])
    Alarm.objects.bulk_create(made)
    announce(told)


def _new_alarm(station: Station, rule: AlarmRule, change: Change) -> Alarm:
    feature = place_of(station)
    return Alarm(
        rule=rule,
        station=station,
        feature=feature,
        layer=feature.layer if feature else None,
        factor=rule.factor,
        severity=rule.severity,
        opened_at=change.at,
        first_value=change.value,
        last_value=change.value,
        peak_value=change.value,
        limit=alarm_limit(rule),
    )
