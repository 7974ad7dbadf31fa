"""Jobs of the floor: doorbells that call the functions beside them."""

import logging
from datetime import timedelta

from celery import shared_task

from . import clock, idempotency, outbox, trail_anchor

FACTS_KEPT = timedelta(days=7)
REPLIES_KEPT = timedelta(days=30)

log = logging.getLogger(__name__)


@shared_task(name="core.anchor_trails")  # type: ignore[untyped-decorator]
def anchor_trails() -> None:
    """Each night: recomputes all trails and appends the root over their heads to the file outside the database."""
    trail_anchor.anchor_trails()


@shared_task(name="core.forget_old_rows")  # type: ignore[untyped-decorator]
def forget_old_rows() -> None:
    """Removes facts older than 7 days and replies to a `client_uuid` older than 30 (docs/interfaces.md, Live and REST)."""
    now = clock.now()
    facts = outbox.forget(now - FACTS_KEPT)
    replies = idempotency.forget(now - REPLIES_KEPT)
    if facts or replies:
        log.info("Forgot %d facts and %d replies.", facts, replies)
