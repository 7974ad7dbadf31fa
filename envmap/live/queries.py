"""Facts for an asker: those whose audience they belong to and whose subject they may see now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import Polygon
from django.db.models import Q
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.core import outbox
from envmap.core.errors import Gone
from envmap.core.models import OutboxFact
from envmap.core.outbox import FactPayload
from layers.catalogue.models import Feature, Layer
from layers.sensors.models import Alarm, Station
from tasks.issues.models import Issue
from tasks.orders.models import Order

from .payloads import fact_payload

CHUNK = 500
"""So many facts are looked at in one go."""


@dataclass(frozen=True, slots=True)
class FactsPage:
    """Facts in the order of `seq`, and where to continue: also past those that the asker may not see."""

    items: list[FactPayload]
    head: int


def facts_since(asker: Asker, since: int | None, limit: int) -> FactsPage:
    """At most `limit` facts that the asker may see with a greater `seq` than `since`; without `since` the head alone.

    Empty `items` mean that the asker has caught up with `head`. Raises Gone where facts after `since` are forgotten
    already (after 7 days), or where `since` lies above the head.
    """
    asker.scopes  # noqa: B018  # a lazy asker resolves here, so that a bad token is refused before anything is read
    position = outbox.position()
    if since is None:
        return FactsPage([], position.seq)
    require_kept(since, position)
    items: list[FactPayload] = []
    reached = since
    # The retention job may run meanwhile: it removes the lowest first, so looking once more after each read shows a hole.
    while len(items) < limit and reached < position.seq:
        chunk = list(rows_after(reached, upto=position.seq, marks=asker.audience))
        require_kept(reached, outbox.position())
        seen = visible_now(asker, chunk)
        items += [fact_payload(fact, asker) for fact in seen[: limit - len(items)]]
        if len(items) == limit:
            return FactsPage(items, items[-1]["seq"])
        reached = (chunk[-1].seq or reached) if len(chunk) == CHUNK else position.seq
    return FactsPage(items, reached)


def require_kept(since: int, position: outbox.Head) -> None:
    """Raises Gone where a reader can no longer continue from `since` without missing something."""
    if since < position.forgotten or since > position.seq:
        raise Gone(
            _(
                "There is no continuing from %(since)d: facts are kept for 7 days, from %(first)d to %(head)d. "
                "Ask for the head, read the lists again, and go on from there."
            )
            % {"since": since, "first": position.forgotten, "head": position.seq}
        )


def rows_after(seq: int, *, upto: int, marks: Sequence[str] | None = None) -> Iterable[OutboxFact]:
    """Numbered facts in order, at most CHUNK, between `seq` (exclusive) and `upto`; with `marks` those addressed to one of them."""
    rows = OutboxFact.objects.filter(seq__gt=seq, seq__lte=upto)
    if marks is not None:
        rows = rows.filter(audience__overlap=list(marks)) if marks else rows.none()
    return rows.order_by("seq")[:CHUNK]


def visible_now(asker: Asker, facts: Sequence[OutboxFact]) -> list[OutboxFact]:
    """Those of `facts` that were addressed to the asker and whose subject they may see now; the order is kept.

    An order or issue is seen by its number, an alarm by its id, all else by its feature, a station without a feature
    by its MN. One query for each kind that occurs, whatever the number of facts.
    """
    marks = set(asker.audience)
    addressed = [fact for fact in facts if marks.intersection(fact.audience)]
    orders = _among(Order.objects.visible_to(asker), "number", _named(addressed, "order.", "number"))
    issues = _among(Issue.objects.visible_to(asker), "number", _named(addressed, "issue.", "number"))
    alarms = _among(Alarm.objects.visible_to(asker), "pk", _named(addressed, "alarm.", "ref"))
    of_features = [f for f in addressed if f.feature_id is not None and f.type.startswith(("feature.", "station."))]
    features = visible_features(asker, {f.feature_id for f in of_features if f.feature_id is not None})
    loose = {f.station for f in addressed if f.type.startswith("station.") and f.feature_id is None and f.station}
    stations = _among(Station.objects.visible_to(asker), "mn", loose)

    def is_seen(fact: OutboxFact) -> bool:
        kind = fact.type.partition(".")[0]
        if kind == "order":
            return fact.number in orders
        if kind == "issue":
            return fact.number in issues
        if kind == "alarm":
            return fact.ref in alarms
        return fact.feature_id in features if fact.feature_id is not None else fact.station in stations

    return [fact for fact in addressed if is_seen(fact)]


def visible_features(asker: Asker, ids: set[int]) -> set[object]:
    """Those features of `ids` that the asker sees, and deleted ones of layers that they see: a map must learn that they left."""
    if not ids:
        return set()
    gone = Q(deleted_at__isnull=False, layer__in=Layer.objects.visible_to(asker))
    removed = Feature.objects.filter(gone, pk__in=ids).values_list("pk", flat=True)
    return _among(Feature.objects.visible_to(asker), "pk", ids) | set(removed)


def _named(facts: Sequence[OutboxFact], prefix: str, field: str) -> set[object]:
    return {getattr(f, field) for f in facts if f.type.startswith(prefix)} - {None}


def _among(rows, field: str, wanted: set) -> set[object]:  # type: ignore[no-untyped-def, type-arg]
    return set(rows.filter(**{f"{field}__in": wanted}).values_list(field, flat=True)) if wanted else set()


def readable_features(asker: Asker, ids: set[int], box: tuple[float, float, float, float] | None) -> set[int]:
    """Those features of `ids` that the asker sees and that touch the box (west, south, east, north; EPSG:4326)."""
    rows = Feature.objects.visible_to(asker).filter(pk__in=ids)
    if box is not None:
        rows = rows.filter(geometry__bboverlaps=Polygon.from_bbox(box))
    return set(rows.values_list("pk", flat=True))
