"""Where refusals become HTTP: the title of each, and one form of answer (RFC 9457 problem+json)."""

import json
import logging
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import ValidationError as NinjaValidationError

from envmap.core import errors
from envmap.core.errors import EnvmapError, FieldError
from envmap.core.statuses import STATUS

logger = logging.getLogger("envmap.api")

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:envmap:problem:{}"

TABLE: dict[type[EnvmapError], tuple[int, str, object]] = {
    errors.BadQuery: (STATUS[errors.BadQuery], "bad-query", gettext_lazy("This parameter is not understood")),
    errors.NotSignedIn: (STATUS[errors.NotSignedIn], "not-signed-in", gettext_lazy("Credentials are needed")),
    errors.NotAllowed: (STATUS[errors.NotAllowed], "not-allowed", gettext_lazy("This is not allowed")),
    errors.NotVisible: (STATUS[errors.NotVisible], "not-found", gettext_lazy("Not found")),
    errors.WrongState: (STATUS[errors.WrongState], "wrong-state", gettext_lazy("Not from this state")),
    errors.Conflict: (STATUS[errors.Conflict], "conflict", gettext_lazy("This is there already")),
    errors.Gone: (STATUS[errors.Gone], "gone", gettext_lazy("No longer kept")),
    errors.StaleVersion: (STATUS[errors.StaleVersion], "stale-version", gettext_lazy("This version is not the newest")),
    errors.TooLarge: (STATUS[errors.TooLarge], "too-large", gettext_lazy("This is too large")),
    errors.UnknownKind: (STATUS[errors.UnknownKind], "unknown-kind", gettext_lazy("This type is not taken")),
    errors.BadInput: (STATUS[errors.BadInput], "bad-input", gettext_lazy("The input is not what was expected")),
    errors.VersionMissing: (STATUS[errors.VersionMissing], "version-missing", gettext_lazy("A version is needed")),
    errors.Throttled: (STATUS[errors.Throttled], "throttled", gettext_lazy("Too many attempts")),
}
"""Error → status (from the one table), last word of the problem's type, title."""
METHOD = (405, "method-not-allowed", gettext_lazy("This method is not served here"))
BROKEN = (400, "broken-request", gettext_lazy("The request is broken"))
UNAVAILABLE = (503, "unavailable", gettext_lazy("Not available just now"))
INTERNAL = (500, "internal", gettext_lazy("Something went wrong here"))


def entry(error: type[EnvmapError]) -> tuple[int, str, object]:
    """The table's row of an error, or of the nearest of its bases."""
    for base in error.__mro__:
        if base in TABLE:
            return TABLE[base]
    return INTERNAL


def problem(
    row: tuple[int, str, object],
    detail: str,
    *,
    places: Sequence[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """A problem+json answer; `detail` is a sentence for a person, `places` are its `errors`."""
    status, name, title = row
    body = {
        "type": TYPE.format(name),
        "title": str(title),
        "status": status,
        "detail": str(detail),
        "errors": [{k: str(v) if k == "detail" else v for k, v in place.items()} for place in places],
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE, headers=headers)


def challenge(request: HttpRequest) -> str:
    """What a 401 names as ways in: Basic where a token is made, Bearer everywhere."""
    bearer = 'Bearer realm="envmap"'
    if request.headers.get("Authorization", "").lower().startswith("bearer"):
        bearer += ', error="invalid_token"'
    if getattr(request, "takes_basic", False):
        return f'Basic realm="envmap", charset="UTF-8", {bearer}'
    return bearer


def refused(request: HttpRequest, error: EnvmapError) -> HttpResponse:
    """The answer to one of our own refusals."""
    headers = {}
    if isinstance(error, errors.NotSignedIn):
        headers["WWW-Authenticate"] = challenge(request)
    if isinstance(error, errors.Throttled):
        headers["Retry-After"] = str(max(1, int(error.retry_after)))
    return problem(entry(type(error)), error.detail, places=error.errors, headers=headers)


def no_such_address(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """The answer below /api/v1/ where nothing is."""
    return problem(TABLE[errors.NotVisible], _("There is nothing at this address; /api/v1/docs lists what there is."))


def method_not_allowed(request: HttpRequest, allowed: Sequence[str]) -> HttpResponse:
    """405 with `Allow`."""
    methods = ", ".join(allowed)
    sentence = _("%(method)s is not served here; %(allowed)s is.") % {"method": request.method, "allowed": methods}
    return problem(METHOD, sentence, headers={"Allow": methods})


def too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    """A body above Django's limit, met while it was read."""
    return problem(TABLE[errors.TooLarge], _("The body is larger than what is taken here."))


def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A request that cannot be read: cut off, malformed multipart, too many fields."""
    return problem(BROKEN, _("The request could not be read to its end; send it again whole."))


def forbidden(request: HttpRequest, error: Exception) -> HttpResponse:
    """Django's own refusal."""
    return problem(TABLE[errors.NotAllowed], _("This is not allowed."))


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database does not answer: the client may try again."""
    logger.error("%s %s: the database did not answer", request.method, request.path, exc_info=error)
    return problem(
        UNAVAILABLE, _("The database does not answer just now; try again in a moment."), headers={"Retry-After": "5"}
    )


def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Whatever nobody expected: the cause goes to the log, none of it to the client."""
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(INTERNAL, _("Something went wrong here; it has been written to the log. Nothing was half kept."))


HANDLERS = {
    EnvmapError: refused,
    Http404: no_such_address,
    NinjaValidationError: no_such_address,  # only a path is left to ninja: one that does not fit is no address
    RequestDataTooBig: too_large,
    SuspiciousOperation: broken,
    MultiPartParserError: broken,
    UnreadablePostError: broken,
    RawPostDataException: broken,
    PermissionDenied: forbidden,
    OperationalError: unavailable,
    Exception: failed,
}
