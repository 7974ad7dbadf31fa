"""The cast: one bureau, two units, a partner, a foreign department, and a person for each role.

Rows are made directly, without actions, so that a broken action breaks its own tests only.
"""

from dataclasses import dataclass, field

from django.contrib.gis.geos import Point

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, Membership, User
from envmap.accounts.queries import asker_for
from layers.catalogue.models import Feature, Layer

PASSWORD = "a-password-of-the-cast"
SPOT = Point(118.25, 24.6, srid=4326)  # somewhere on land; no meaning beyond that
PEOPLE = {  # username: (department, role)
    "officer": ("bureau", "officer"),
    "supervisor": ("bureau", "supervisor"),
    "admin": ("bureau", "admin"),
    "field": ("unit-one", "field"),
    "manager": ("unit-one", "manager"),
    "field2": ("unit-two", "field"),
    "partner": ("enterprise", "partner"),
    "viewer": ("health", "viewer"),
}


@dataclass
class Cast:
    """Everybody by short names: `cast.asker("officer")`, `cast.department["unit-one"]`, `cast.feature["dust-sites"]`."""

    department: dict[str, Department] = field(default_factory=dict)
    user: dict[str, User] = field(default_factory=dict)
    layer: dict[str, Layer] = field(default_factory=dict)
    feature: dict[str, Feature] = field(default_factory=dict)

    def asker(self, username: str) -> Asker:
        """The asker of a person, fresh from the database."""
        return asker_for(User.objects.get(username=username))


def make_department(code: str, kind: str, parent: Department | None = None) -> Department:
    """A department with names made of its code."""
    return Department.objects.create(code=code, names={"zh-hans": f"{code} 单位", "en": code}, kind=kind, parent=parent)


def make_user(username: str, department: Department, role: str) -> User:
    """A person with one membership and the cast's password."""
    user = User(username=username, name=f"{username} 某")
    user.set_password(PASSWORD)
    user.save()
    Membership.objects.create(user=user, department=department, role=role, is_default=True)
    return user


def make_layer(key: str, *, public: bool, **more) -> Layer:
    """A layer of points with two attributes."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "stage": {"type": "string", "title": "阶段"},
            "area": {"type": "number", "minimum": 0, "title": "面积"},
        },
    }
    values = {
        "names": {"zh-hans": f"{key} 图层", "en": key},
        "geometry": ["Point"],
        "schema": schema,
        "public": public,
    } | more
    return Layer.objects.create(key=key, **values)


def make_feature(layer: Layer, code: str, *, department: Department | None = None, geometry=SPOT, **more) -> Feature:
    """A feature of a layer at SPOT, with its version re-read."""
    feature = Feature.objects.create(
        layer=layer, code=code, geometry=geometry, department=department, **({"name": f"要素 {code}"} | more)
    )
    feature.refresh_from_db()
    return feature


def make_cast() -> Cast:
    """The whole cast."""
    cast = Cast()
    bureau = make_department("bureau", "bureau")
    cast.department["bureau"] = bureau
    for code, kind in [
        ("town", "town"), ("unit-one", "operator"), ("unit-two", "contractor"), ("enterprise", "enterprise"), ("health", "sector"),
    ]:  # fmt: skip
        cast.department[code] = make_department(code, kind, bureau)
    for username, (department, role) in PEOPLE.items():
        cast.user[username] = make_user(username, cast.department[department], role)
    cast.layer["outfalls"] = make_layer("outfalls", public=True)
    cast.layer["dust-sites"] = make_layer("dust-sites", public=False)
    for key, layer in cast.layer.items():
        cast.feature[key] = make_feature(layer, f"{key}-1", department=cast.department["bureau"])
    return cast
