"""The answers of /tiles/ to what is refused there: problem+json, by the one table in `errors`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from envmap.core.errors import EnvmapError

from .errors import method_not_allowed, refused

BELOW = "/tiles/"


class ProblemsOfTiles:
    """Turns a refusal that leaves a view below /tiles/ into problem+json."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and request.path.startswith(BELOW):
            return method_not_allowed(request, response["Allow"].split(", "))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django when a view raises."""
        if isinstance(error, EnvmapError) and request.path.startswith(BELOW):
            return refused(request, error)
        return None
