"""Orders: assignments of issues to units, their verbs and trails."""

from typing import Any

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from envmap.accounts import queries as people
from envmap.accounts.asker import Asker
from envmap.core.errors import NotVisible
from envmap.core.idempotency import Reply
from layers.catalogue import queries as catalogue
from tasks.issues import queries as issues
from tasks.orders import actions, payloads, queries, rules

from . import bodies, choices, filters, params, shapes, shapes_work
from .bodies import Instant
from .door import Asking, get, operation, post
from .paging import listed, newest_first, page
from .params import Paged, Period
from .people import require_department
from .repeat import change
from .work import BY_SEQ, Verb, VerbWithNote, arguments, no_such_verb, require_work

router = Router(tags=["orders"])
NEWEST = newest_first("orders", "created_at")


class OrdersOfOneQuery(Paged, Period):
    """Filters of the orders of one feature; `from` and `to` are about `created_at`."""

    state: choices.OrderStateName | None = None
    issue: str | None = Field(None, max_length=32, description="An issue's number.")
    department: str | None = Field(None, max_length=40, description="A department's code.")
    assignee: str | None = Field(None, max_length=60, description="A username.")
    overdue: bool | None = None


class OrderQuery(OrdersOfOneQuery):
    """Filters of orders."""

    layer: str | None = Field(None, max_length=64)
    feature: str | None = Field(None, max_length=64, description="A feature's code; needs `layer`.")


class ReturnBody(VerbWithNote):
    """Why it is not ours, and whose it is, if that is known."""

    department: str | None = Field(None, description="Whose it is, by code.")


class ReassignBody(Verb):
    """To a department (by an officer) or an assignee (by the unit): one of them."""

    department: str | None = Field(None, description="A department's code.")
    assignee: str | None = Field(None, description="A username of the unit.")


class ReportBody(VerbWithNote):
    """What was done, with at least one photo."""

    model_config = {
        "json_schema_extra": {
            "example": {
                "note": "Soil covered, wheel wash running.",
                "attachments": [81],
                "location": {"type": "Point", "coordinates": [117.28, 31.86]},
                "accuracy": 8,
            }
        }
    }
    attachments: list[int] = Field(max_length=100, description="Ids of `POST /attachments`.")
    location: shapes.Point | None = None
    accuracy: float | None = Field(None, description="Metres.")
    answers: dict[str, Any] | None = Field(None, description="Answers by code.")


class SendBackBody(VerbWithNote):
    """What is missing; without `report_by` the category's time anew."""

    report_by: Instant | None = None


class CommentBody(VerbWithNote):
    """A word, with files if need be."""

    attachments: list[int] | None = Field(None, max_length=100)


BODIES: dict[str, tuple[type[Verb], str]] = {
    "accept": (Verb, "The unit takes the order: sent → accepted. Whoever takes one that is nobody's is its assignee."),
    "return": (ReturnBody, "Not ours: sent, accepted → returned, while nothing is reported. By the unit."),
    "reassign": (ReassignBody, "To another department (officer: sent, returned → sent) or person (unit: state kept)."),
    "report": (ReportBody, "Done: accepted → reported. By the assignee or the unit's manager; needs a photo."),
    "send_back": (SendBackBody, "To be done again: reported → accepted. By an officer outside the unit."),
    "verify": (Verb, "Closed: reported → verified. By an officer outside the unit."),
    "withdraw": (VerbWithNote, "Taken back: sent, returned → withdrawn. By an officer."),
    "comment": (CommentBody, "A word to an order that has not ended; state kept."),
}


def _listed(request: Asking, query: OrdersOfOneQuery, **more: str | None) -> Any:
    asker = request.asker
    require_department(asker, query.department)
    if query.issue is not None:
        try:
            issues.issue_of(asker, query.issue)
        except NotVisible as refusal:
            raise params.bad("issue", refusal.detail) from None
    start, end = query.bounds()
    rows = queries.orders(
        asker,
        state=query.state,
        issue=query.issue,
        department=query.department,
        assignee=query.assignee,
        overdue=query.overdue,
        start=start,
        end=end,
        **more,
    )
    # Colleagues whom one does not see as people are known by the orders that they have.
    if query.assignee is not None and not (
        people.people(asker).filter(user__username=query.assignee).exists()
        or queries.orders(asker, assignee=query.assignee).exists()
    ):
        raise params.unknown("assignee", query.assignee)
    found = page(rows, NEWEST, query)
    return listed(found, [payloads.order_payload(order, asker) for order in found.rows])


@get(
    router,
    "/orders",
    answers={200: shapes.Listed[shapes_work.Order]},
    summary="Orders",
    query=OrderQuery,
    refusals=frozenset({404}),
    operation_id="list_orders",
)
def orders(request: Asking) -> Any:
    """All for officer and supervisor, exactly its own for a unit; newest first."""
    require_work(request.asker)
    query = params.read(request, OrderQuery)
    filters.feature(request.asker, query.layer, query.feature)
    return _listed(request, query, layer=query.layer, feature=query.feature)


@get(
    router,
    "/layers/{key}/features/{int:id}/orders",
    answers={200: shapes.Listed[shapes_work.Order]},
    summary="A feature's orders",
    query=OrdersOfOneQuery,
    operation_id="feature_orders",
)
def feature_orders(request: Asking, key: str, id: int) -> Any:
    """Those that the asker sees, newest first."""
    require_work(request.asker)
    feature = catalogue.feature_of(request.asker, key, id)
    return _listed(request, params.read(request, OrdersOfOneQuery), layer=key, feature=feature.code)


def shown(asker: Asker, number: str) -> Any:
    """The payload of one order."""
    return payloads.order_payload(queries.order_of(asker, number), asker)


@get(router, "/orders/{number}", answers={200: shapes_work.Order}, summary="One order", operation_id="get_order")
def order(request: Asking, number: str) -> Any:
    """`verbs` says what the asker may do now."""
    return shown(request.asker, number)


@get(
    router,
    "/orders/{number}/events",
    answers={200: shapes.Listed[shapes_work.Event]},
    summary="An order's trail",
    query=Paged,
    operation_id="order_events",
)
def events(request: Asking, number: str) -> Any:
    """Chained rows, the first one, `dispatch`, first."""
    found = queries.order_of(request.asker, number)
    rows = page(queries.events_of(found), BY_SEQ, params.read(request, Paged))
    return listed(rows, payloads.order_events_payload(found, rows.rows))


def _verb(verb: str, model: type[Verb], says: str) -> None:
    def view(request: Asking, number: str) -> HttpResponse:
        asker = request.asker
        found = queries.order_of(asker, number)
        rules.require_may(asker, verb, found, bodies.loosely(request))

        def act(body: Any) -> Reply:
            moved = actions.VERBS[verb](number, by=asker, **arguments(body))
            return Reply(200, payloads.order_payload(moved, asker))

        return change(
            request,
            model,
            act,
            state=lambda said: rules.require_state(asker, verb, found, said),
            version=found.version,
        )

    view.__doc__ = says
    post(
        router,
        f"/orders/{{number}}/{verb}",
        answers={200: shapes_work.Order},
        summary=f"Order: {verb}",
        body=model,
        repeatable=True,
        refusals=frozenset({412}),
        operation_id=f"order_{verb}",
    )(view)


assert set(BODIES) == set(actions.VERBS), "a verb of the room below has no body here, or the other way round"
for _name, (_model, _says) in BODIES.items():
    _verb(_name, _model, _says)


@operation("GET POST PUT PATCH DELETE", router, "/orders/{number}/{verb}", answers={404: None}, summary="", hidden=True)
def unknown_verb(request: Asking, number: str, verb: str) -> HttpResponse:
    """Whatever else somebody wants done with an order."""
    queries.order_of(request.asker, number)
    raise no_such_verb(verb, list(BODIES))
