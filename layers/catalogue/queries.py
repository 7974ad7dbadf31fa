"""What is out there and may be known by the asker; features of a layer, their places, their past, who learns of them."""

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.gis.measure import Distance as Metres
from django.db import connection
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, Membership
from envmap.accounts.roles import Role
from envmap.core.errors import NotVisible

from .conditions import BY_RANK, WORST_FIRST
from .filters import EVERYTHING, FeatureFilter
from .geometry import representative_point
from .models import Area, Attachment, Feature, FeatureHistory, FeatureQuerySet, Layer, LayerTouch
from .texts import shown

GEOGRAPHY = GeometryField(geography=True, srid=4326)

__all__ = ["FeatureFilter", "representative_point"]  # other rooms ask for it here


def layers(asker: Asker) -> list[Layer]:
    """The layers that the asker sees, by key."""
    return list(Layer.objects.visible_to(asker).order_by("key"))


def layer_of(asker: Asker, key: str) -> Layer:
    """A layer by its key; raises NotVisible."""
    layer = Layer.objects.visible_to(asker).filter(key=key).first() if "\x00" not in key else None
    if layer is None:
        raise NotVisible(_("There is no layer %s.") % shown(key))
    return layer


def _visible(asker: Asker, layer_key: str) -> FeatureQuerySet:
    return (
        Feature.objects.visible_to(asker)
        .filter(layer=layer_of(asker, layer_key))
        .with_condition()
        .select_related("layer", "department", "town")
    )


def feature_of(asker: Asker, layer_key: str, feature_id: int) -> Feature:
    """A feature by its id, ready for `payloads.feature_payload`; raises NotVisible."""
    found = _visible(asker, layer_key).filter(pk=feature_id).first() if 0 < feature_id < 2**63 else None
    if found is None:
        raise NotVisible(
            _("There is no feature %(id)s in the layer %(key)s.") % {"id": feature_id, "key": shown(layer_key)}
        )
    return found


def feature_by_code(asker: Asker, layer_key: str, code: str) -> Feature:
    """A feature by its code, ready for `payloads.feature_payload`; raises NotVisible."""
    found = _visible(asker, layer_key).filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise NotVisible(
            _("There is no feature %(code)s in the layer %(key)s.") % {"code": shown(code), "key": shown(layer_key)}
        )
    return found


def features(asker: Asker, layer_key: str, wanted: FeatureFilter = EVERYTHING) -> FeatureQuerySet:
    """The visible features of a layer by code, ready for `feature_payload`: one query to check the layer, one to read.

    Raises NotVisible for the layer, BadQuery for an unknown condition, attribute or a box that is none.
    """
    layer = layer_of(asker, layer_key)
    found = wanted.narrow(
        Feature.objects.visible_to(asker)
        .filter(layer=layer)
        .with_condition()
        .select_related("layer", "department", "town")
        .order_by("code", "pk"),
        layer.schema,
    )
    if wanted.after is not None:
        code, pk = wanted.after
        found = found.filter(Q(code__gt=code) | Q(code=code, pk__gt=pk))
    return found if wanted.limit is None else found[: wanted.limit]


def history_of(asker: Asker, feature: Feature) -> list[FeatureHistory]:
    """The versions of a feature that the asker sees, the first one first, with `department_code` and `town_code`."""
    if not Feature.objects.visible_to(asker).filter(pk=feature.pk).exists():
        raise NotVisible(_("There is no such feature."))
    return list(
        FeatureHistory.objects.filter(feature=feature)
        .annotate(
            department_code=Subquery(Department.objects.filter(pk=OuterRef("department_id")).values("code")),
            town_code=Subquery(Area.objects.filter(pk=OuterRef("town_id")).values("code")),
        )
        .order_by("version")
    )


def audience_of(feature: Feature) -> list[str]:
    """The marks (`OutboxFact.audience`) of those who may learn of a feature as things stand: the rule of `visible_to`.

    The duty unit is marked where somebody is its partner, as are parties then; an order's unit by its grant.
    """
    return audiences_of([feature])[feature.pk]


def audiences_of(features: Sequence[Feature]) -> dict[int, list[str]]:
    """`audience_of` of many features by id, at a fixed number of queries."""
    ids = [feature.pk for feature in features]
    layer_ids = {feature.layer_id for feature in features}
    by_layer: dict[int, set[str]] = {pk: {"bureau"} for pk in layer_ids}
    for pk, public, department_id in Layer.objects.filter(pk__in=layer_ids).values_list(
        "pk", "public", "shares__department_id"
    ):
        by_layer[pk] |= {"public"} if public else set()
        by_layer[pk] |= {f"department:{department_id}"} if department_id else set()
    partners = set(Membership.objects.filter(role=Role.PARTNER, ended_at=None).values_list("department_id", flat=True))
    marks = {feature.pk: set(by_layer[feature.layer_id]) for feature in features}
    for feature in features:
        if feature.department_id in partners:
            marks[feature.pk].add(f"department:{feature.department_id}")
    there = Feature.objects.filter(pk__in=ids)
    for pk, department_id in there.values_list("pk", "parties__department_id"):
        if department_id in partners:
            marks[pk].add(f"department:{department_id}")
    for pk, department_id in there.filter(grants__until=None).values_list("pk", "grants__department_id"):
        if department_id:
            marks[pk].add(f"department:{department_id}")
    return {pk: sorted(found) for pk, found in marks.items()}


def town_of(geometry: GEOSGeometry) -> Area | None:
    """The town in which a geometry's representative point lies, the nearest one at sea; None where no town is known."""
    (found,) = town_ids_of([geometry])
    return Area.objects.get(pk=found) if found else None


def town_ids_of(geometries: Sequence[GEOSGeometry]) -> list[int | None]:
    """The ids of `town_of` for many geometries in one query. Nearest is by metres on the ellipsoid, not by degrees."""
    points = [representative_point(geometry) for geometry in geometries]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(
                     (SELECT a.id FROM catalogue_area a WHERE a.kind = 'town' AND ST_Covers(a.geometry, p.point)
                       ORDER BY a.code LIMIT 1),
                     (SELECT a.id FROM catalogue_area a WHERE a.kind = 'town'
                       ORDER BY ST_Distance(a.geometry::geography, p.point::geography), a.code LIMIT 1))
              FROM (SELECT n, ST_SetSRID(ST_MakePoint(x, y), 4326) AS point
                      FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS t(x, y, n)) AS p
             ORDER BY p.n
            """,
            [[point.x for point in points], [point.y for point in points]],
        )
        return [row[0] for row in cursor.fetchall()]


class Tally(TypedDict):
    """How many features of a layer the asker sees, in all and by condition (all five)."""

    count: int
    by_condition: dict[str, int]


def counts(asker: Asker, wanted: FeatureFilter = EVERYTHING, layer: Layer | None = None) -> dict[str, Tally]:
    """The tally of every visible layer by its key, in two queries; layers without a feature too.

    Of the features that `wanted` asks for; of one `layer` alone where that is given. A filter by attributes needs it,
    for each layer has its own. Raises BadQuery.
    """
    seen = Layer.objects.visible_to(asker).order_by("key")
    if layer is not None:
        seen = seen.filter(pk=layer.pk)
    tallies: dict[str, Tally] = {
        key: {"count": 0, "by_condition": {condition.value: 0 for condition in WORST_FIRST}}
        for key in seen.values_list("key", flat=True)
    }
    found = Feature.objects.visible_to(asker).with_condition()
    if layer is not None:
        found = found.filter(layer=layer)
    rows = (
        wanted.narrow(found, layer.schema if layer is not None else {})
        .order_by()
        .values("layer__key", "condition_rank")  # type: ignore[misc]
        .annotate(n=Count("pk"))
    )
    for row in rows:
        if row["layer__key"] in tallies:
            tally = tallies[row["layer__key"]]
            tally["by_condition"][BY_RANK[row["condition_rank"]].value] = row["n"]
            tally["count"] += row["n"]
    return tallies


def revision(layer_id: int) -> str:
    """A value that differs after every commit which changed what the layer shows (`touches`)."""
    return str(LayerTouch.objects.filter(layer_id=layer_id).aggregate(sum=Sum("weight"))["sum"] or 0)


def own_attachment(asker: Asker, attachment_id: int) -> Attachment:
    """A file that the asker uploaded and that hangs on nothing yet; raises NotVisible for every other one."""
    found = None
    if asker.user_id is not None and 0 < attachment_id < 2**63:
        found = Attachment.objects.filter(pk=attachment_id, uploader_id=asker.user_id, hung_at=None).first()
    if found is None:
        raise NotVisible(_("There is no attachment %s.") % attachment_id)
    return found


class Near(NamedTuple):
    """A feature near another one, and how far away it lies."""

    feature: Feature
    metres: float


def nearby(asker: Asker, feature: Feature, *, metres: int, limit: int) -> list[Near]:
    """The visible features of all layers within `metres` of a feature, nearest first, with layer and condition.

    Distances are geodesic, between the nearest parts. The box in degrees lets the index answer first.
    """
    wide = metres / 100_000  # a degree is 110 km to the north and, up to 60° of latitude, more than 55 km to the east
    found = (
        Feature.objects.visible_to(asker)
        .filter(deleted_at=None, geometry__dwithin=(feature.geometry, 2 * wide))
        .exclude(pk=feature.pk)
        .with_condition()
        .select_related("layer", "town")
        .annotate(
            metres=Distance(
                Cast("geometry", GEOGRAPHY),
                Cast(Subquery(Feature.objects.filter(pk=feature.pk).values("geometry")), GEOGRAPHY),
            )
        )
        .filter(metres__lte=Metres(m=metres))
        .order_by("metres", "pk")[:limit]
    )
    return [Near(one, one.metres.m) for one in found]  # type: ignore[attr-defined]
