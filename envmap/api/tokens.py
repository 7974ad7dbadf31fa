"""Who asks, and the tokens that scripts ask with."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from envmap.accounts import actions, payloads, queries
from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core.errors import BadInput, NotVisible
from layers.sensors import queries as sensors

from . import bodies, params, shapes
from .answers import address, respond
from .bodies import Body
from .door import Asking, delete, get, post
from .paging import listed, newest_first, page
from .params import Paged
from .repeat import require_writing

router = Router(tags=["me and tokens"])
NEWEST = newest_first("tokens", "created_at")


class TokenBody(Body):
    """A token of one's own with `read` and `write`, or a station's with `ingest`."""

    model_config = {"json_schema_extra": {"example": {"name": "night report", "scopes": ["read"]}}}
    name: str = Field(max_length=100)
    scopes: list[str] = Field(min_length=1, max_length=3, examples=[["read", "write"]])
    station: str | None = Field(
        None, max_length=40, description="The MN of a station: a token that writes its readings."
    )


@get(router, "/me", answers={200: shapes.Me}, summary="Who is asking")
def me(request: Asking) -> Any:
    """The person behind session or token, in the membership that it has, with the rights that it is narrowed to."""
    asker = request.asker
    return payloads.me_payload(asker, queries.memberships_of(asker))


@get(
    router,
    "/tokens",
    answers={200: shapes.Listed[shapes.Token]},
    summary="Tokens that are valid",
    query=Paged,
    operation_id="list_tokens",
)
def tokens(request: Asking) -> Any:
    """One's own, and those of stations for whoever may make them; newest first."""
    query = params.read(request, Paged)
    found = page(queries.tokens_of(request.asker), NEWEST, query)
    return listed(found, [payloads.token_payload(token) for token in found.rows])


@post(
    router,
    "/tokens",
    answers={201: shapes.NewToken},
    summary="Make a token",
    body=TokenBody,
    basic=True,
    refusals=frozenset({429}),
)
def make_token(request: Asking) -> HttpResponse:
    """Takes HTTP Basic credentials or a session. The token is shown this once. With `station` it is a station's."""
    asker = request.asker
    asker.require_signed_in()
    require_writing(asker)
    said = bodies.loosely(request)
    asker.require(May.EDIT_STATIONS if said.get("station") is not None else May.OWN_TOKENS)
    body = bodies.checked(bodies.strictly(request), TokenBody)
    if body.station is not None:
        _require_station(asker, body.station)
    token, secret = actions.make_token(by=asker, name=body.name, scopes=body.scopes, station=body.station)
    made = {"id": token.pk, "name": token.name, "token": secret, "scopes": list(token.scopes), "station": token.station}
    return respond(made, status=201, location=address("tokens", token.pk))


def _require_station(asker: Asker, mn: str) -> None:
    """The station of a token is there. Raises BadInput."""
    try:
        sensors.station_of(asker, mn)
    except NotVisible as refusal:
        raise BadInput(refusal.detail, [{"field": "station", "detail": refusal.detail}]) from None


def _token(request: Asking, id: int) -> Any:
    """One of the tokens that the asker may list. Raises NotVisible."""
    token = queries.tokens_of(request.asker).filter(pk=id).first()
    if token is None:
        raise NotVisible(_("There is no such token."))
    return token


@get(router, "/tokens/{int:id}", answers={200: shapes.Token}, summary="One token", operation_id="get_token")
def token(request: Asking, id: int) -> Any:
    """Without its secret."""
    return payloads.token_payload(_token(request, id))


@delete(router, "/tokens/{int:id}", answers={204: None}, summary="End a token", operation_id="revoke_token")
def revoke(request: Asking, id: int) -> HttpResponse:
    """It is dead at once."""
    _token(request, id)
    require_writing(request.asker)
    actions.revoke_token(by=request.asker, token_id=id)
    return HttpResponse(status=204)
