"""Doorbells: Celery tasks that call this room's actions."""

from celery import shared_task

from . import actions


@shared_task(name="catalogue.remove_unused_attachments")  # type: ignore[untyped-decorator]
def remove_unused_attachments() -> int:
    """Every few hours: files that hang on nothing go after a week."""
    return actions.remove_unused_attachments()


@shared_task(name="catalogue.gather_touches")  # type: ignore[untyped-decorator]
def gather_touches() -> int:
    """Every few minutes: the rows behind the tiles' ETags are gathered into one a layer."""
    return actions.gather_touches()
