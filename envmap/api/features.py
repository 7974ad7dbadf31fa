"""Features: the things of a layer."""

import re
from typing import Any, ClassVar

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.errors import BadInput, StaleVersion, VersionMissing
from envmap.core.idempotency import Reply
from layers.catalogue import actions, payloads, queries
from layers.catalogue.conditions import BY_RANK
from layers.catalogue.filters import ATTRIBUTES, FeatureFilter, require_known
from layers.catalogue.models import Feature

from . import choices, params, shapes, shapes_map
from .answers import GEOJSON, JSON, address, dumps
from .bodies import Body, Repeatable
from .door import Asking, delete, get, patch, post
from .paging import Key, Ordering, page, page_of
from .params import Paged
from .repeat import change, require_writing, uuid_in

router = Router(tags=["features"])
BY_CODE = Ordering("features", (Key("code", "str"), Key("pk", "int")))
BY_VERSION = Ordering("history", (Key("version", "int"),))
TYPES = (JSON, GEOJSON, "application/merge-patch+json")
ETAG = {"ETag": 'The version: `"3"`.'}


class FeatureFilters(params.Query):
    """Filters of features that lists, tiles and counts know; all that are given must hold."""

    takes_times: ClassVar[bool] = True

    condition: choices.Condition | None = None
    department: str | None = Field(None, max_length=40, description="The duty unit's code.")
    town: str | None = Field(None, max_length=40, description="A town's code.")
    alarm_since: str | None = Field(
        None, description=f"An alarm began then or later, over or not. {params.PERIOD}.", examples=["2026-11-24"]
    )
    changed_since: str | None = Field(
        None, description=f"Last edited then or later. {params.PERIOD}.", examples=["2026-11-24"]
    )


class FeatureQuery(FeatureFilters, Paged):
    """Filters of a list of features; all that are given must hold."""

    prefixes: ClassVar[tuple[str, ...]] = (ATTRIBUTES,)
    bbox: str | None = Field(
        None, description="west,south,east,north in degrees, EPSG:4326.", examples=["117.2,31.8,117.4,31.9"]
    )
    q: str | None = Field(None, max_length=100, description="A part of name or code.")


SAME = "May be repeated as it is; refused where it differs."


class NewProperties(Body):
    """What of a feature is the maker's to say; what the product says of it may be repeated as it is."""

    name: str
    code: str | None = Field(None, description="Given by the product where it is left out.")
    department: str | None = Field(None, description="The duty unit's code; the maker's where it is left out.")
    attributes: dict[str, Any] = Field({}, description="By the layer's schema.")
    layer: str | None = Field(None, description=SAME)
    condition: str | None = Field(None, description=SAME)
    town: str | None = Field(None, description=SAME)
    version: int | None = Field(None, description=SAME)
    updated_at: str | None = Field(None, description=SAME)


class FeatureBody(Repeatable):
    """A GeoJSON feature (RFC 7946), EPSG:4326, longitude first."""

    model_config = {
        "json_schema_extra": {
            "example": {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [117.28, 31.86]},
                "properties": {"name": "Site at the harbour road", "attributes": {"stage": "earthwork"}},
            }
        }
    }
    type: str = "Feature"
    id: int | None = Field(None, description=SAME)
    geometry: shapes.Geometry
    properties: NewProperties


class FeaturePatch(Body):
    """A JSON merge patch (RFC 7396) of the feature's document."""

    model_config = {"json_schema_extra": {"example": {"properties": {"attributes": {"stage": "finishing"}}}}}
    type: str = "Feature"
    id: int | None = Field(None, description=SAME)
    geometry: shapes.Geometry | None = None
    properties: dict[str, Any] | None = None


def etag(version: int) -> str:
    """A version as an entity tag."""
    return f'"{version}"'


def dress(response: HttpResponse, body: Any) -> None:
    """The headers of a single feature."""
    response["ETag"] = etag(body["properties"]["version"])
    response["Content-Type"] = GEOJSON


def matched(request: Asking, feature: Feature) -> int:
    """The version that the request names with `If-Match`. Raises VersionMissing, StaleVersion.

    A proxy that compresses weakens a tag (`W/"3"`); it still names the same version.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise VersionMissing(
            _('Name the version that you change: If-Match: "%(version)s".') % {"version": feature.version}
        )
    tags = re.findall(r'(?:W/)?"([^"]*)"', header) or [header]
    if header != "*" and str(feature.version) not in tags:
        raise StaleVersion(
            _("This was version %(given)s; the newest is %(newest)d. Read it again before you go on.")
            % {"given": header[:40], "newest": feature.version}
        )
    return feature.version


def _without_uuid(said: dict[str, Any]) -> dict[str, Any]:
    """The document without the request's own uuid. Raises BadInput where that is none."""
    if said.get("client_uuid") is not None and uuid_in(said) is None:
        detail = _("A UUID was expected.")
        raise BadInput(detail, [{"field": "client_uuid", "detail": detail}])
    return {name: value for name, value in said.items() if name != "client_uuid"}


def filter_of(request: Asking, query: FeatureFilters) -> FeatureFilter:
    """What a request asks for. Raises BadQuery for a town or unit that there is not."""
    wanted = FeatureFilter(
        bbox=params.bbox(getattr(query, "bbox", None)),
        q=getattr(query, "q", None),
        condition=query.condition,
        department=query.department,
        town=query.town,
        alarm_since=params.bound(query.alarm_since, "alarm_since"),
        changed_since=params.bound(query.changed_since, "changed_since"),
        attributes=params.free(request, ATTRIBUTES) if ATTRIBUTES in query.prefixes else {},
    )
    require_known(request.asker, wanted)
    return wanted


@get(
    router,
    "/layers/{key}/features",
    answers={200: shapes_map.FeatureCollection},
    summary="Features of a layer",
    query=FeatureQuery,
    public=True,
    answer_type=GEOJSON,
    operation_id="list_features",
)
def features(request: Asking, key: str) -> HttpResponse:
    """A GeoJSON FeatureCollection by code, with `next`. The text is put together from SQL's, because lists are long."""
    layer = queries.layer_of(request.asker, key)
    query = params.read(request, FeatureQuery)
    rows = queries.features(request.asker, key, filter_of(request, query)).annotate(
        shape=AsGeoJSON("geometry", precision=15), said=Cast("attributes", TextField())
    )
    found = page(
        rows.values("pk", "code", "name", "shape", "said", "version", "updated_at", "condition_rank",
                    "department__code", "town__code"),
        BY_CODE,
        query,
    )  # fmt: skip
    texts = [_text(row, layer.key) for row in found.rows]
    body = f'{{"type":"FeatureCollection","features":[{",".join(texts)}],"next":{dumps(found.next)}}}'
    return HttpResponse(body, content_type=GEOJSON)


def _text(row: Any, layer: str) -> str:
    """The JSON text of `payloads.feature_payload` from a row of values; geometry and attributes are JSON already."""
    head = dumps(
        {
            "code": row["code"],
            "name": row["name"],
            "layer": layer,
            "condition": BY_RANK[row["condition_rank"]],
            "department": row["department__code"],
            "town": row["town__code"],
            "version": row["version"],
        }
    )
    return (
        f'{{"type":"Feature","id":{row["pk"]},"geometry":{row["shape"]},"properties":{head[:-1]},'
        f'"attributes":{row["said"]},"updated_at":{dumps(clock.rfc3339(row["updated_at"]))}}}}}'
    )


@post(
    router,
    "/layers/{key}/features",
    answers={201: shapes_map.Feature},
    summary="Put a feature on the map",
    body=FeatureBody,
    types=TYPES,
    headers=ETAG,
    answer_type=GEOJSON,
    repeatable=True,
)
def make_feature(request: Asking, key: str) -> HttpResponse:
    """By an officer or administrator. Attributes are checked by the layer's schema; a `code` is given where none is."""
    queries.layer_of(request.asker, key)
    request.asker.require(May.EDIT_FEATURES)

    def act(document: Any) -> Reply:
        made = actions.make_feature_of(by=request.asker, layer=key, document=document)
        return Reply(201, payloads.feature_payload(made), address("layers", key, "features", made.pk))

    return change(request, FeatureBody, act, types=TYPES, parse=_without_uuid, dress=dress)


@get(
    router,
    "/layers/{key}/features/{int:id}",
    answers={200: shapes_map.Feature},
    summary="One feature",
    public=True,
    headers=ETAG,
    answer_type=GEOJSON,
    operation_id="get_feature",
)
def feature(request: Asking, key: str, id: int) -> HttpResponse:
    """A GeoJSON feature; its `ETag` is the version, which rises with edits only."""
    body = payloads.feature_payload(queries.feature_of(request.asker, key, id))
    response = HttpResponse(dumps(body))
    dress(response, body)
    return response


@patch(
    router,
    "/layers/{key}/features/{int:id}",
    answers={200: shapes_map.Feature},
    summary="Change a feature",
    body=FeaturePatch,
    types=TYPES,
    headers=ETAG,
    if_match=True,
    answer_type=GEOJSON,
    refusals=frozenset({409}),
)
def update_feature(request: Asking, key: str, id: int) -> HttpResponse:
    """A JSON merge patch of the document, of the version that `If-Match` names."""
    found = queries.feature_of(request.asker, key, id)
    request.asker.require(May.EDIT_FEATURES)
    version = matched(request, found)

    def act(document: Any) -> Reply:
        changed = actions.update_feature(by=request.asker, layer=key, feature_id=id, version=version, changes=document)
        return Reply(200, payloads.feature_payload(changed))

    return change(request, FeaturePatch, act, types=TYPES, parse=dict, dress=dress)


@delete(
    router,
    "/layers/{key}/features/{int:id}",
    answers={204: None},
    summary="Take a feature off the map",
    if_match=True,
)
def delete_feature(request: Asking, key: str, id: int) -> HttpResponse:
    """It keeps its code, history and orders."""
    found = queries.feature_of(request.asker, key, id)
    request.asker.require(May.EDIT_FEATURES)
    require_writing(request.asker)
    actions.delete_feature(by=request.asker, layer=key, feature_id=id, version=matched(request, found))
    return HttpResponse(status=204)


@get(
    router,
    "/layers/{key}/features/{int:id}/history",
    answers={200: shapes.Listed[shapes_map.Version]},
    summary="A feature's past",
    query=Paged,
    operation_id="feature_history",
)
def history(request: Asking, key: str, id: int) -> Any:
    """Its versions, the first one first, written by the database at each edit."""
    found = queries.feature_of(request.asker, key, id)
    rows, after = page_of(queries.history_of(request.asker, found), BY_VERSION, params.read(request, Paged))
    return {"items": [payloads.history_payload(row) for row in rows], "next": after}
