"""Alarm rules."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from envmap.accounts.asker import Asker
from envmap.accounts.roles import ROLE_NAMES, May
from envmap.core.errors import NotAllowed
from envmap.core.idempotency import Reply
from layers.sensors import actions, payloads, queries

from . import choices, filters, params, shapes, shapes_sensing
from .answers import address
from .bodies import Body, unsaid
from .door import Asking, delete, get, patch, post
from .layers import given
from .paging import Key, Ordering, listed, page
from .params import Paged
from .repeat import change, require_writing

router = Router(tags=["rules and alarms"])
NEWEST = Ordering("rules", (Key("pk", "int", descending=True),))


class RuleQuery(Paged):
    """Filters of rules."""

    factor: str | None = Field(None, max_length=40)
    station: str | None = Field(None, max_length=40, description="An MN.")
    layer: str | None = Field(None, max_length=64, description="Rules for the layer and for its features.")


class RuleChanges(Body):
    """What of a rule can be changed."""

    name: str = unsaid()
    scope: dict[str, str] = unsaid(
        description='`{"layer": key}`, `{"layer": key, "feature": code}` or `{"station": mn}`.',
        examples=[{"layer": "dust-sites"}],
    )
    factor: str = unsaid()
    kind: choices.Kind = unsaid()
    condition: dict[str, Any] = unsaid(
        description="`above`, `for_minutes` (0) and `clear_below` (`above`), in the factor's unit.",
        examples=[{"above": 0.15, "for_minutes": 0, "clear_below": 0.13}],
    )
    severity: choices.Severity = unsaid()
    enabled: bool = unsaid()
    auto_issue: bool = unsaid(description="An alarm of it opens an issue.")


class RuleBody(RuleChanges):
    """A new rule."""

    name: str
    scope: dict[str, str] = Field(examples=[{"layer": "dust-sites"}])
    factor: str
    kind: choices.Kind
    condition: dict[str, Any] = Field(examples=[{"above": 0.15, "for_minutes": 0, "clear_below": 0.13}])
    severity: choices.Severity


def require_seeing(asker: Asker) -> None:
    """Rules are the bureau's own business. Raises NotAllowed."""
    if not asker.may(May.SEE_BUREAU):
        raise NotAllowed(_("The role %(role)s does not see rules.") % {"role": ROLE_NAMES[asker.role]})


@get(
    router,
    "/rules",
    answers={200: shapes.Listed[shapes_sensing.Rule]},
    summary="Rules",
    query=RuleQuery,
    operation_id="list_rules",
)
def rules(request: Asking) -> Any:
    """Newest first; for officer, supervisor and administrator."""
    require_seeing(request.asker)
    query = params.read(request, RuleQuery)
    filters.layer(request.asker, query.layer)
    filters.station(request.asker, query.station)
    filters.factor(query.factor)
    rows = queries.rules(request.asker, factor=query.factor, station=query.station, layer=query.layer)
    found = page(rows, NEWEST, query)
    return listed(found, [payloads.rule_payload(rule) for rule in found.rows])


@post(router, "/rules", answers={201: shapes_sensing.Rule}, summary="Make a rule", body=RuleBody)
def make_rule(request: Asking) -> HttpResponse:
    """By an officer or administrator; it judges from the next reading on."""
    request.asker.require(May.EDIT_RULES)

    def act(body: RuleBody) -> Reply:
        made = actions.make_rule(by=request.asker, **given(body))
        return Reply(201, payloads.rule_payload(queries.rule_of(request.asker, made.pk)), address("rules", made.pk))

    return change(request, RuleBody, act)


@get(router, "/rules/{int:id}", answers={200: shapes_sensing.Rule}, summary="One rule", operation_id="get_rule")
def rule(request: Asking, id: int) -> Any:
    """By its id."""
    return payloads.rule_payload(queries.rule_of(request.asker, id))


@patch(
    router,
    "/rules/{int:id}",
    answers={200: shapes_sensing.Rule},
    summary="Change a rule",
    body=RuleChanges,
    types=("application/json", "application/merge-patch+json"),
)
def update_rule(request: Asking, id: int) -> HttpResponse:
    """Where it watches something else from now on, its open alarms are cleared."""
    queries.rule_of(request.asker, id)
    request.asker.require(May.EDIT_RULES)

    def act(body: RuleChanges) -> Reply:
        actions.update_rule(by=request.asker, rule_id=id, **given(body))
        return Reply(200, payloads.rule_payload(queries.rule_of(request.asker, id)))

    return change(request, RuleChanges, act, types=("application/json", "application/merge-patch+json"))


@delete(router, "/rules/{int:id}", answers={204: None}, summary="Delete a rule", operation_id="delete_rule")
def remove_rule(request: Asking, id: int) -> HttpResponse:
    """It judges no more; its alarms are cleared and stay on record."""
    queries.rule_of(request.asker, id)
    request.asker.require(May.EDIT_RULES)
    require_writing(request.asker)
    actions.delete_rule(by=request.asker, rule_id=id)
    return HttpResponse(status=204)
