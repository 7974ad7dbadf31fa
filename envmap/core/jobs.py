"""Jobs of the floor: doorbells that call the functions beside them."""

from celery import shared_task

from . import trail_anchor


@shared_task(name="core.anchor_trails")  # type: ignore[untyped-decorator]
def anchor_trails() -> None:
    """Each night: recomputes all trails and appends the root over their heads to the file outside the database."""
    trail_anchor.anchor_trails()
