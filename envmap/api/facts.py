"""What happened since: the same facts that open maps get, for scripts that ask."""

from typing import Any

from ninja import Router
from pydantic import Field

from envmap.live import queries

from . import params, shapes_work
from .door import Asking, get
from .params import LIMIT, MOST, Query

router = Router(tags=["live"])


class FactQuery(Query):
    """Where to continue."""

    since: int | None = Field(None, ge=0, le=2**63 - 1, description="A `seq` or `head` that was given out.")
    limit: int = Field(LIMIT, ge=1, le=MOST)


@get(
    router,
    "/events",
    answers={200: shapes_work.Facts},
    summary="Facts since",
    query=FactQuery,
    public=True,
    refusals=frozenset({410}),
    operation_id="list_facts",
)
def events(request: Asking) -> Any:
    """Without `since` the head alone. With it what the asker may see, ascending; empty `items` mean caught up."""
    query = params.read(request, FactQuery)
    found = queries.facts_since(request.asker, query.since, query.limit)
    return {"items": found.items, "head": found.head}
