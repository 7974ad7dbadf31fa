"""Doorbells: Celery rings, an action does the work."""

from celery import shared_task

from . import actions


@shared_task(name="sensors.note_silence")  # type: ignore[untyped-decorator]
def note_silence() -> int:
    """Mark stations that have fallen silent, and end alarms of places where their station measures no more."""
    actions.clear_stranded()
    return actions.note_silence()


@shared_task(name="sensors.make_partitions")  # type: ignore[untyped-decorator]
def make_partitions() -> int:
    """Make the readings' partitions ahead, and forget old dead letters on the way."""
    actions.forget_dead_letters()
    return actions.make_partitions()
