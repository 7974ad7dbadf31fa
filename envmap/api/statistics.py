"""Counts over what the asker sees."""

from typing import Any, Literal

from ninja import Router, Schema
from pydantic import Field

from envmap.statistics import queries
from layers.catalogue.queries import layer_of

from . import params, shapes
from .door import Asking, get
from .paging import Key, Ordering, page_of
from .params import Paged, Period
from .shapes import Time, when
from .shapes_map import ByCondition

router = Router(tags=["statistics"])
BY_KEY = Ordering("statistics", (Key("layer", "str"),))
By = Literal["condition", "department", "town", "day", "week", "month"]


class LayersQuery(Paged, Period):
    """The period of the orders' figures: the current calendar year unless given."""


class LayerQuery(Period):
    """The period, and what the rows are."""

    by: By = "condition"


class Row(Schema):
    """Things by condition, department or town; or alarms opened, orders filed and closed by day, week or month."""

    key: str | None
    label: str
    total: int
    by_condition: ByCondition | None = None
    alarms: int | None = None
    filed: int | None = None
    closed: int | None = None


class OrderFigures(Schema):
    """Orders on the layer."""

    open: int
    overdue: int
    due: int
    closed: int
    closed_on_time: int
    on_time_rate: float | None = Field(..., description="Percent of what was due; null when nothing was.")


class LayerStatistics(Schema):
    """What is there now, each thing once, and what became of the orders that were due in the period."""

    layer: str
    label: str
    from_: Time = Field(..., serialization_alias="from", json_schema_extra={"format": "date-time"})
    to: Time = when()
    by: By
    total: int
    by_condition: ByCondition
    rows: list[Row]
    orders: OrderFigures


@get(
    router,
    "/statistics/layers",
    answers={200: shapes.Listed[LayerStatistics]},
    summary="Statistics of all layers",
    query=LayersQuery,
    operation_id="layers_statistics",
)
def layers(request: Asking) -> Any:
    """By condition, of the features that the asker sees; right on the first request after the commit."""
    query = params.read(request, LayersQuery)
    start, end = query.bounds()
    rows, after = page_of(queries.layers_statistics(request.asker, start=start, end=end), BY_KEY, query)
    return {"items": rows, "next": after}


@get(
    router,
    "/statistics/layers/{key}",
    answers={200: LayerStatistics},
    summary="Statistics of a layer",
    query=LayerQuery,
    refusals=frozenset({404}),
    operation_id="layer_statistics",
)
def layer(request: Asking, key: str) -> Any:
    """Rows add up to `total`; what lies nowhere has `key` null."""
    layer_of(request.asker, key)
    query = params.read(request, LayerQuery)
    start, end = query.bounds()
    return queries.layer_statistics(request.asker, key, start=start, end=end, by=query.by)
