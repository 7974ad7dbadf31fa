"""The shapes of work: categories, issues, orders and their trails; and of facts."""

from typing import Any

from ninja import Schema
from pydantic import Field

from envmap.core.outbox import FactType

from .choices import Clock, IssueStateName, OrderStateName, Severity, SourceName
from .shapes import Names, Point, Time, when


class Category(Schema):
    """A kind of problem; those of the second level carry clock, times and evidence."""

    code: str
    name: str
    names: Names
    parent: str | None
    layer: str | None
    severity: Severity
    evidence: list[str]
    clock: Clock
    accept_within: float | None = Field(..., description="Hours; days for the clock of days.")
    report_within: float | None = Field(..., description="Hours; days for the clock of days.")
    unit_kind: str


class Issue(Schema):
    """A problem that somebody should look at, as the asker sees it."""

    number: str
    source: SourceName
    state: IssueStateName
    category: str | None
    category_name: str | None
    severity: Severity
    title: str
    description: str
    layer: str | None
    feature: str | None
    feature_id: int | None
    location: Point | None
    alarms: list[int]
    opened_at: Time = when()
    orders: list[str]
    merged_into: str | None
    verbs: list[str] = Field(..., description="What the asker may do now.")
    version: int
    events: int
    head_hash: str


class Order(Schema):
    """An assignment of an issue to a unit, as the asker sees it."""

    number: str
    issue: str
    title: str
    category: str | None
    category_name: str | None
    evidence: list[str]
    state: OrderStateName
    department: str
    department_name: str
    assignee: str | None
    assignee_name: str | None
    created_at: Time = when()
    accept_by: Time | None = when()
    report_by: Time | None = when()
    due_at: Time | None = when("`report_by` as first set; `send_back` and `reassign` never move it.")
    provisional: bool = Field(..., description="Reaches into a year whose holidays are not known yet.")
    overdue: bool
    accepted_at: Time | None = when()
    reported_at: Time | None = when()
    ended_at: Time | None = when()
    rework_count: int
    layer: str | None
    feature: str | None
    feature_id: int | None
    location: Point | None
    verbs: list[str] = Field(..., description="What the asker may do now.")
    version: int
    events: int
    head_hash: str


class By(Schema):
    """Who did it, as the trail keeps it; `name` is resolved on reading."""

    id: int | None
    department: str | None
    role: str
    name: str | None


class Evidence(Schema):
    """A file of an event."""

    id: int
    sha256: str
    url: str


class Event(Schema):
    """One row of a trail: `hash` is SHA-256 of `previous_hash`, a line feed and `payload`, in lower-case hex."""

    seq: int
    verb: str
    from_: str | None = Field(..., serialization_alias="from")
    to: str
    by: By
    at: Time = when()
    happened_at: Time | None = when()
    note: str | None
    salt: str | None
    location: Point | None
    accuracy: float | None
    answers: dict[str, Any] | None
    attachments: list[Evidence]
    payload: str
    previous_hash: str
    hash: str


class Fact(Schema):
    """What happened, narrowly; read again what you care about. Keys that do not apply are absent."""

    seq: int
    type: FactType
    layer: str | None
    feature: str | None
    feature_id: int | None
    at: Time | None = when()
    location: Point | None
    id: int | None = Field(None, description="Of an alarm.")
    number: str | None = Field(None, description="Of an issue or order.")
    station: str | None = None
    rule: int | None = None
    state: str | None = None


class Facts(Schema):
    """Facts with a greater `seq` than `since`, ascending."""

    items: list[Fact]
    head: int = Field(..., description="Where to continue.")
