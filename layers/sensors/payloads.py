"""The shapes of docs/interfaces.md for stations, readings, rules, alarms and factors; shared by API and pages."""

from decimal import Decimal
from typing import Any, TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from envmap.core.clock import rfc3339
from envmap.core.names import Names, both
from layers.catalogue.conditions import Condition

from .models import Alarm, AlarmRule, Factor, Reading, Station
from .queries import condition_of
from .rules import MN_STANDARD

NOTES: dict[str, Promise] = {
    "crc_modbus": gettext_lazy("It sends checksums of Modbus, which its settings allow."),
    "crc_short": gettext_lazy("It leaves out a checksum's leading zero, which its settings allow."),
    "length_mismatch": gettext_lazy("It sends wrong lengths, which its settings allow."),
    "segment_long": gettext_lazy("It sends more than 1024 characters in a frame."),
    "separator": gettext_lazy("It separates the fields of the header wrongly."),
    "split_without_numbers": gettext_lazy("It marks messages as split and does not number their packs."),
    "edition_2025": gettext_lazy("It speaks HJ 212-2025, which is read by the rules of 2017."),
    "edition_unknown": gettext_lazy("It speaks an unknown edition of HJ 212, which is read by the rules of 2017."),
    "flag_unreadable": gettext_lazy("Its Flag is no number up to 255 and is read as that of 2005."),
    "encoding_gb18030": gettext_lazy("It sends Chinese text in GB18030 instead of UTF-8."),
    "encoding_unknown": gettext_lazy("It sends text in an unknown encoding."),
    "repeated_field": gettext_lazy("It sends a field twice in one frame; the first one counts."),
    "value_unreadable": gettext_lazy("It has sent values that are no numbers; they are kept as missing."),
    "time_cut": gettext_lazy("It sends times with milliseconds, which are cut off."),
    "value_from_rtd": gettext_lazy("It sends means as real-time values (-Rtd)."),
    "unit_implausible": gettext_lazy("It has sent particulates above 10 mg/m³: is its unit µg/m³?"),
}
"""What a gateway noted about a station's frames (`ingest.hj212.Note`), as sentences; what is not here is told otherwise."""


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
    return found + [str(NOTES[note]) for note in station.notes if note in NOTES]


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
