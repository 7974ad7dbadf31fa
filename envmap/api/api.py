"""REST v1: the one NinjaAPI, its handlers and its addresses."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.openapi.urls import get_root_url

from . import (
    alarms,
    attachments,
    docs,
    errors,
    facts,
    features,
    issues,
    layers,
    orders,
    people,
    rules,
    search,
    stations,
    statistics,
    tokens,
)

DESCRIPTION = """One shared map from a monitor's frame to a closed order, for scripts. Guide with examples: docs/interfaces.md.

Times are RFC 3339 with offset; positions are EPSG:4326, longitude first; particulates are mg/m³.
Lists are pages: follow `next` as `cursor`. Refusals are RFC 9457 problem+json. A request with a `client_uuid` can be sent again without harm."""


class EnvmapAPI(NinjaAPI):
    """ninja's routing with our answers to whatever ninja would answer by itself."""

    def set_default_exception_handlers(self) -> None:
        for kind, handler in errors.HANDLERS.items():
            self.add_exception_handler(kind, handler)  # type: ignore[arg-type]

    def _get_urls(self) -> list[Any]:
        routes: list[URLPattern] = [
            path("openapi.json", docs.openapi, name="openapi-json"),
            path("docs", docs.page, name="docs"),
        ]
        for bound in self._get_bound_routers():
            routes.extend(bound.urls_paths(bound.prefix))
        served = [_guarded(route) for route in routes]
        # ninja names the root, which addresses are built from; nothing is served there.
        root = get_root_url(self)
        root.callback = csrf_exempt(errors.no_such_address)
        return [*served, root, re_path(r"", csrf_exempt(errors.no_such_address))]


def _guarded(route: URLPattern) -> URLPattern:
    """The route with HEAD where there is GET, our 405, and no copy of an answer in any cache."""
    inner: Callable[..., HttpResponseBase] = route.callback
    public = route.name in {"openapi-json", "docs"}

    @csrf_exempt
    def view(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        if public and request.method not in {"GET", "HEAD"}:
            return errors.method_not_allowed(request, ["GET", "HEAD"])
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        response = inner(request, *args, **parts)
        if response.status_code == 405 and not response.get("Content-Type", "").startswith(errors.CONTENT_TYPE):
            allowed = sorted(set(response["Allow"].split(", ")) | ({"HEAD"} if "GET" in response["Allow"] else set()))
            response = errors.method_not_allowed(request, allowed)
        if head and isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        elif head and isinstance(response, StreamingHttpResponse):
            response.streaming_content = iter(())  # its length stands in its header already
        response.headers.setdefault("Cache-Control", "no-cache" if public else "no-store")
        return response

    route.callback = view
    return route


api = EnvmapAPI(
    title="envmap 翔安环保一张图",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
)
for module in (
    tokens,
    people,
    layers,
    features,
    stations,
    rules,
    alarms,
    issues,
    orders,
    attachments,
    statistics,
    search,
    facts,
):
    api.add_router("", module.router)
