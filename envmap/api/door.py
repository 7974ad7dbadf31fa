"""The door of every operation: who asks, with which scopes, and what the document says of it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel

from envmap.accounts import queries, signin
from envmap.accounts.asker import Asker
from envmap.core.errors import NotAllowed, NotSignedIn, NotVisible

from . import params
from .answers import JSON, respond
from .bodies import Body


class Asking(HttpRequest):
    """A request that has passed the door."""

    asker: Asker
    takes_basic: bool


@dataclass(frozen=True)
class Spec:
    """What an operation takes and gives, for the document and for the door."""

    operation_id: str
    query: type[params.Query] | None = None
    body: type[Body] | None = None
    types: tuple[str, ...] = (JSON,)
    upload: type[BaseModel] | None = None
    public: bool = False
    basic: bool = False
    refusals: frozenset[int] = frozenset()
    headers: dict[str, str] = field(default_factory=dict)  # of the answer: name → what it says
    if_match: bool = False
    answer_type: str = JSON
    binary: bool = False
    repeatable: bool = False


SPECS: dict[str, Spec] = {}
"""By operation id."""


class _Csrf(CsrfViewMiddleware):
    """Django's check with our own refusal."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def require_csrf(request: HttpRequest) -> None:
    """A browser sends its session by itself, so a session's request proves that our page made it. Raises NotAllowed."""
    check = _Csrf(lambda _request: None)  # type: ignore[arg-type, return-value]
    check.process_request(request)
    if check.process_view(request, None, (), {}):  # type: ignore[arg-type]
        raise NotAllowed(
            _("A request of a session needs the header X-CSRFToken with the value of the cookie csrftoken.")
        )


def authenticate(request: HttpRequest, spec: Spec) -> Asker:
    """Who asks. Raises NotSignedIn, Throttled, and NotAllowed without CSRF token."""
    header = request.headers.get("Authorization", "")
    scheme, _space, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        return queries.asker_with_token(credentials.strip())
    if scheme.lower() == "basic" and spec.basic:
        return signin.check_basic(request)
    if header:
        raise NotSignedIn(
            _("Send a token as “Authorization: Bearer …”; a name and password are taken by POST /api/v1/tokens alone.")
        )
    asker = queries.asker_of(request)
    if asker.signed_in and request.method not in queries.READING:
        require_same_person(request, asker)
        require_csrf(request)
    return asker


def require_same_person(request: HttpRequest, asker: Asker) -> None:
    """What a phone has kept belongs to whoever made it: `X-Envmap-Person`, where it is sent, names that person's username
    (percent-encoded). Raises NotSignedIn where somebody else's session would do it.
    """
    said = request.headers.get("X-Envmap-Person")
    if said is not None and unquote(said) != asker.username:
        raise NotSignedIn(_("Somebody else is signed in here now; this waits for the person who made it."))


def admit(request: HttpRequest, spec: Spec) -> Asker:
    """The asker, let in as far as this operation lets anybody in. Raises NotSignedIn, NotAllowed, NotVisible."""
    request.takes_basic = spec.basic  # type: ignore[attr-defined]
    asker = authenticate(request, spec)
    request.asker = asker  # type: ignore[attr-defined]
    if not spec.public and not asker.signed_in:
        raise NotSignedIn(_("Sign in first, or send a token."))
    if "\x00" in request.path:
        raise NotVisible(_("There is nothing at this address; /api/v1/docs lists what there is."))
    if request.method in queries.READING:
        asker.require_reading()
    return asker


def operation(
    method: str,
    router: Router,
    path: str,
    *,
    answers: dict[int, Any],
    summary: str,
    operation_id: str = "",
    hidden: bool = False,
    **more: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a view `(request, **path)`; what it returns is the body of a 200, or a whole response.

    `more` are the fields of Spec. Query parameters are read by the view itself (`params.read`) once it has asked the
    rules, because 401, 404 and 403 come before; where none are declared, none are taken.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        spec = Spec(operation_id=operation_id or view.__name__, **more)
        assert hidden or spec.operation_id not in SPECS, spec.operation_id

        @functools.wraps(view)
        def opened(request: HttpRequest, **path_parts: Any) -> HttpResponseBase:
            admit(request, spec)
            if spec.query is None:
                params.read(request, params.Query)
            result = view(request, **path_parts)
            return result if isinstance(result, HttpResponseBase) else respond(result, content_type=spec.answer_type)

        router.api_operation(
            method.split(),
            path,
            response=answers,
            operation_id=spec.operation_id,
            summary=summary,
            description=view.__doc__,
            by_alias=True,
            include_in_schema=not hidden,
        )(opened)
        if not hidden:
            SPECS[spec.operation_id] = spec
        return opened

    return register


get = functools.partial(operation, "GET")
post = functools.partial(operation, "POST")
patch = functools.partial(operation, "PATCH")
delete = functools.partial(operation, "DELETE")
