"""Vector tiles out of PostGIS: one statement a tile around the queryset that says what the asker sees."""

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Polygon
from django.db import connection, transaction
from django.db.models import F, Func, OuterRef, QuerySet, Subquery, Sum, TextField
from django.utils.translation import gettext as _

from envmap.accounts.asker import ANONYMOUS, Asker
from envmap.accounts.roles import May, Role
from envmap.core.errors import NotVisible
from layers.catalogue.conditions import BY_RANK
from layers.catalogue.filters import EVERYTHING, FeatureFilter, require_known
from layers.catalogue.models import Feature, Layer, LayerTouch

from .grid import BUFFER, EXTENT, LATITUDE, Tile

CLUSTERED_BELOW = 13
"""At smaller zooms features are gathered in cells."""
CELLS = 4
"""Cells along a tile's side: 64 px each in a tile of 256."""
WORD = f"(ARRAY[{', '.join(repr(BY_RANK[rank].value) for rank in sorted(BY_RANK))}])[condition_rank + 1]"
"""SQL for a condition's word, once the rank has been found: asked for inside the queryset it would find it five times."""
FORMAT = "1"
"""Part of every ETag: rises when the same data makes other tiles."""


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as an asker sees it, with the ETag of all its tiles for them. `shared` tiles are the same for everybody."""

    layer: Layer
    asker: Asker
    etag: str
    shared: bool
    wanted: FeatureFilter = EVERYTHING


def layer_state(key: str, asker: Asker, wanted: FeatureFilter = EVERYTHING) -> LayerState:
    """What stands before every tile: may the asker see the layer, and in which state is it. Raises NotVisible, and
    BadQuery for a filter by what there is not.

    A public layer shows everybody the same, so nobody is asked who they are (a lazy asker stays unread), but where
    units are filtered by: which of them there are is not for visitors.
    """
    weights = LayerTouch.objects.filter(layer_id=OuterRef("pk")).order_by().values("layer_id")
    layer = (
        Layer.objects.filter(key=key).annotate(revision=Subquery(weights.annotate(n=Sum("weight")).values("n"))).first()
        if "\x00" not in key
        else None
    )
    if layer is not None and layer.public:
        require_known(asker if wanted.department is not None else ANONYMOUS, wanted)
        shared = wanted.department is None
        return LayerState(layer, ANONYMOUS, _etag(layer, "all", wanted), shared=shared, wanted=wanted)
    if layer is None or not Layer.objects.visible_to(asker).filter(pk=layer.pk).exists():
        raise NotVisible(_("There is no layer %s.") % key[:80])
    require_known(asker, wanted)
    return LayerState(layer, asker, _etag(layer, _scope(asker), wanted), shared=False, wanted=wanted)


def _scope(asker: Asker) -> str:
    """Askers of one scope see the same features: all that `Feature.visible_to` looks at in an asker."""
    if asker.may(May.SEE_BUREAU):
        return "bureau"
    return f"{asker.department_id}{'p' if asker.role is Role.PARTNER else ''}"


def _etag(layer: Layer, scope: str, wanted: FeatureFilter) -> str:
    asked = f"-{wanted.digest}" if wanted.digest else ""
    return f'"{FORMAT}-{layer.pk}-{layer.revision or 0}-{scope}{asked}"'  # type: ignore[attr-defined]


def _seen(state: LayerState) -> QuerySet[Feature]:
    found = Feature.objects.visible_to(state.asker).filter(layer_id=state.layer.pk).with_condition().order_by()
    return state.wanted.narrow(found, state.layer.schema)


def tile(state: LayerState, at: Tile) -> bytes:
    """The MVT 2.1 body of a tile, empty where nothing lies; the layer in it is called by its key.

    From z13 on each feature with `id`, `code`, `name`, `condition`, its geometry clipped to the tile and its buffer.
    Below, features are gathered in cells of a quarter of a tile by their representative point, so that each is counted
    in exactly one tile: a cell of several has `point_count` and a count for each condition, one alone is itself.
    """
    box = Polygon.from_bbox(at.bbox)
    box.srid = 4326
    seen = _seen(state).filter(geometry__bboverlaps=box)
    sql, params = _clusters(seen, at) if at.z < CLUSTERED_BELOW else _features(seen, at)
    with transaction.atomic(), connection.cursor() as cursor:
        # A tile is a small query among many: workers and compilation cost more than they bring (docs/performance.md).
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off")
        cursor.execute(
            f"SELECT ST_AsMVT(t.*, %s, {EXTENT}, 'shape', 'feature_id') FROM ({sql}) AS t", [state.layer.key, *params]
        )
        return bytes(cursor.fetchone()[0] or b"")


def _on_surface() -> Func:
    """SQL of `catalogue.geometry.representative_point`."""
    return Func(
        F("geometry"),
        template="CASE WHEN GeometryType(%(expressions)s) = 'POINT' THEN %(expressions)s ELSE ST_PointOnSurface(%(expressions)s) END",
        output_field=TextField(),
    )


def _features(seen: QuerySet[Feature], at: Tile) -> tuple[str, list[Any]]:
    # Mercator has no poles: what reaches beyond its square is cut before it is projected.
    projected = (
        f"ST_Transform(CASE WHEN ST_YMax(%(expressions)s) > {LATITUDE} OR ST_YMin(%(expressions)s) < -{LATITUDE} "
        f"THEN ST_Intersection(%(expressions)s, ST_MakeEnvelope(-180, -{LATITUDE}, 180, {LATITUDE}, 4326)) ELSE %(expressions)s END, 3857)"
    )
    rows = seen.annotate(
        shape=Func(F("geometry"), template=projected, output_field=TextField()),
        spot=Func(F("geometry"), template=f"ST_PointOnSurface({projected})", output_field=TextField()),
    ).values("id", "code", "name", "condition_rank", "shape", "spot")
    sql, params = rows.query.sql_with_params()
    envelope = f"ST_TileEnvelope({at.z}, {at.x}, {at.y})"
    into = f"ST_AsMVTGeom(%s, {envelope}, {EXTENT}, {BUFFER}, true)"
    # What is smaller than a unit would vanish; its point stays. What is to be seen first is drawn last.
    return (
        f"""
        SELECT id AS feature_id, id, code, name, {WORD} AS condition, shape FROM (
            SELECT id, code, name, condition_rank,
                   coalesce({into % "shape"}, {into % "spot"}) AS shape
              FROM ({sql}) AS seen) AS drawn
         WHERE shape IS NOT NULL
         ORDER BY condition_rank, id
        """,
        list(params),
    )


def _clusters(seen: QuerySet[Feature], at: Tile) -> tuple[str, list[Any]]:
    sql, params = seen.annotate(spot=_on_surface()).values("id", "condition_rank", "spot").query.sql_with_params()
    cells = at.across * CELLS
    counts = ", ".join(
        f"count(*) FILTER (WHERE condition_rank = {rank}) AS {c.value}" for rank, c in reversed(BY_RANK.items())
    )
    shown = ", ".join(f"CASE WHEN n > 1 THEN {c.value} END AS {c.value}" for c in reversed(BY_RANK.values()))
    bounds = (
        f"ST_MakeEnvelope({at.x}::float8 / {at.across}, 1 - ({at.y} + 1)::float8 / {at.across}, "
        f"({at.x} + 1)::float8 / {at.across}, 1 - {at.y}::float8 / {at.across})"
    )
    # Shares of the grid's width and height from the north-west, by arithmetic: half-open cells leave nobody out. A
    # latitude that is nought but for its last bits would make PostgreSQL's radians() underflow. OFFSET 0 keeps the
    # planner from writing each expression out wherever it is used.
    return (
        f"""
        SELECT f.id AS feature_id, f.id, f.code, f.name, CASE WHEN n = 1 THEN {WORD} END AS condition,
               CASE WHEN n > 1 THEN n END AS point_count, {shown},
               ST_AsMVTGeom(ST_MakePoint(x, 1 - y), {bounds}, {EXTENT}, {BUFFER}, false) AS shape
          FROM (SELECT count(*) AS n, min(id) AS first, min(condition_rank) AS condition_rank, avg(across) AS x, avg(down) AS y,
                       cell_x, cell_y, {counts}
                  FROM (SELECT id, condition_rank, across, down,
                               least(greatest(floor(across * {cells})::bigint, 0), {cells - 1}) AS cell_x,
                               least(greatest(floor(down * {cells})::bigint, 0), {cells - 1}) AS cell_y
                          FROM (SELECT id, condition_rank, (lon + 180) / 360 AS across,
                                       0.5 - ln(tan(pi() / 4 + radians(
                                           CASE WHEN abs(lat) < 1e-12 THEN 0
                                                ELSE greatest(least(lat, {LATITUDE}), -{LATITUDE}) END) / 2)) / (2 * pi()) AS down
                                  FROM (SELECT id, condition_rank, ST_X(spot) AS lon, ST_Y(spot) AS lat
                                          FROM ({sql} OFFSET 0) AS seen OFFSET 0) AS located OFFSET 0) AS spread
                       OFFSET 0) AS placed
                 WHERE cell_x / {CELLS} = {at.x} AND cell_y / {CELLS} = {at.y}
                 GROUP BY cell_x, cell_y) AS cell
          LEFT JOIN catalogue_feature f ON n = 1 AND f.id = first
         ORDER BY cell_y, cell_x
        """,
        list(params),
    )


def bounds(state: LayerState) -> tuple[float, float, float, float] | None:
    """West, south, east, north of what the asker sees of the layer, in degrees; None where that is nothing."""
    found: tuple[float, float, float, float] | None = _seen(state).aggregate(box=Extent("geometry"))["box"]
    return found
