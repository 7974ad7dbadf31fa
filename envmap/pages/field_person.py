"""Whose a field page is: the phone keeps it for that person alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from .doors import asker_of

PERSON = "X-Envmap-Person"
"""Of an answer: whose page this is. Of a request to the API: whose deed this is, see `envmap.api.door`."""


def owned(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Names the person on a page, for static/js/field/worker.js."""

    @wraps(view)
    def named(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        asker = asker_of(request)
        if response.status_code == 200 and asker.signed_in:
            response[PERSON] = quote(asker.username, safe="")
        return response

    return named
