"""The shapes of answers as the document describes them; payloads of the rooms below build them."""

from typing import Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import Field

from .choices import DepartmentKind, RoleName

T = TypeVar("T")
Time = str
TIME: dict[str, Any] = {"format": "date-time", "examples": ["2026-11-24T08:00:00+08:00"]}


def when(description: str = "") -> Any:
    """A field that holds an instant."""
    return Field(..., description=description or None, json_schema_extra=TIME)


class Names(Schema):
    """A name in both languages."""

    zh_hans: str = Field(..., serialization_alias="zh-hans", validation_alias="zh-hans")
    en: str


class Listed(Schema, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(..., description="The `cursor` of the next page; null on the last one.")


class Geometry(Schema):
    """A GeoJSON geometry, EPSG:4326, longitude first."""

    type: Literal[
        "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"
    ]
    coordinates: list[Any] | None = None
    geometries: list[Any] | None = None


class Point(Schema):
    """A GeoJSON point, EPSG:4326, longitude first."""

    type: Literal["Point"]
    coordinates: list[float] = Field(..., min_length=2, max_length=3)


class DepartmentRef(Schema):
    """A department by code."""

    code: str
    name: str


class Department(DepartmentRef):
    """The bureau, a town or street, a sector department, an operator, an enterprise or a contractor."""

    names: Names
    kind: DepartmentKind
    parent: str | None


class Membership(Schema):
    """One of one's own roles."""

    id: int
    role: RoleName
    department: DepartmentRef
    current: bool


class Me(Schema):
    """Who is asking."""

    username: str
    name: str
    role: RoleName
    department: DepartmentRef | None
    memberships: list[Membership]
    scopes: list[Literal["read", "write", "ingest"]]


class User(Schema):
    """A person in one of their roles."""

    username: str
    name: str
    role: RoleName
    department: DepartmentRef


class Token(Schema):
    """A token without its secret."""

    id: int
    name: str
    scopes: list[Literal["read", "write", "ingest"]]
    station: str | None
    created_at: Time | None = when()
    last_used_at: Time | None = when()


class NewToken(Schema):
    """A token with its secret, which is shown this once."""

    id: int
    name: str
    token: str
    scopes: list[Literal["read", "write", "ingest"]]
    station: str | None
