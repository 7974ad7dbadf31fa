"""Searching over everything that the asker may see."""

from typing import Any

from ninja import Router, Schema
from pydantic import Field

from envmap.search import queries
from layers.catalogue.payloads import geojson

from . import params, shapes
from .door import Asking, get
from .params import Query
from .shapes import Point

router = Router(tags=["search"])


class SearchQuery(Query):
    """What is looked for."""

    q: str = Field(..., max_length=200, description="Parts of codes, names, addresses, first letters of readings; or coordinates.")  # fmt: skip
    limit: int = Field(20, ge=1, le=50, description="At most so many of each kind.")


class Found(Schema):
    """One thing that fits, best first within its kind."""

    kind: queries.Kind
    title: str
    subtitle: str
    layer: str | None
    feature_id: int | None
    number: str | None
    mn: str | None
    location: Point | None
    url: str = Field(..., description="Its page of this instance.")


@get(
    router,
    "/search",
    answers={200: shapes.Listed[Found]},
    summary="Search",
    query=SearchQuery,
    public=True,
    operation_id="search",
)
def search(request: Asking) -> Any:
    """Features, orders, issues, stations and places; Chinese substrings of one character and more. Not paged: `next` is null."""
    query = params.read(request, SearchQuery)
    items = [
        {
            "kind": one.kind,
            "title": one.title,
            "subtitle": one.subtitle,
            "layer": one.layer,
            "feature_id": one.feature_id,
            "number": one.number,
            "mn": one.mn,
            "location": geojson(one.location) if one.location else None,
            "url": one.url,
        }
        for one in queries.search(request.asker, query.q, limit=query.limit)
    ]
    return {"items": items, "next": None}
