"""What a unit does with its order: accepts, returns, reports; and the word that anybody may say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from envmap.accounts.actions import department_of
from envmap.accounts.asker import Asker
from envmap.accounts.models import User
from envmap.core import clock
from envmap.core.actor import acting
from tasks.issues import inputs

from ..models import Order
from .moves import given_of, hang_on, locked, move


def accept(
    number: str, *, by: Asker, note: str = "", version: int | None = None, happened_at: datetime | None = None
) -> Order:
    """The unit takes the order; whoever accepts one that is nobody's is its assignee."""
    with acting(by.actor):
        order = locked(number, by=by, verb="accept", version=version)
        if order.assignee_id is None:
            order.assignee = User.objects.get(pk=by.user_id)
        order.accepted_at = at = clock.now()
        return move(
            order,
            "accept",
            by=by,
            at=at,
            note=inputs.note(note),
            happened_at=inputs.instant(happened_at, field="happened_at"),
            also_save=["assignee", "accepted_at"],
        )


def return_(
    number: str,
    *,
    by: Asker,
    note: str = "",
    department: str | None = None,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Order:
    """Not ours, with the reason; `department` names whose it is, kept in the trail for the officer who reassigns.

    Possible while nothing has been reported. Raises BadInput for an unknown department or without a note.
    """
    with acting(by.actor):
        order = locked(number, by=by, verb="return", version=version)
        words = inputs.note(note, needed=True)
        whose = None
        if department is not None:
            whose = department_of(inputs.line(department, field="department", longest=40))
            if whose.pk == order.department_id:
                raise inputs.refuse("department", _("That is your own unit; name another one or none."))
        return move(
            order,
            "return",
            by=by,
            at=clock.now(),
            note=words,
            happened_at=inputs.instant(happened_at, field="happened_at"),
            answers=given_of(department=whose.code if whose else None),
        )


def report(
    number: str,
    *,
    by: Asker,
    note: str = "",
    attachments: Sequence[int] = (),
    location: Mapping[str, Any] | Point | None = None,
    accuracy: float | None = None,
    answers: Mapping[str, Any] | None = None,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Order:
    """Done, with a note and at least one photo; `location` is a GeoJSON Point (EPSG:4326), `accuracy` in metres."""
    with acting(by.actor):
        order = locked(number, by=by, verb="report", version=version)
        words = inputs.note(note, needed=True)
        spot, error = inputs.position(location), inputs.accuracy(accuracy)
        told, since = inputs.answers(answers), inputs.instant(happened_at, field="happened_at")
        files = hang_on(order, attachments, by=by)
        if not any(file.content_type.startswith("image/") for file in files):
            raise inputs.refuse("attachments", _("Add at least one photo: a report shows what was done."))
        order.reported_at = at = clock.now()
        return move(
            order,
            "report",
            by=by,
            at=at,
            note=words,
            happened_at=since,
            location=spot,
            accuracy=error,
            answers=told,
            attachments=files,
            also_save=["reported_at"],
        )


def comment(
    number: str,
    *,
    by: Asker,
    note: str = "",
    attachments: Sequence[int] = (),
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Order:
    """A word to an order that has not ended, with files if need be; the state is kept."""
    with acting(by.actor):
        order = locked(number, by=by, verb="comment", version=version)
        words = inputs.note(note, needed=True)
        return move(
            order,
            "comment",
            by=by,
            at=clock.now(),
            note=words,
            happened_at=inputs.instant(happened_at, field="happened_at"),
            attachments=hang_on(order, attachments, by=by),
        )
