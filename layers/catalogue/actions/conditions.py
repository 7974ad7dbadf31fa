"""How features are doing and who may see one for an order's sake: slots that other rooms fill inside their own actions."""

from datetime import datetime

from django.db import connection
from django.db.models import Max, Q

from envmap.accounts.models import Department
from envmap.core import clock
from envmap.core.outbox import Fact, tell

from ..conditions import RANK, Condition, Source
from ..geometry import representative_point
from ..models import Feature, FeatureCondition, FeatureGrant
from ..queries import audience_of

_LOCK = 0x636F6E64
"""Namespace of this room's advisory locks, one for each pair of feature and source."""


def lock_condition(feature_id: int, source: Source) -> None:
    """Holds a feature's condition of one source until the transaction ends.

    For a caller that first reads several rows to find the level: without it two of them, each ending one of two open
    alarms, would each still see the other's and neither would say that all is well. Take several in rising order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, f"{feature_id}:{source}"])


def set_condition(feature: Feature, source: Source, level: Condition, *, at: datetime) -> bool:
    """Says how a feature is doing by one source from `at` on; NORMAL ends the span. True when that changed anything.

    Called inside another action's `acting()`. Two at once: the second waits for the first and then goes on from what
    it left, so there is never more than one open span and none is lost.

    Facts about alarms and silence go to whoever sees the feature; those about issues and orders do not. So where these
    change the condition that is shown, `feature.changed` says so to everybody who sees it.
    """
    lock_condition(feature.pk, source)
    spans = FeatureCondition.objects.filter(feature=feature, source=source.value)
    open_one = spans.filter(until=None).first()
    rank = RANK[level]
    if (open_one.rank if open_one else 0) == rank:
        return False
    if open_one is not None:
        # A late reading must not end a span before it began, nor begin one inside another.
        since = max(at, open_one.since)
        open_one.until = since
        open_one.save(update_fields=["until"])
    else:
        since = max(filter(None, [at, spans.aggregate(last=Max("until"))["last"]]))
    if level is not Condition.NORMAL:
        FeatureCondition.objects.create(feature=feature, source=source.value, rank=rank, since=since)
    if source is not Source.SENSORS:
        _tell_if_shown(feature, source, before=open_one.rank if open_one else 0, after=rank)
    return True


def _tell_if_shown(feature: Feature, source: Source, *, before: int, after: int) -> None:
    others = FeatureCondition.objects.filter(feature=feature, until=None).exclude(source=source.value)
    worst = others.aggregate(worst=Max("rank"))["worst"] or 0
    if max(worst, before) == max(worst, after) or feature.deleted_at is not None:
        return
    tell(
        [
            Fact(
                "feature.changed",
                audience=audience_of(feature),
                layer=feature.layer.key,
                feature=feature.code,
                feature_id=feature.pk,
                state="changed",
                location=representative_point(feature.geometry),
            )
        ]
    )


def grant(feature: Feature, department: Department, *, reason: str) -> FeatureGrant:
    """Lets a department see a feature until `end_grants(reason=reason)`; once more is the same. `reason` is an order's number."""
    given, _made = FeatureGrant.objects.update_or_create(
        feature=feature,
        department=department,
        reason=reason,
        defaults={"until": None},
        create_defaults={"since": clock.now()},
    )
    return given


def end_grants(*, reason: str) -> int:
    """Ends whatever was granted for this reason and still holds; gives how many that were."""
    now = clock.now()
    return FeatureGrant.objects.filter(reason=reason).filter(Q(until=None) | Q(until__gt=now)).update(until=now)
