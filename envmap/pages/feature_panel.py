"""What the map tells of one feature: attributes, newest readings, open alarms, issues and orders, who could handle it, its past."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.accounts.queries import departments
from envmap.accounts.roles import May
from envmap.core import clock
from layers.catalogue import queries as catalogue
from layers.catalogue.geometry import representative_point
from layers.catalogue.models import Feature
from layers.sensors import queries as sensors
from layers.sensors.models import Alarm, Reading
from tasks.issues import queries as issues
from tasks.issues.models import Issue
from tasks.issues.payloads import issue_payload
from tasks.issues.states import IssueState
from tasks.orders import queries as orders

from . import words
from .alarm_facts import AlarmFact, facts_of, figure
from .orders import rows_of

MOST = 5
OVER = {IssueState.SETTLED, IssueState.REJECTED}


@dataclass(frozen=True, slots=True)
class Entry:
    """An attribute as it is read: title, value in words (empty: missing), unit."""

    title: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes that belong together."""

    title: str
    entries: list[Entry]
    missing: int


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest value of a factor with its unit, kind and time; stale when the station should have spoken since."""

    factor: str
    name: str
    kind: str
    value: str
    unit: str
    decimals: int
    time: datetime
    is_stale: bool
    is_alarming: bool


@dataclass(frozen=True, slots=True)
class ShownAlarm:
    """An alarm, what it says, and who has acknowledged it."""

    alarm: Alarm
    fact: AlarmFact
    issue: str | None
    may_acknowledge: bool


def title_of(schema: dict[str, Any], key: str, english: str = "x-title-en", own: str = "title") -> str:
    """The title of a schema's part in the asker's language."""
    return str((schema.get(english) if get_language() == "en" else None) or schema.get(own) or key)


def value_in_words(schema: dict[str, Any], value: Any) -> str:
    """A value as people say it: choices by their titles, yes and no, lists joined; empty where there is none."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list):
        parts = [value_in_words(schema.get("items", {}), one) for one in value]
        return (", " if get_language() == "en" else "、").join(part for part in parts if part)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    for choice in schema.get("oneOf", []):
        if choice.get("const") == value:
            return title_of(choice, str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def groups_of(feature: Feature) -> list[Group]:
    """The attributes in the schema's order and groups; what is missing is counted, so that it is seen to be missing."""
    properties = feature.layer.schema.get("properties", {})
    grouped: dict[str, list[Entry]] = {}
    titles: dict[str, str] = {}
    for key, schema in sorted(properties.items(), key=lambda item: (item[1].get("x-order", 10_000), item[0])):
        group = schema.get("x-group", "")
        titles.setdefault(group, title_of(schema, "", "x-group-title-en", "x-group-title"))
        value = value_in_words(schema, feature.attributes.get(key))
        grouped.setdefault(group, []).append(Entry(title_of(schema, key), value, schema.get("x-unit", "")))
    return [
        Group(titles[key], [e for e in entries if e.value], sum(not e.value for e in entries))
        for key, entries in grouped.items()
    ]


def newest_of(asker: Asker, feature: Feature, alarms: list[Alarm]) -> list[Newest]:
    """The newest readings, those of the layer's expected factors first, of each factor the finest kind."""
    fineness = list(words.READING_KINDS)
    stations = sensors.station_ids_of([feature.pk])
    latest: dict[str, Reading] = {}
    for reading in sensors.latest_readings(asker, stations) if stations else []:
        before = latest.get(reading.factor)
        if before is None or (before.time, -fineness.index(before.kind)) < (
            reading.time,
            -fineness.index(reading.kind),
        ):
            latest[reading.factor] = reading
    known = {factor.code: factor for factor in sensors.factors().filter(code__in=list(latest))}
    wanted = feature.layer.expected_factors
    alarming = {alarm.factor.code for alarm in alarms}
    now = clock.now()

    def place(code: str) -> tuple[bool, int, str]:
        return code not in alarming, wanted.index(code) if code in wanted else len(wanted), code

    found = []
    for code in sorted(latest, key=place):
        reading, factor = latest[code], known.get(code)
        patience = timedelta(seconds=3 * reading.station.expected_interval)
        span = (
            timedelta(hours=2) if reading.kind == "hour" else timedelta(days=2) if reading.kind == "day" else patience
        )
        found.append(
            Newest(
                factor=code,
                name=factor.name if factor else code,
                kind=reading.kind,
                value=figure(reading.value, factor.decimals if factor else 2),
                unit=factor.unit if factor else "",
                decimals=factor.decimals if factor else 2,
                time=reading.time,
                is_stale=now - reading.received_at > max(span, patience),
                is_alarming=code in alarming,
            )
        )
    return found


def dispatch_of(asker: Asker, issue: Issue) -> dict[str, Any] | None:
    """What the block of dispatching needs, for an issue that the asker may dispatch; else None."""
    if "dispatch" not in issue_payload(issue, asker)["verbs"]:
        return None
    units: list[Department] = list(departments(asker))
    return {"issue": issue, "suggestion": issues.suggested_unit(issue), "units": units}


def panel_of(asker: Asker, layer: str, feature_id: int) -> dict[str, Any]:
    """Everything that the panel shows, each part through what the asker may see. Raises NotVisible."""
    feature = catalogue.feature_of(asker, layer, feature_id)
    opened = list(sensors.alarms(asker, layer=layer, feature=feature.code, open=True)[:MOST])
    numbers = issues.issue_numbers_of(opened, asker)
    facts = {fact.id: fact for fact in facts_of(opened)}
    found = issues.issues(asker, layer=layer, feature=feature.code) if asker.signed_in else None
    going = list(found.exclude(state__in=OVER)[:MOST]) if found is not None else []
    last_orders = list(orders.orders(asker, layer=layer, feature=feature.code)[:MOST]) if asker.signed_in else []
    ready = [one for one in (dispatch_of(asker, issue) for issue in going) if one is not None]
    # An issue without an order waits for one; a second order for the same is rare and made on the issue's own page.
    waiting = [one for one in ready if one["issue"].state != IssueState.DISPATCHED]
    spot = representative_point(feature.geometry)
    return {
        "feature": feature,
        "at": f"{spot.x:.6f},{spot.y:.6f}",
        "groups": groups_of(feature),
        "readings": newest_of(asker, feature, opened),
        "alarms": [
            ShownAlarm(
                alarm,
                facts[alarm.pk],
                numbers.get(alarm.pk),
                alarm.acknowledged_at is None and asker.may(May.ACKNOWLEDGE),
            )
            for alarm in opened
        ],
        "issues": going,
        "order_rows": rows_of(asker, last_orders),
        "dispatch": waiting[0] if waiting else None,
        "may_report": asker.may(May.REPORT_ISSUES),
        "asker": asker,
    }
