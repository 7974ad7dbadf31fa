"""Alarms."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core.errors import NotVisible, WrongState
from envmap.core.idempotency import Reply
from layers.catalogue import queries as catalogue
from layers.sensors import actions, payloads, queries
from tasks.issues import queries as issues

from . import choices, filters, params, shapes, shapes_sensing
from .bodies import Repeatable
from .door import Asking, get, post
from .paging import listed, newest_first, page
from .params import Paged, Period
from .repeat import change

router = Router(tags=["rules and alarms"])
NEWEST = newest_first("alarms", "opened_at")


class AlarmsOfOneQuery(Paged, Period):
    """Filters of the alarms of one feature."""

    rule: int | None = Field(None, ge=1, le=2**63 - 1)
    severity: choices.Severity | None = None
    open: bool | None = Field(None, description="Not cleared yet.")
    acknowledged: bool | None = None


class AlarmQuery(AlarmsOfOneQuery):
    """Filters of alarms; `from` and `to` are about `opened_at`."""

    station: str | None = Field(None, max_length=40, description="An MN.")
    layer: str | None = Field(None, max_length=64)
    feature: str | None = Field(None, max_length=64, description="A feature's code; needs `layer`.")


class AcknowledgeBody(Repeatable):
    """A word to it, if need be."""

    note: str | None = Field(None, max_length=500)


def shown(asker: Asker, rows: list[Any]) -> list[Any]:
    """Payloads with the numbers of those issues that the asker sees."""
    numbers = issues.issue_numbers_of(rows, asker)
    return [payloads.alarm_payload(alarm, numbers.get(alarm.pk)) for alarm in rows]


def _listed(request: Asking, query: AlarmsOfOneQuery, **more: str | None) -> Any:
    asker = request.asker
    start, end = query.bounds()
    rows = queries.alarms(
        asker, rule=query.rule, severity=query.severity, open=query.open, acknowledged=query.acknowledged, **more
    )
    if query.rule is not None and not rows.exists():
        try:
            queries.rule_of(asker, query.rule)
        except NotVisible as refusal:
            raise params.bad("rule", refusal.detail) from None
    if start is not None:
        rows = rows.filter(opened_at__gte=start)
    if end is not None:
        rows = rows.filter(opened_at__lt=end)
    found = page(rows, NEWEST, query)
    return listed(found, shown(asker, found.rows))


@get(
    router,
    "/alarms",
    answers={200: shapes.Listed[shapes_sensing.Alarm]},
    summary="Alarms",
    query=AlarmQuery,
    operation_id="list_alarms",
)
def alarms(request: Asking) -> Any:
    """Those of the features that one sees, newest first."""
    query = params.read(request, AlarmQuery)
    filters.feature(request.asker, query.layer, query.feature)
    filters.station(request.asker, query.station)
    return _listed(request, query, station=query.station, layer=query.layer, feature=query.feature)


@get(
    router,
    "/layers/{key}/features/{int:id}/alarms",
    answers={200: shapes.Listed[shapes_sensing.Alarm]},
    summary="A feature's alarms",
    query=AlarmsOfOneQuery,
    operation_id="feature_alarms",
)
def feature_alarms(request: Asking, key: str, id: int) -> Any:
    """Newest first."""
    feature = catalogue.feature_of(request.asker, key, id)
    return _listed(request, params.read(request, AlarmsOfOneQuery), layer=key, feature=feature.code)


@get(router, "/alarms/{int:id}", answers={200: shapes_sensing.Alarm}, summary="One alarm", operation_id="get_alarm")
def alarm(request: Asking, id: int) -> Any:
    """With the limit as it stood when it began."""
    return shown(request.asker, [queries.alarm_of(request.asker, id)])[0]


@post(
    router,
    "/alarms/{int:id}/acknowledge",
    answers={200: shapes_sensing.Alarm},
    summary="Acknowledge an alarm",
    body=AcknowledgeBody,
    repeatable=True,
    operation_id="acknowledge_alarm",
)
def acknowledge(request: Asking, id: int) -> HttpResponse:
    """Somebody has noticed it; by an officer, once."""
    found = queries.alarm_of(request.asker, id)
    request.asker.require(May.ACKNOWLEDGE)

    def state(said: dict[str, Any]) -> None:
        if found.acknowledged_at is not None:
            raise WrongState(_("Alarm %(id)s has been acknowledged already.") % {"id": id})

    def act(body: AcknowledgeBody) -> Reply:
        actions.acknowledge(by=request.asker, alarm_id=id, note=body.note or "")
        return Reply(200, shown(request.asker, [queries.alarm_of(request.asker, id)])[0])

    return change(request, AcknowledgeBody, act, state=state)
