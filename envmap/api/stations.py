"""Stations, what they measure, and factors."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May, Role
from envmap.core import clock
from envmap.core.errors import BadInput, NotVisible
from envmap.core.idempotency import Reply
from layers.catalogue import queries as catalogue
from layers.sensors import actions, payloads, queries

from . import bodies, choices, filters, params, shapes, shapes_sensing
from .answers import address, respond
from .bodies import Body, Instant, unsaid
from .door import Asking, get, patch, post
from .layers import given
from .paging import Key, Ordering, listed, page, parse
from .params import Paged, Period
from .repeat import change

router = Router(tags=["stations and readings"])
BY_CODE = Ordering("factors", (Key("code", "str"),))
NEWEST = Ordering("stations", (Key("pk", "int", descending=True),))
READINGS = Ordering(
    "readings",
    (Key("time", "time", descending=True), Key("factor", "str"), Key("kind", "str"), Key("station_id", "int")),
)
FOLDED = Ordering(
    "folded readings",
    (Key("bucket", "time", descending=True), Key("factor", "str"), Key("kind", "str"), Key("station_id", "int")),
)
DAY = timedelta(hours=24)
STEP = {"hour": timedelta(hours=1), "day": DAY}


class StationQuery(Paged):
    """Filters of stations."""

    layer: str | None = Field(None, max_length=64)
    feature: str | None = Field(None, max_length=64, description="A feature's code; needs `layer`.")
    condition: choices.StationCondition | None = None


class ReadingQuery(Paged, Period):
    """Which readings: the last 24 hours without `from`, raw without `resolution`."""

    factor: str | None = Field(None, max_length=40, description="A factor's code.")
    kind: choices.Kind | None = None
    resolution: Literal["raw", "hour", "day"] = Field(
        "raw", description="`hour` and `day` give mean, least and greatest of the usable readings (flag N or none)."
    )


class StationChanges(Body):
    """What of a station can be changed."""

    mn: str = unsaid(description="May be repeated as it is; it cannot be changed.")
    name: str = unsaid()
    protocol: choices.Protocol = unsaid()
    st: str | None = Field(None, description="HJ 212's system code, such as `39`.")
    password: str | None = Field(None, description="PW of the wire; written, never shown.")
    open: bool = unsaid(description="PW is not checked.")
    commands: bool = unsaid(description="The gateway may send it commands.")
    require_flag: bool = unsaid(description="A reading without flag is not judged.")
    leniencies: list[str] = unsaid()
    layer: str | None = Field(None, description="Together with `feature`.")
    feature: str | None = Field(None, description="The code of the feature that it belongs to.")
    department: str | None = None
    location: shapes.Point | None = None
    units: dict[str, str] | None = Field(None, description="Units on the wire.", examples=[{"a34002": "ug/m3"}])
    aliases: dict[str, str] | None = Field(None, description="Factor names on the wire and their codes.")
    expected_interval: int = unsaid(description="Seconds.")


class StationBody(StationChanges):
    """A new station."""

    model_config = {
        "json_schema_extra": {
            "example": {"mn": "0123456789ABCDEF01234567", "name": "Dust monitor 1", "protocol": "hj212", "st": "39"}
        }
    }
    mn: str
    name: str
    protocol: choices.Protocol


class NewReading(Body):
    """One reading in the station's unit on the wire."""

    factor: str = Field(max_length=40)
    time: Instant
    value: float
    kind: choices.Kind
    flag: str | None = None


class ReadingsBody(Body):
    """Readings that are kept whole or not at all."""

    model_config = {
        "json_schema_extra": {
            "example": {
                "readings": [
                    {"factor": "a34002", "time": "2026-11-24T08:00:00+08:00", "value": 0.153, "kind": "minute"}
                ]
            }
        }
    }
    readings: list[NewReading] = Field(min_length=1, max_length=10_000)


@get(
    router,
    "/factors",
    answers={200: shapes.Listed[shapes_sensing.Factor]},
    summary="Factors",
    query=Paged,
    public=True,
    operation_id="list_factors",
)
def factors(request: Asking) -> Any:
    """What can be measured, by code, with the unit of storage, rules and answers."""
    found = page(queries.factors(), BY_CODE, params.read(request, Paged))
    return listed(found, [payloads.factor_payload(factor) for factor in found.rows])


@get(
    router,
    "/stations",
    answers={200: shapes.Listed[shapes_sensing.Station]},
    summary="Stations",
    query=StationQuery,
    operation_id="list_stations",
)
def stations(request: Asking) -> Any:
    """All for the bureau, those of the features that they see for others; newest first."""
    query = params.read(request, StationQuery)
    filters.feature(request.asker, query.layer, query.feature)
    rows = queries.stations(request.asker, layer=query.layer, feature=query.feature, condition=query.condition)
    found = page(rows, NEWEST, query)
    return listed(found, [payloads.station_payload(station) for station in found.rows])


@post(
    router,
    "/stations",
    answers={201: shapes_sensing.Station},
    summary="Make a station",
    body=StationBody,
    refusals=frozenset({409}),
)
def make_station(request: Asking) -> HttpResponse:
    """By an officer or administrator."""
    request.asker.require(May.EDIT_STATIONS)

    def act(body: StationBody) -> Reply:
        made = actions.make_station(by=request.asker, **given(body))
        shown = payloads.station_payload(queries.station_of(request.asker, made.mn))
        return Reply(201, shown, address("stations", made.mn))

    return change(request, StationBody, act)


@get(router, "/stations/{mn}", answers={200: shapes_sensing.Station}, summary="One station", operation_id="get_station")
def station(request: Asking, mn: str) -> Any:
    """By its MN."""
    return payloads.station_payload(queries.station_of(request.asker, mn))


@patch(
    router,
    "/stations/{mn}",
    answers={200: shapes_sensing.Station},
    summary="Change a station",
    body=StationChanges,
    types=("application/json", "application/merge-patch+json"),
    refusals=frozenset({409}),
)
def update_station(request: Asking, mn: str) -> HttpResponse:
    """What is not named stays; null takes away."""
    queries.station_of(request.asker, mn)
    request.asker.require(May.EDIT_STATIONS)

    def act(body: StationChanges) -> Reply:
        changes = given(body)
        if changes.pop("mn", mn) != mn:
            detail = _("The MN of a station cannot be changed; make another station.")
            raise BadInput(detail, [{"field": "mn", "detail": detail}])
        changed = actions.update_station(by=request.asker, mn=mn, **changes)
        return Reply(200, payloads.station_payload(changed))

    return change(request, StationChanges, act, types=("application/json", "application/merge-patch+json"))


def _beyond(cursor: str, step: timedelta) -> Q:
    """Readings of the hours or days beyond a cursor's row, by their own time, so that folding comes after.

    An hour or day of Asia/Shanghai has a fixed length: there has been no summer time since 1991.
    """
    bucket, *rest = parse(FOLDED, cursor)
    same = Ordering("", FOLDED.keys[1:]).after(rest)
    return Q(time__lt=bucket) | Q(time__lt=bucket + step) & same


def read_readings(request: Asking, source: Callable[..., Any]) -> Any:
    """The list of readings that `source(**filters)` gives."""
    query = params.read(request, ReadingQuery)
    start, end = query.bounds()
    start = start or (end or clock.now()) - DAY
    rows = source(factor=query.factor, kind=query.kind, start=start, end=end)
    # A frame's unknown factor is kept under its raw code, so a code without a factor may have readings.
    if query.factor is not None and not rows.exists():
        filters.factor(query.factor)
    if query.resolution == "raw":
        found = page(rows, READINGS, query)
        return listed(found, [payloads.reading_payload(reading) for reading in found.rows])
    if query.cursor is not None:
        rows = rows.filter(_beyond(query.cursor, STEP[query.resolution]))
    folded = page(queries.aggregated(rows, query.resolution), FOLDED, query.model_copy(update={"cursor": None}))
    return listed(folded, [payloads.aggregate_payload(row) for row in folded.rows])


@get(
    router,
    "/stations/{mn}/readings",
    answers={200: shapes.Listed[shapes_sensing.Reading]},
    summary="A station's readings",
    query=ReadingQuery,
    operation_id="station_readings",
)
def station_readings(request: Asking, mn: str) -> Any:
    """Newest first; the last 24 hours without `from`."""
    found = queries.station_of(request.asker, mn)
    return read_readings(request, lambda **wanted: queries.readings(request.asker, station=found, **wanted))


@get(
    router,
    "/layers/{key}/features/{int:id}/readings",
    answers={200: shapes.Listed[shapes_sensing.Reading]},
    summary="A feature's readings",
    query=ReadingQuery,
    operation_id="feature_readings",
)
def feature_readings(request: Asking, key: str, id: int) -> Any:
    """Of all its stations, newest first; the last 24 hours without `from`."""
    found = catalogue.feature_of(request.asker, key, id)
    return read_readings(request, lambda **wanted: queries.readings(request.asker, feature=found, **wanted))


def require_delivery(asker: Asker, mn: str) -> None:
    """Who may deliver a station's readings: its own token, officer and administrator. Raises NotVisible, NotAllowed."""
    if asker.role is Role.STATION:
        if asker.station != mn:
            raise NotVisible(_("There is no station with the MN %(mn)s.") % {"mn": mn})
    else:
        queries.station_of(asker, mn)
    asker.require(May.WRITE_READINGS)


@post(
    router,
    "/stations/{mn}/readings",
    answers={201: shapes_sensing.Recorded},
    summary="Deliver readings",
    body=ReadingsBody,
)
def deliver_readings(request: Asking, mn: str) -> HttpResponse:
    """By the station's token, an officer or administrator. An answer means kept; the same again counts as duplicates."""
    require_delivery(request.asker, mn)
    body = bodies.checked(bodies.strictly(request), ReadingsBody)
    rows = [
        actions.NewReading(
            factor=row.factor,
            kind=row.kind,
            time=clock.parse_instant(row.time, field="time"),
            value=Decimal(repr(row.value)),
            flag=row.flag,
        )
        for row in body.readings
    ]
    recorded = actions.record_readings(by=request.asker, mn=mn, readings=rows)
    counts = {"stored": recorded.stored, "duplicates": recorded.duplicates, "conflicts": recorded.conflicts}
    return respond(counts, status=201, location=address("stations", mn, "readings"))
