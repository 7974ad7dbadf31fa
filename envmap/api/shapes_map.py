"""The shapes of what is out there: layers, features, their past, files, and counts over them."""

from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from .choices import Condition
from .shapes import Geometry, Names, Point, Time, when

FEATURE: dict[str, Any] = {
    "type": "Feature",
    "id": 17,
    "geometry": {"type": "Point", "coordinates": [117.28, 31.86]},
    "properties": {
        "code": "DS-0001",
        "name": "Site at the harbour road",
        "layer": "dust-sites",
        "condition": "alarm",
        "department": "sector-construction",
        "town": "town-1",
        "version": 3,
        "attributes": {"stage": "earthwork"},
        "updated_at": "2026-11-24T08:00:00+08:00",
    },
}


class ByCondition(Schema):
    """How many in each condition."""

    alarm: int
    rectifying: int
    silent: int
    attention: int
    normal: int


class Layer(Schema):
    """A kind of thing on the map; counts are of the features that the asker sees."""

    key: str
    names: Names
    name: str
    descriptions: dict[str, str]
    geometry: list[str] = Field(..., description="GeoJSON geometry types that its features may have.")
    schema_: dict[str, Any] = Field(
        ..., serialization_alias="schema", description="JSON Schema 2020-12 of the features' attributes."
    )
    style: dict[str, Any]
    public: bool
    expected_factors: list[str]
    position: int
    builtin: bool
    code_prefix: str
    count: int
    by_condition: ByCondition


class FeatureProperties(Schema):
    """What a feature is beside its place."""

    code: str
    name: str
    layer: str
    condition: Condition
    department: str | None
    town: str | None
    version: int
    attributes: dict[str, Any]
    updated_at: Time = when()


class Feature(Schema):
    """A GeoJSON feature (RFC 7946)."""

    model_config = {"json_schema_extra": {"example": FEATURE}}
    type: Literal["Feature"]
    id: int
    geometry: Geometry
    properties: FeatureProperties


class FeatureCollection(Schema):
    """A page of features."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    next: str | None


class Actor(Schema):
    """Who did it, as it stood then."""

    id: int | None
    department: str | None
    role: str


class Version(Schema):
    """One version of a feature, as the database kept it."""

    version: int
    at: Time = when()
    by: Actor | None
    code: str
    name: str
    geometry: Geometry
    department: str | None
    town: str | None
    attributes: dict[str, Any]
    deleted: bool


class Attachment(Schema):
    """A file: its hash, its type by content, what its EXIF says of time and place."""

    id: int
    sha256: str
    content_type: str
    size: int
    taken_at: Time | None = when()
    location: Point | None
    url: str
    thumbnail_url: str | None
