"""Puts the asker on every request: `request.asker`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from . import queries


class AskerMiddleware:
    """Session or Bearer token → Asker. Lazy: a public tile that asks nobody costs no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.asker = SimpleLazyObject(lambda: queries.asker_of(request))  # type: ignore[attr-defined]
        if request.headers.get("Authorization", "").startswith("Bearer "):
            # A browser never sends a token by itself, so a forged form cannot either.
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return self.get_response(request)
