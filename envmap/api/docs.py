"""The document and the page on which it can be browsed, both public and without any outside host."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from . import document
from .answers import JSON


@cache
def document_bytes() -> bytes:
    """The OpenAPI document as it is served and committed: made once a process."""
    import json

    from .api import api

    return (json.dumps(document.build(api), ensure_ascii=False, indent=1) + "\n").encode()


def openapi(request: HttpRequest) -> HttpResponse:
    """`/api/v1/openapi.json`."""
    return HttpResponse(document_bytes(), content_type=JSON)


@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """`/api/v1/docs`."""
    return render(request, "api/docs.html")
