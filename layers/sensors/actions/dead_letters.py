"""Refused frames: kept with their reason as far as a flood allows, and always counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection, transaction

from envmap.core import clock

from ..models import DeadLetter

KEPT_DAYS: Final = 30
KEPT_AT_MOST: Final = 100_000
RAW_LONGEST: Final = 2048


@dataclass(frozen=True, slots=True)
class Refused:
    """A frame that was not taken. ``count`` says how many alike it stands for; ``raw`` None keeps only the count."""

    reason: str
    detail: str
    raw: bytes | None
    mn: str = ""
    address: str = ""
    count: int = 1


def keep_dead_letters(refused: Sequence[Refused]) -> None:
    """Keep the bytes that are given and count all."""
    if not refused:
        return
    totals: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for one in refused:
        totals[one.reason] += one.count
        kept[one.reason] += one.raw is not None
    reasons = sorted(totals)  # two gateways take the counters in one order
    with transaction.atomic():
        DeadLetter.objects.bulk_create(
            DeadLetter(
                raw=one.raw[:RAW_LONGEST],
                reason=one.reason,
                detail=one.detail[:300].replace("\x00", "?"),
                mn=one.mn[:60].replace("\x00", "?"),
                address=one.address[:64],
            )
            for one in refused
            if one.raw is not None
        )
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO sensors_deadlettercount AS c (reason, total, kept)
                SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
                ON CONFLICT (reason) DO UPDATE SET total = c.total + excluded.total, kept = c.kept + excluded.kept
                """,
                [reasons, [totals[reason] for reason in reasons], [kept[reason] for reason in reasons]],
            )


def forget_dead_letters() -> int:
    """Remove dead letters older than thirty days, and the oldest beyond a hundred thousand; the counts stay."""
    removed, _detail = DeadLetter.objects.filter(at__lt=clock.now() - timedelta(days=KEPT_DAYS)).delete()
    beyond = DeadLetter.objects.order_by("-pk").values_list("pk", flat=True)[KEPT_AT_MOST : KEPT_AT_MOST + 1].first()
    if beyond is not None:
        more, _detail = DeadLetter.objects.filter(pk__lte=beyond).delete()
        removed += more
    return removed
