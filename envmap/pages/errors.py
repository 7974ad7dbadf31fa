"""Refusals as pages: a sentence and the ways out; and the pages for 400, 403, 404 and 500."""

import logging
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from envmap.core import errors
from envmap.core.statuses import status_of

log = logging.getLogger("envmap.pages")


def sign_in_first(request: HttpRequest) -> HttpResponseRedirect:
    """Sends a visitor to sign in and back again; after a POST back to the page, whose form cannot be repeated."""
    return HttpResponseRedirect(f"/signin/?next={quote(request.get_full_path(), safe='/?=&')}")


def refusal(request: HttpRequest, error: errors.EnvmapError) -> HttpResponse:
    """The page that says a refusal in a sentence; a visitor who has to sign in is led there."""
    if isinstance(error, errors.NotSignedIn):
        return sign_in_first(request)
    return error_page(request, status_of(error), error.detail)


def error_page(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """One sentence, and the ways out."""
    titles = {
        400: _("This request was not understood"),
        403: _("This is not open to you"),
        404: _("Nothing is here"),
        409: _("This has changed meanwhile"),
        412: _("This has changed meanwhile"),
    }
    return render(
        request,
        "pages/error.html",
        {"status": status, "headline": titles.get(status, _("This did not work")), "detail": detail},
        status=status,
    )


def _for_machines(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse | None:
    """Below the machine doors an unknown address is answered as a problem document (RFC 9457)."""
    if not request.path.startswith(("/api/", "/tiles/", "/ogc/", "/sta/")):
        return None
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    detail = _("The address or the form is broken. Go back and try again.")
    return _for_machines(request, 400, "Bad Request", detail) or error_page(request, 400, detail)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    detail = _("Your role does not open this page.")
    return _for_machines(request, 403, "Forbidden", detail) or error_page(request, 403, detail)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: it is not there, or the asker may not know that it is."""
    detail = _("There is no such page, or it is not for you to see.")
    return _for_machines(request, 404, "Not Found", detail) or error_page(request, 404, detail)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without the shell, because the shell may be what failed."""
    detail = _("The server made a mistake; it has been written down. Nothing of this request was kept.")
    return _for_machines(request, 500, "Internal Server Error", detail) or render(
        None, "pages/500.html", {"detail": detail, "headline": _("This did not work")}, status=500
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token: mostly one that stood open over a sign-in, or a browser without cookies."""
    log.info("A form was refused: %s", reason)
    detail = _(
        "This form has expired, or your browser keeps no cookies. Go back, load the page again and send it once more."
    )
    return _for_machines(request, 403, "Forbidden", detail) or error_page(request, 403, detail)
