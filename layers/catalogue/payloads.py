"""What the doors say of layers, features, their past and files (docs/interfaces.md §6)."""

from typing import Any, TypedDict, cast

from envmap.core.clock import rfc3339
from envmap.core.names import Names, both

from .models import Attachment, Feature, FeatureHistory, Layer
from .queries import Tally


def geojson(geometry: Any) -> dict[str, Any]:
    """A stored geometry as a GeoJSON object, coordinates exactly as they are kept (EPSG:4326)."""
    return {"type": geometry.geom_type, "coordinates": _lists(geometry.coords)}


def _lists(coordinates: Any) -> Any:
    return [_lists(inner) for inner in coordinates] if isinstance(coordinates, tuple) else coordinates


class LayerPayload(TypedDict):
    """A layer; `count` and `by_condition` are of the features that the asker sees."""

    key: str
    names: Names
    name: str
    descriptions: dict[str, str]
    geometry: list[str]
    schema: dict[str, Any]
    style: dict[str, Any]
    public: bool
    expected_factors: list[str]
    position: int
    builtin: bool
    code_prefix: str
    count: int
    by_condition: dict[str, int]


def layer_payload(layer: Layer, tally: Tally) -> LayerPayload:
    """`tally` is the layer's entry of `queries.counts`."""
    return {
        "key": layer.key,
        "names": both(layer.names),
        "name": layer.name,
        "descriptions": layer.descriptions,
        "geometry": layer.geometry,
        "schema": layer.schema,
        "style": layer.style,
        "public": layer.public,
        "expected_factors": layer.expected_factors,
        "position": layer.position,
        "builtin": layer.builtin,
        "code_prefix": layer.code_prefix,
        "count": tally["count"],
        "by_condition": tally["by_condition"],
    }


class FeatureProperties(TypedDict):
    """What a feature is beside its place; `department` and `town` are codes."""

    code: str
    name: str
    layer: str
    condition: str
    department: str | None
    town: str | None
    version: int
    attributes: dict[str, Any]
    updated_at: str


class FeaturePayload(TypedDict):
    """A GeoJSON feature (RFC 7946), EPSG:4326."""

    type: str
    id: int
    geometry: dict[str, Any]
    properties: FeatureProperties


def feature_payload(feature: Feature) -> FeaturePayload:
    """Needs `with_condition()` and `select_related("layer", "department", "town")`, as `queries` give it."""
    return {
        "type": "Feature",
        "id": feature.pk,
        "geometry": geojson(feature.geometry),
        "properties": {
            "code": feature.code,
            "name": feature.name,
            "layer": feature.layer.key,
            "condition": feature.condition.value,
            "department": feature.department.code if feature.department else None,
            "town": feature.town.code if feature.town else None,
            "version": feature.version,
            "attributes": feature.attributes,
            "updated_at": cast(str, rfc3339(feature.updated_at)),
        },
    }


class HistoryPayload(TypedDict):
    """A version of a feature: when, by whom (id, department, role; null where the product itself did), and what it was."""

    version: int
    at: str
    by: dict[str, Any] | None
    code: str
    name: str
    geometry: dict[str, Any]
    department: str | None
    town: str | None
    attributes: dict[str, Any]
    deleted: bool


def history_payload(row: FeatureHistory) -> HistoryPayload:
    """Needs a row of `queries.history_of`."""
    return {
        "version": row.version,
        "at": cast(str, rfc3339(row.at)),
        "by": row.actor,
        "code": row.code,
        "name": row.name,
        "geometry": geojson(row.geometry),
        "department": row.department_code,  # type: ignore[attr-defined]
        "town": row.town_code,  # type: ignore[attr-defined]
        "attributes": row.attributes,
        "deleted": row.deleted_at is not None,
    }


class AttachmentPayload(TypedDict):
    """A file: its hash over the bytes as they came, its type by content, and what its EXIF says of time and place."""

    id: int
    sha256: str
    content_type: str
    size: int
    taken_at: str | None
    location: dict[str, Any] | None
    url: str
    thumbnail_url: str | None


def attachment_payload(attachment: Attachment, url_base: str) -> AttachmentPayload:
    """`url_base` is the address below which it is read, e.g. `/api/v1/orders/ZF…/attachments`; without a last slash."""
    url = f"{url_base}/{attachment.pk}"
    return {
        "id": attachment.pk,
        "sha256": attachment.sha256,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "taken_at": rfc3339(attachment.taken_at),
        "location": geojson(attachment.location) if attachment.location else None,
        "url": url,
        "thumbnail_url": f"{url}?thumbnail=1" if attachment.thumbnail else None,
    }
