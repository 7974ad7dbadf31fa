"""What an alarm says to a person: value, unit, limit with its clause, since when, cleared or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from layers.sensors.models import Alarm


@dataclass(frozen=True, slots=True)
class AlarmFact:
    """One alarm in words and figures; values in the factor's stored unit."""

    id: int
    factor: str
    kind: str
    value: str
    peak: str
    unit: str
    limit: str
    standard: str
    clause: str
    is_warning: bool
    severity: str
    station: str
    station_name: str
    since: datetime
    cleared_at: datetime | None


def figure(value: Decimal | float | None, decimals: int) -> str:
    """A value with the digits of its factor."""
    return "–" if value is None else f"{value:.{decimals}f}"


def shown_unit(unit: str) -> str:
    """A unit as people write it: pH has none, which the code table calls 1."""
    return "" if unit == "1" else unit


def facts_of(alarms: Iterable[Alarm]) -> list[AlarmFact]:
    """Needs factor, rule and station selected. Open ones first, then the newest."""
    rows = sorted(alarms, key=lambda a: (a.cleared_at is not None, -a.opened_at.timestamp(), -a.pk))
    return [
        AlarmFact(
            id=alarm.pk,
            factor=alarm.factor.name,
            kind=alarm.rule.kind,
            value=figure(alarm.last_value, alarm.factor.decimals),
            peak=figure(alarm.peak_value, alarm.factor.decimals),
            unit=shown_unit(str(alarm.limit.get("unit") or alarm.factor.unit)),
            limit=figure(alarm.limit.get("value"), alarm.factor.decimals),
            standard=alarm.limit.get("standard") or "",
            clause=alarm.limit.get("clause") or "",
            is_warning=alarm.rule.is_warning,
            severity=alarm.severity,
            station=alarm.station.mn,
            station_name=alarm.station.name,
            since=alarm.opened_at,
            cleared_at=alarm.cleared_at,
        )
        for alarm in rows
    ]
