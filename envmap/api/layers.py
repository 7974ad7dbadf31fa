"""Layers: kinds of things on the map."""

from typing import Any, ClassVar

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from envmap.accounts.roles import May
from envmap.core.idempotency import Reply
from layers.catalogue import actions, payloads, queries
from layers.catalogue.filters import ATTRIBUTES, EVERYTHING, FeatureFilter

from . import params, shapes, shapes_map
from .answers import address
from .bodies import Body, unsaid
from .door import Asking, get, patch, post
from .features import FeatureFilters, filter_of
from .paging import Key, Ordering, page_of
from .params import Paged
from .repeat import change

router = Router(tags=["layers"])
BY_KEY = Ordering("layers", (Key("key", "str"),))


class LayerChanges(Body):
    """What of a layer can be changed."""

    names: dict[str, str] = unsaid(examples=[{"zh-hans": "噪声点位", "en": "Noise sites"}])
    descriptions: dict[str, str] = unsaid()
    geometry: list[str] = unsaid(examples=[["Point"]])
    schema_: dict[str, Any] = unsaid(alias="schema", description="JSON Schema 2020-12 of an object.")
    style: dict[str, Any] = unsaid()
    public: bool = unsaid()
    expected_factors: list[str] = unsaid()
    position: int = unsaid()
    code_prefix: str = unsaid()


class LayerBody(LayerChanges):
    """A new layer."""

    key: str
    names: dict[str, str] = Field(examples=[{"zh-hans": "噪声点位", "en": "Noise sites"}])
    geometry: list[str] = Field(examples=[["Point"]])
    schema_: dict[str, Any] = Field(alias="schema", description="JSON Schema 2020-12 of an object.")


class LayersQuery(FeatureFilters, Paged):
    """Of which features `count` and `by_condition` are; all that are given must hold."""


class LayerQuery(FeatureFilters):
    """Of which features `count` and `by_condition` are; all that are given must hold."""

    prefixes: ClassVar[tuple[str, ...]] = (ATTRIBUTES,)


def shown(request: Asking, key: str, wanted: FeatureFilter = EVERYTHING) -> Any:
    """The payload of one layer, counting the features that are asked for."""
    layer = queries.layer_of(request.asker, key)
    return payloads.layer_payload(layer, queries.counts(request.asker, wanted, layer)[layer.key])


def given(body: Body) -> dict[str, Any]:
    """The fields that were written, by their names in the body."""
    return body.model_dump(exclude_unset=True, by_alias=True)


@get(
    router,
    "/layers",
    answers={200: shapes.Listed[shapes_map.Layer]},
    summary="Layers",
    query=LayersQuery,
    public=True,
    operation_id="list_layers",
)
def layers(request: Asking) -> Any:
    """Those that the asker sees, by key; filters narrow what is counted, not the layers."""
    query = params.read(request, LayersQuery)
    tallies = queries.counts(request.asker, filter_of(request, query))
    rows, after = page_of(queries.layers(request.asker), BY_KEY, query)
    return {"items": [payloads.layer_payload(layer, tallies[layer.key]) for layer in rows], "next": after}


@post(
    router,
    "/layers",
    answers={201: shapes_map.Layer},
    summary="Make a layer",
    body=LayerBody,
    refusals=frozenset({409}),
)
def make_layer(request: Asking) -> HttpResponse:
    """By an administrator. Everything works for it at once: map, rules, issues, statistics."""
    request.asker.require(May.EDIT_LAYERS)

    def act(body: LayerBody) -> Reply:
        layer = actions.make_layer(by=request.asker, **given(body))
        return Reply(201, shown(request, layer.key), address("layers", layer.key))

    return change(request, LayerBody, act)


@get(
    router,
    "/layers/{key}",
    answers={200: shapes_map.Layer},
    summary="One layer",
    query=LayerQuery,
    public=True,
    operation_id="get_layer",
)
def layer(request: Asking, key: str) -> Any:
    """With its schema, its style and how its features are doing; filters narrow what is counted."""
    queries.layer_of(request.asker, key)
    return shown(request, key, filter_of(request, params.read(request, LayerQuery)))


@patch(
    router,
    "/layers/{key}",
    answers={200: shapes_map.Layer},
    summary="Change a layer",
    body=LayerChanges,
    types=("application/json", "application/merge-patch+json"),
)
def update_layer(request: Asking, key: str) -> HttpResponse:
    """By an administrator. A schema that a feature would no longer fit is refused."""
    queries.layer_of(request.asker, key)
    request.asker.require(May.EDIT_LAYERS)

    def act(body: LayerChanges) -> Reply:
        layer = actions.update_layer(by=request.asker, key=key, **given(body))
        return Reply(200, shown(request, layer.key))

    return change(request, LayerChanges, act, types=("application/json", "application/merge-patch+json"))
