"""Doorbells: Celery tasks that call this room's actions."""

from celery import shared_task

from . import actions


@shared_task(name="issues.open_from_alarms")  # type: ignore[untyped-decorator]
def open_from_alarms() -> int:
    """Every few seconds, and at once when an alarm was raised: alarms without an issue get theirs."""
    return len(actions.open_from_alarms())
