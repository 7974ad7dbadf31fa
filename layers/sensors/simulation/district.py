"""Which stations there are to speak for, and how each speaks: out of what they measured last and the rules over them."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from envmap.accounts.asker import SYSTEM
from layers.sensors import queries
from layers.sensors.actions import make_station
from layers.sensors.models import AlarmRule, Factor, Station
from layers.sensors.units import UnlikeUnits, convert

from .values import Channel, Voice

QUIET_SINCE = timedelta(minutes=30)
"""A station that was quiet so long before all others spoke last is meant to be silent."""
USUAL = {
    "39": {"a34002": "0.06", "a34001": "0.15", "a34004": "0.03", "LA": "58", "a01007": "2.4"},
    "32": {"w01018": "28", "w21003": "2.1", "w21011": "0.4", "w01001": "7.2", "w00000": "3.2"},
}
"""For stations that never measured anything: usual values in stored units by ST."""


def stations_to_speak_for(limit: int | None = None, *, seed: int = 0) -> list[Station]:
    """HJ 212 stations that can be answered, by MN; with a ``limit`` so many, made where there are too few."""
    able = [
        station
        for station in Station.objects.select_related("feature__layer")
        .filter(protocol=Station.Protocol.HJ212)
        .order_by("mn")
        if station.is_open or station.password
    ]
    if limit is None:
        return able
    there = set(Station.objects.values_list("mn", flat=True)) if len(able) < limit else set()
    number = 0
    while len(able) < limit:
        number += 1
        mn = hashlib.sha256(f"simulated {seed} {number}".encode()).hexdigest()[:24].upper()
        if mn not in there:
            able.append(
                make_station(
                    by=SYSTEM,
                    mn=mn,
                    name=f"模拟站 {number}",
                    protocol="hj212",
                    st="39",
                    password="123456",  # noqa: S106
                )
            )
    return able[:limit]


def voices(stations: Sequence[Station], kind: str = "minute") -> list[Voice]:
    """How these stations speak: each factor near its last value, on the station's wire."""
    last: dict[int, dict[str, Decimal]] = {}
    for reading in queries.latest_readings(SYSTEM, [station.pk for station in stations]):
        if reading.value is not None and reading.kind in (kind, "minute", "hour"):
            known = last.setdefault(reading.station_id, {})
            if reading.kind == kind or reading.factor not in known:
                known[reading.factor] = reading.value
    factors = {factor.code: factor for factor in queries.factors()}
    rules = list(AlarmRule.objects.filter(enabled=True, deleted_at=None).select_related("factor"))
    return [_voice(station, last.get(station.pk, {}), factors, rules) for station in stations]


def _voice(station: Station, last: dict[str, Decimal], factors: dict[str, Factor], rules: Iterable[AlarmRule]) -> Voice:
    usual = last or {code: Decimal(text) for code, text in USUAL.get(station.st, USUAL["39"]).items()}
    ceilings: dict[str, Decimal] = {}
    for rule in rules:
        if _is_for(rule, station):
            code = rule.factor.code
            ceilings[code] = min(rule.above, ceilings.get(code, rule.above))
    channels = []
    for code, value in usual.items():
        factor = factors.get(code)
        if factor is None:
            continue
        ceiling = ceilings.get(code)
        wire = station.units.get(code, factor.unit)
        decimals = max(
            0, factor.decimals - (3 if wire.startswith(("ug", "µg")) and factor.unit.startswith("mg") else 0)
        )
        channels.append(
            Channel(
                factor=code,
                usual=float(_on_wire(value, factor, wire)),
                decimals=decimals,
                ceiling=None if ceiling is None else float(_on_wire(ceiling, factor, wire)),
            )
        )
    return Voice(station.mn, station.password, station.st, station.expected_interval, tuple(channels))


def _on_wire(value: Decimal, factor: Factor, wire: str) -> Decimal:
    try:
        return convert(value, factor.unit, wire)
    except UnlikeUnits:
        return value


def _is_for(rule: AlarmRule, station: Station) -> bool:
    feature = station.feature
    return rule.station_id == station.pk or (
        feature is not None and (rule.feature_id == feature.pk or rule.layer_id == feature.layer_id)
    )


def meant_to_be_silent(stations: Iterable[Station]) -> set[str]:
    """MNs of stations that had long been quiet when the others spoke last."""
    heard = [station for station in stations if station.last_seen is not None]
    if not heard:
        return set()
    newest = max(station.last_seen for station in heard if station.last_seen is not None)
    return {
        station.mn for station in heard if station.last_seen is not None and station.last_seen < newest - QUIET_SINCE
    }
