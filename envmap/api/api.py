"""REST v1: the one NinjaAPI."""

from ninja import NinjaAPI

api = NinjaAPI(
    title="envmap",
    version="1",
    urls_namespace="api",
    docs_url=None,
    openapi_url="openapi.json",
)
