"""Issues: problems that somebody should look at, and categories."""

from typing import Any

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core.idempotency import Reply
from tasks.issues import actions, payloads, queries, rules
from tasks.orders import actions as orders
from tasks.orders import payloads as order_payloads

from . import choices, filters, params, shapes, shapes_work
from .answers import address
from .bodies import Instant, Repeatable
from .door import Asking, get, operation, post
from .paging import Key, Ordering, listed, newest_first, page
from .params import Paged, Period
from .repeat import change
from .work import BY_SEQ, Verb, VerbWithNote, arguments, no_such_verb, require_work

router = Router(tags=["issues"])
NEWEST = newest_first("issues", "opened_at")
BY_CODE = Ordering("categories", (Key("code", "str"),))


class CategoryQuery(Paged):
    """Filters of categories."""

    layer: str | None = Field(None, max_length=64)


class IssueQuery(Paged, Period):
    """Filters of issues; `from` and `to` are about `opened_at`."""

    state: choices.IssueStateName | None = None
    layer: str | None = Field(None, max_length=64)
    feature: str | None = Field(None, max_length=64, description="A feature's code; needs `layer`.")
    station: str | None = Field(None, max_length=40, description="An MN: issues with an alarm of it.")
    category: str | None = Field(None, max_length=20, description="A code; a parent takes its children along.")
    source: choices.SourceName | None = None
    severity: choices.Severity | None = None


class IssueBody(Repeatable):
    """About a feature (`layer` and `feature`) or a place (`location`): one of them."""

    model_config = {
        "json_schema_extra": {
            "example": {"title": "Uncovered soil at the gate", "layer": "dust-sites", "feature": "DS-0001"}
        }
    }
    title: str = Field(max_length=200)
    category: str | None = Field(None, description="A code of the second level.")
    severity: choices.Severity | None = Field(None, description="The category's unless given.")
    description: str | None = None
    layer: str | None = None
    feature: str | None = Field(None, description="A feature's code.")
    location: shapes.Point | None = None
    attachments: list[int] | None = Field(None, max_length=100)


class DispatchBody(Verb):
    """To which unit; the deadlines come from the category unless `report_by` is given."""

    model_config = {
        "json_schema_extra": {"example": {"department": "operator-water", "note": "Before the tide turns."}}
    }
    department: str = Field(description="A department's code.")
    assignee: str | None = Field(None, description="A username of that department.")
    report_by: Instant | None = None


@get(
    router,
    "/categories",
    answers={200: shapes.Listed[shapes_work.Category]},
    summary="Categories of issues",
    query=CategoryQuery,
    operation_id="list_categories",
)
def categories(request: Asking) -> Any:
    """Two levels, by code."""
    query = params.read(request, CategoryQuery)
    filters.layer(request.asker, query.layer)
    found = page(queries.categories(request.asker, layer=query.layer), BY_CODE, query)
    return listed(found, [payloads.category_payload(category) for category in found.rows])


def known_category(asker: Asker, code: str | None) -> None:
    """A category's code, if given. Raises BadQuery."""
    if code is not None and not queries.categories(asker).filter(code=code).exists():
        raise params.unknown(
            "category", code, queries.categories(asker).values_list("code", flat=True)[: filters.SHOWN]
        )


@get(
    router,
    "/issues",
    answers={200: shapes.Listed[shapes_work.Issue]},
    summary="Issues",
    query=IssueQuery,
    refusals=frozenset({404}),
    operation_id="list_issues",
)
def issues(request: Asking) -> Any:
    """All for officer and supervisor; for a unit those of its own orders and what one reported oneself. Newest first."""
    asker = request.asker
    require_work(asker)
    query = params.read(request, IssueQuery)
    filters.feature(asker, query.layer, query.feature)
    filters.station(asker, query.station)
    known_category(asker, query.category)
    start, end = query.bounds()
    rows = queries.issues(
        asker,
        state=query.state,
        layer=query.layer,
        feature=query.feature,
        station=query.station,
        category=query.category,
        source=query.source,
        severity=query.severity,
        start=start,
        end=end,
    )
    found = page(rows, NEWEST, query)
    return listed(found, [payloads.issue_payload(issue, asker) for issue in found.rows])


@post(
    router,
    "/issues",
    answers={201: shapes_work.Issue},
    summary="Report an issue",
    body=IssueBody,
    repeatable=True,
    refusals=frozenset({404}),
    operation_id="make_issue",
)
def make_issue(request: Asking) -> HttpResponse:
    """By officer, field team, manager and partner; it begins as `reported`, its `source` follows the role."""
    asker = request.asker
    require_work(asker)
    asker.require(May.REPORT_ISSUES)

    def act(body: IssueBody) -> Reply:
        made = actions.open_issue(by=asker, **body.model_dump(exclude_none=True, exclude={"client_uuid"}))
        return Reply(201, shown(asker, made.number), address("issues", made.number))

    return change(request, IssueBody, act)


def shown(asker: Asker, number: str) -> Any:
    """The payload of one issue."""
    return payloads.issue_payload(queries.issue_of(asker, number), asker)


@get(router, "/issues/{number}", answers={200: shapes_work.Issue}, summary="One issue", operation_id="get_issue")
def issue(request: Asking, number: str) -> Any:
    """With the alarms and orders behind it that the asker may see."""
    return shown(request.asker, number)


@get(
    router,
    "/issues/{number}/events",
    answers={200: shapes.Listed[shapes_work.Event]},
    summary="An issue's trail",
    query=Paged,
    operation_id="issue_events",
)
def events(request: Asking, number: str) -> Any:
    """Chained rows, the first one first."""
    found = queries.issue_of(request.asker, number)
    rows = page(queries.events_of(found), BY_SEQ, params.read(request, Paged))
    return listed(rows, payloads.issue_events_payload(found, rows.rows))


BODIES: dict[str, tuple[type[Verb], str]] = {
    "accept": (Verb, "File a reported issue. By an officer."),
    "reject": (VerbWithNote, "Close an issue that nobody is to act on, with the reason. By an officer."),
}
"""Verbs that answer with the issue."""


def _verb(verb: str, model: type[Verb], says: str) -> None:
    def view(request: Asking, number: str) -> HttpResponse:
        asker = request.asker
        found = queries.issue_of(asker, number)
        rules.require_may(asker, verb, found)

        def act(body: Any) -> Reply:
            actions.VERBS[verb](number, by=asker, **arguments(body))
            return Reply(200, shown(asker, number))

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
        f"/issues/{{number}}/{verb}",
        answers={200: shapes_work.Issue},
        summary=f"Issue: {verb}",
        body=model,
        repeatable=True,
        refusals=frozenset({412}),
        operation_id=f"issue_{verb}",
    )(view)


for _name, (_model, _says) in BODIES.items():
    _verb(_name, _model, _says)


@post(
    router,
    "/issues/{number}/dispatch",
    answers={201: shapes_work.Order},
    summary="Issue: dispatch",
    body=DispatchBody,
    repeatable=True,
    refusals=frozenset({412}),
    operation_id="issue_dispatch",
)
def dispatch(request: Asking, number: str) -> HttpResponse:
    """Make an order for a unit; an issue that is only reported is filed first. By an officer. Answers with the order."""
    asker = request.asker
    found = queries.issue_of(asker, number)
    rules.require_may(asker, "dispatch", found)

    def act(body: DispatchBody) -> Reply:
        order = orders.dispatch(number, by=asker, **arguments(body))
        return Reply(201, order_payloads.order_payload(order, asker), address("orders", order.number))

    return change(
        request,
        DispatchBody,
        act,
        state=lambda said: rules.require_state(asker, "dispatch", found, said),
        version=found.version,
    )


@operation("GET POST PUT PATCH DELETE", router, "/issues/{number}/{verb}", answers={404: None}, summary="", hidden=True)
def unknown_verb(request: Asking, number: str, verb: str) -> HttpResponse:
    """Whatever else somebody wants done with an issue."""
    queries.issue_of(request.asker, number)
    raise no_such_verb(verb, [*BODIES, "dispatch"])
