"""Stations, factors, rules and readings for tests, made directly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from layers.catalogue.models import Feature, Layer
from layers.sensors.actions import NewReading
from layers.sensors.models import AlarmRule, Factor, Station

MN = "010000A8900016F000169DC0"
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)  # 12:00 in Xiamen


def factor(code: str = "a34002", unit: str = "mg/m³", code_2005: str = "") -> Factor:
    """A factor; made once."""
    made, _new = Factor.objects.get_or_create(
        code=code,
        defaults={"names": {"zh-hans": code, "en": code}, "unit": unit, "decimals": 3, "code_2005": code_2005},
    )
    return made


def station(mn: str = MN, *, feature: Feature | None = None, **more: object) -> Station:
    """A station with the password 123456, heard of at its making."""
    values: dict[str, object] = {"name": f"站 {mn}", "protocol": "hj212", "st": "39", "password": "123456"} | more
    return Station.objects.create(mn=mn, feature=feature, **values)


def rule(
    *,
    layer: Layer | None = None,
    feature: Feature | None = None,
    station: Station | None = None,
    code: str = "a34002",
    **more: object,
) -> AlarmRule:
    """A rule above 0.15, cleared below 0.13, for minutes, severity major."""
    values: dict[str, object] = {
        "name": "PM10 预警",
        "kind": "minute",
        "above": Decimal("0.15"),
        "clear_below": Decimal("0.13"),
        "severity": "major",
    } | more
    return AlarmRule.objects.create(factor=factor(code), layer=layer, feature=feature, station=station, **values)


def minute(number: int, value: str | None, *, flag: str | None = "N", code: str = "a34002") -> NewReading:
    """A minute's mean, ``number`` minutes after NOON."""
    return NewReading(
        code, "minute", NOON + timedelta(minutes=number), None if value is None else Decimal(value), flag=flag
    )
