"""The shapes of docs/interfaces.md for stations, readings, rules, alarms and factors; shared by API and pages."""

from decimal import Decimal
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from envmap.core.clock import rfc3339
from envmap.core.names import Names, both
from layers.catalogue.conditions import Condition

from .models import Alarm, AlarmRule, Factor, Reading, Station
from .queries import condition_of
from .rules import MN_STANDARD

PLAUSIBLE_PARTICULATE = Decimal(10)
"""mg/m³. No dust monitor of a site measures more (domain practice: TSP 0–10): the wire is probably in µg/m³."""


class FactorPayload(TypedDict):
    code: str
    names: Names
    name: str
    unit: str
    decimals: int


class StationPayload(TypedDict):
    mn: str
    name: str
    protocol: str
    st: str
    open: bool
    commands: bool
    require_flag: bool
    leniencies: list[str]
    layer: str | None
    feature: str | None
    feature_id: int | None
    department: str | None
    location: dict[str, Any] | None
    units: dict[str, str]
    aliases: dict[str, str]
    expected_interval: int
    last_seen: str | None
    condition: Condition
    warnings: list[str]


class ReadingPayload(TypedDict):
    station: str
    factor: str
    kind: str
    time: str | None
    value: float | None
    minimum: float | None
    maximum: float | None
    total: float | None
    converted: float | None
    flag: str | None
    received_at: str | None


class ConditionPayload(TypedDict):
    above: float | None
    for_minutes: int
    clear_below: float | None


class RulePayload(TypedDict):
    id: int
    name: str
    scope: dict[str, str]
    factor: str
    kind: str
    condition: ConditionPayload
    severity: str
    enabled: bool
    auto_issue: bool


class LimitPayload(TypedDict):
    value: float
    unit: str
    standard: str | None
    clause: str | None


class AlarmPayload(TypedDict):
    id: int
    rule: int
    station: str
    layer: str | None
    feature: str | None
    feature_id: int | None
    factor: str
    severity: str
    opened_at: str | None
    first_value: float | None
    last_value: float | None
    peak_value: float | None
    limit: LimitPayload
    cleared_at: str | None
    acknowledged_by: str | None
    acknowledged_at: str | None
    note: str
    issue: str | None


def number(value: Decimal | None) -> float | None:
    """A decimal as JSON gives it."""
    return None if value is None else float(value)


def factor_payload(factor: Factor) -> FactorPayload:
    """A factor with its stored unit."""
    return {
        "code": factor.code,
        "names": both(factor.names),
        "name": factor.name,
        "unit": factor.unit,
        "decimals": factor.decimals,
    }


def station_payload(station: Station) -> StationPayload:
    """A station without its password; needs ``queries.stations``' annotations."""
    feature = station.feature
    return {
        "mn": station.mn,
        "name": station.name,
        "protocol": station.protocol,
        "st": station.st,
        "open": station.is_open,
        "commands": station.commands,
        "require_flag": station.require_flag,
        "leniencies": station.leniencies,
        "layer": feature.layer.key if feature else None,
        "feature": feature.code if feature else None,
        "feature_id": station.feature_id,
        "department": station.department.code if station.department else None,
        "location": (
            {"type": "Point", "coordinates": [station.location.x, station.location.y]} if station.location else None
        ),
        "units": station.units,
        "aliases": station.aliases,
        "expected_interval": station.expected_interval,
        "last_seen": rfc3339(station.last_seen),
        "condition": condition_of(station),
        "warnings": warnings_of(station),
    }


def warnings_of(station: Station) -> list[str]:
    """What is odd about a station's settings, in sentences."""
    found = []
    if not MN_STANDARD.fullmatch(station.mn):
        found.append(_("The MN is neither 24 (HJ 212-2017) nor 14 (HJ/T 212-2005) hexadecimal digits."))
    if station.protocol == Station.Protocol.HJ212 and not station.is_open and not station.password:
        found.append(_("The station has no password and is not open: its frames are refused."))
    if station.is_open:
        found.append(_("The station is open: its password is not checked."))
    return found


def implausible_units(latest: list[Reading]) -> list[str]:
    """Sentences on newest readings whose size says that the wire's unit is another than declared."""
    return [
        _("%(factor)s reads %(value)s mg/m³: does the station send µg/m³?")
        % {"factor": reading.factor, "value": number(reading.value)}
        for reading in latest
        if reading.factor in ("a34001", "a34002", "a34004", "a34005")
        and reading.value is not None
        and reading.value > PLAUSIBLE_PARTICULATE
    ]


def reading_payload(reading: Reading) -> ReadingPayload:
    """One reading; needs ``station`` at hand."""
    return {
        "station": reading.station.mn,
        "factor": reading.factor,
        "kind": reading.kind,
        "time": rfc3339(reading.time),
        "value": number(reading.value),
        "minimum": number(reading.minimum),
        "maximum": number(reading.maximum),
        "total": number(reading.total),
        "converted": number(reading.converted),
        "flag": reading.flag,
        "received_at": rfc3339(reading.received_at),
    }


def aggregate_payload(row: dict[str, Any]) -> ReadingPayload:
    """One row of ``queries.aggregated`` in the shape of a reading; its time is the start of the hour or day."""
    return {
        "station": row["station__mn"],
        "factor": row["factor"],
        "kind": row["kind"],
        "time": rfc3339(row["bucket"]),
        "value": number(row["mean"]),
        "minimum": number(row["least"]),
        "maximum": number(row["greatest"]),
        "total": None,
        "converted": None,
        "flag": None,
        "received_at": rfc3339(row["received"]),
    }


def rule_payload(rule: AlarmRule) -> RulePayload:
    """One rule; needs layer, feature, station and factor at hand."""
    if rule.station is not None:
        scope = {"station": rule.station.mn}
    elif rule.feature is not None:
        scope = {"layer": rule.feature.layer.key, "feature": rule.feature.code}
    else:
        scope = {"layer": rule.layer.key if rule.layer else ""}
    return {
        "id": rule.pk,
        "name": rule.name,
        "scope": scope,
        "factor": rule.factor.code,
        "kind": rule.kind,
        "condition": {
            "above": number(rule.above),
            "for_minutes": rule.for_minutes,
            "clear_below": number(rule.clear_below),
        },
        "severity": rule.severity,
        "enabled": rule.enabled,
        "auto_issue": rule.auto_issue,
    }


def alarm_limit(rule: AlarmRule) -> LimitPayload:
    """What a rule's alarms carry of their limit, as it stands now."""
    limit = rule.limit
    return {
        "value": float(rule.above),
        "unit": rule.factor.unit,
        "standard": f"{limit.standard}-{limit.version}" if limit else None,
        "clause": limit.clause or None if limit else None,
    }


def alarm_payload(alarm: Alarm, issue: str | None = None) -> AlarmPayload:
    """One alarm with the number of its issue, which the caller knows; needs ``queries.alarms``' relations at hand."""
    return {
        "id": alarm.pk,
        "rule": alarm.rule_id,
        "station": alarm.station.mn,
        "layer": alarm.layer.key if alarm.layer else None,
        "feature": alarm.feature.code if alarm.feature else None,
        "feature_id": alarm.feature_id,
        "factor": alarm.factor.code,
        "severity": alarm.severity,
        "opened_at": rfc3339(alarm.opened_at),
        "first_value": number(alarm.first_value),
        "last_value": number(alarm.last_value),
        "peak_value": number(alarm.peak_value),
        "limit": alarm.limit,
        "cleared_at": rfc3339(alarm.cleared_at),
        "acknowledged_by": alarm.acknowledged_by.username if alarm.acknowledged_by else None,
        "acknowledged_at": rfc3339(alarm.acknowledged_at),
        "note": alarm.acknowledge_note,
        "issue": issue,
    }
