"""How a request that changes something runs, in the one order of refusals: replay, 409, 412, 422, then the deed."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import Scope
from envmap.core import idempotency
from envmap.core.errors import EnvmapError, NotAllowed, StaleVersion
from envmap.core.idempotency import Reply

from . import bodies
from .answers import JSON, plain, respond
from .bodies import Body

B = TypeVar("B", bound=Body)
REPLAYED = "Idempotent-Replay"


def require_writing(asker: Asker) -> None:
    """A token that only reads changes nothing, whatever its role may. Raises NotAllowed."""
    if Scope.WRITE not in asker.scopes:
        raise NotAllowed(_("This token's scopes do not allow this (%(what)s).") % {"what": "write"})


def uuid_in(said: dict[str, Any]) -> UUID | None:
    """The client_uuid that a body names, if it is one."""
    try:
        return UUID(said["client_uuid"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def require_version(said: dict[str, Any], newest: int | None) -> None:
    """`"version"` of a body, where it is given, is the newest. Raises StaleVersion."""
    given = said.get("version")
    if newest is not None and isinstance(given, int) and not isinstance(given, bool) and given != newest:
        raise StaleVersion(
            _("This was version %(given)d; the newest is %(newest)d. Read it again before you go on.")
            % {"given": given, "newest": newest}
        )


def change(
    request: HttpRequest,
    model: type[B],
    act: Callable[[B], Reply],
    *,
    state: Callable[[dict[str, Any]], None] | None = None,
    version: int | None = None,
    types: tuple[str, ...] = (JSON,),
    parse: Callable[[dict[str, Any]], Any] | None = None,
    dress: Callable[[HttpResponse, Any], None] | None = None,
) -> HttpResponse:
    """Judges what was said and acts once.

    `state` raises WrongState from the body read loosely; `version` is the thing's newest; `act` makes the answer from
    the body read strictly and may raise any of our refusals; `parse` reads it in place of `model` where the room below
    checks a document whole; `dress` adds headers, to a repeat's answer too.
    What 401, 404 and 403 are about has been asked before.
    """
    asker: Asker = request.asker  # type: ignore[attr-defined]
    require_writing(asker)
    said = bodies.loosely(request)

    def judge_and_act(run: Callable[[Callable[[], Reply]], Reply]) -> Reply:
        if state is not None:
            state(said)
        require_version(said, version)
        strict = bodies.strictly(request, types)
        body = parse(strict) if parse is not None else bodies.checked(strict, model)
        return run(lambda: act(body))

    fingerprint = idempotency.fingerprint(bodies.raw_body(request))
    return finish(answer_once(request, uuid_in(said), fingerprint, judge_and_act), dress)


def answer_once(
    request: HttpRequest,
    client_uuid: UUID | None,
    fingerprint: str,
    judge_and_act: Callable[[Callable[[Callable[[], Reply]], Reply]], Reply],
) -> Reply:
    """The stored answer of an earlier request of this client_uuid, else that of this one."""
    user_id = request.asker.user_id  # type: ignore[attr-defined]
    if client_uuid is None or user_id is None:
        return judge_and_act(lambda act: _stored(act()))
    path = request.path[:300]

    def earlier() -> Reply | None:
        return idempotency.replayed(user_id, client_uuid, path=path, body_hash=fingerprint)

    def once(act: Callable[[], Reply]) -> Reply:
        return idempotency.once(user_id, client_uuid, path=path, body_hash=fingerprint, act=lambda: _stored(act()))

    found = earlier()
    if found is not None:
        return found
    try:
        return judge_and_act(once)
    except EnvmapError:
        # The same request sent twice at once: the first one has committed between our look and our judgement.
        found = earlier()
        if found is not None:
            return found
        raise


def _stored(reply: Reply) -> Reply:
    """The answer with JSON values only, as the table of answers keeps it."""
    return Reply(reply.status, plain(reply.body), reply.location)


def finish(reply: Reply, dress: Callable[[HttpResponse, Any], None] | None = None) -> HttpResponse:
    """The HTTP answer."""
    response = respond(reply.body, status=reply.status, location=reply.location)
    if reply.is_replay:
        response[REPLAYED] = "true"
    if dress is not None:
        dress(response, reply.body)
    return response
