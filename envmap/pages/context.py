"""What every page's shell needs."""

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    """The asker, for navigation and the sign-out button."""
    return {"asker": getattr(request, "asker", None)}
