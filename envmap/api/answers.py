"""What goes out: JSON with plain numbers, addresses for `Location`, headers that every answer has."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise

from envmap.core import clock

JSON = "application/json"
GEOJSON = "application/geo+json"


class Encoder(json.JSONEncoder):
    """Decimals become plain numbers, instants RFC 3339 in +08:00, lazy texts the asker's language."""

    def default(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() else float(value)
        if isinstance(value, datetime):
            return clock.rfc3339(value)
        if isinstance(value, Promise | UUID):
            return str(value)
        return super().default(value)


def dumps(body: Any) -> str:
    """Compact JSON text; a NaN is a mistake of ours and raises."""
    return json.dumps(body, cls=Encoder, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def plain(body: Any) -> Any:
    """The body as JSON values only, as it is stored for a repeat."""
    return json.loads(dumps(body))


def respond(body: Any, *, status: int = 200, content_type: str = JSON, location: str = "") -> HttpResponse:
    """An answer with a JSON body."""
    response = HttpResponse(dumps(body), status=status, content_type=content_type)
    if location:
        response["Location"] = location
    return response


def address(*parts: object) -> str:
    """The path of a resource below the API's root: `address("orders", number)`."""
    return reverse("api:api-root") + "/".join(str(part) for part in parts)
