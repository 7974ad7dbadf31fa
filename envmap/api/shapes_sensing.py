"""The shapes of what is measured: factors, stations, readings, rules, alarms."""

from ninja import Schema
from pydantic import Field

from .choices import Condition, Kind, Protocol, Severity
from .shapes import Names, Point, Time, when


class Factor(Schema):
    """What is measured; particulates (`a34xxx`) are in mg/m³."""

    code: str
    names: Names
    name: str
    unit: str
    decimals: int


class Station(Schema):
    """A data logger; its password is never shown."""

    mn: str
    name: str
    protocol: Protocol
    st: str
    open: bool
    commands: bool
    require_flag: bool
    leniencies: list[str]
    layer: str | None
    feature: str | None
    feature_id: int | None
    department: str | None
    location: Point | None
    units: dict[str, str]
    aliases: dict[str, str]
    expected_interval: int = Field(..., description="Seconds.")
    last_seen: Time | None = when()
    condition: Condition
    warnings: list[str]


class Reading(Schema):
    """One value of one factor of one station at one time, in the factor's unit."""

    station: str
    factor: str
    kind: Kind
    time: Time = when("The start of the period, or the moment of sampling.")
    value: float | None
    minimum: float | None
    maximum: float | None
    total: float | None
    converted: float | None
    flag: str | None = Field(..., description="As sent; null is no flag and not `N`.")
    received_at: Time = when()


class Recorded(Schema):
    """What became of the readings that were sent."""

    stored: int
    duplicates: int
    conflicts: int


class RuleCondition(Schema):
    """When it holds, in the factor's unit."""

    above: float
    for_minutes: int
    clear_below: float


class Rule(Schema):
    """A condition over the readings of one factor and kind."""

    id: int
    name: str
    scope: dict[str, str] = Field(..., description='`{"layer"}`, `{"layer", "feature"}` or `{"station"}`.')
    factor: str
    kind: Kind
    condition: RuleCondition
    severity: Severity
    enabled: bool
    auto_issue: bool


class AlarmLimit(Schema):
    """The number that was exceeded, as it stood then."""

    value: float
    unit: str
    standard: str | None
    clause: str | None


class Alarm(Schema):
    """A span of time in which a rule held at a station."""

    id: int
    rule: int
    station: str
    layer: str | None
    feature: str | None
    feature_id: int | None
    factor: str
    severity: Severity
    opened_at: Time = when()
    first_value: float
    last_value: float
    peak_value: float
    limit: AlarmLimit
    cleared_at: Time | None = when()
    acknowledged_by: str | None
    acknowledged_at: Time | None = when()
    note: str
    issue: str | None
