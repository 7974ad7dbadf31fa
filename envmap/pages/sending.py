"""A form is sent once: its hidden `client_uuid` makes a second press, a retry or the back button harmless."""

import hashlib
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from envmap.core.errors import BadInput, Conflict, EnvmapError, StaleVersion, WrongState
from envmap.core.idempotency import Reply, fingerprint, once, replayed
from envmap.core.statuses import status_of

from .doors import asker_of
from .forms import Form

NOT_CONTENT = {"csrfmiddlewaretoken", "client_uuid"}
SEE_OTHER = 303


def sent_body(request: HttpRequest) -> str:
    """A fingerprint of what was typed and chosen, whatever boundary the browser put between the parts."""
    parts = [
        f"{name}={value}"
        for name in sorted(request.POST)
        if name not in NOT_CONTENT
        for value in request.POST.getlist(name)
    ]
    for name in sorted(request.FILES):
        for upload in request.FILES.getlist(name):
            digest = hashlib.sha256()
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
            parts.append(f"{name}={digest.hexdigest()}")
    return fingerprint("\n".join(parts).encode())


def sent_uuid(request: HttpRequest) -> UUID:
    """The form's `client_uuid`; a form without a good one counts as a new one."""
    try:
        return UUID(request.POST.get("client_uuid", ""))
    except ValueError:
        return uuid4()


def answered_before(request: HttpRequest) -> HttpResponse | None:
    """The answer to an earlier sending of this very form, so that its uploads need not be stored again."""
    try:
        return _replay(request)
    except Conflict:  # said at the form by `send`
        return None


def _replay(request: HttpRequest) -> HttpResponse | None:
    """Raises Conflict where this form was sent before with other contents: the back button, and words changed."""
    try:
        reply = replayed(
            asker_of(request).user_id or 0, sent_uuid(request), path=request.path, body_hash=sent_body(request)
        )
    except Conflict:
        raise Conflict(
            _("This form was sent before with other words. Look at what is there now, and send these if still needed.")
        ) from None
    return see(reply.body["to"]) if reply else None


def see(address: str) -> HttpResponse:
    """303: the browser fetches the result, and loading it again sends nothing."""
    return HttpResponseRedirect(address, status=SEE_OTHER)


def send(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    """Runs `act`, which gives the address to go on at, once for this form; a repeat is led to the same address.

    Lets out whatever `act` raises, then nothing is kept; Conflict where this form was sent before with other contents.
    """
    before = _replay(request)
    if before is not None:
        return before
    reply = once(
        asker_of(request).user_id or 0,
        sent_uuid(request),
        path=request.path,
        body_hash=sent_body(request),
        act=lambda: Reply(SEE_OTHER, {"to": act()}),
    )
    return see(reply.body["to"])


AT_THE_FORM = (BadInput, Conflict, StaleVersion, WrongState)
"""Refusals that the person can answer: they stand at the form, with what was typed. All others are a page of their own."""


def bound(request: HttpRequest) -> dict[str, object]:
    """Arguments of a form for this request: what was sent on a POST, nothing otherwise."""
    return {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}


def submit(
    request: HttpRequest, form: Form, act: Callable[[], str], renamed: Mapping[str, str] | None = None
) -> tuple[HttpResponse | None, int]:
    """Sends a form that was posted.

    Gives the answer (303), or None and the status with which the page has to be shown again: the form then carries
    the refusal and what was typed. On a GET: None and 200.
    """
    if request.method != "POST":
        return None, 200
    if not form.is_valid():
        return None, 422
    try:
        return send(request, act), SEE_OTHER
    except EnvmapError as error:
        if not isinstance(error, AT_THE_FORM):
            raise
        form.refuse(error, renamed)
        return None, status_of(error)
