"""Opening an issue by hand, filing it and rejecting it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.chains import append_event
from envmap.core.errors import NotVisible
from envmap.core.numbers import next_number
from envmap.core.outbox import tell
from layers.catalogue.actions import hang
from layers.catalogue.models import Attachment, Feature, Layer
from layers.catalogue.queries import feature_by_code, layer_of, representative_point
from layers.sensors.models import Severity

from .. import inputs, rules
from ..conditions import refresh_attention
from ..models import Category, Issue, IssueAttachment, IssueEvent
from ..states import OPEN, IssueState
from .moves import fact_of, locked, move

SERIES = "WT"


def begin(issue: Issue, *, by: Asker, attachments: Sequence[Attachment] = ()) -> Issue:
    """Gives a new issue its number and first event, and tells it. Inside an action; also for issues out of alarms."""
    issue.number = next_number(SERIES)
    issue.state = IssueState.REPORTED
    issue.opened_at = clock.now()
    issue.save()
    IssueAttachment.objects.bulk_create(IssueAttachment(issue=issue, attachment=a) for a in attachments)
    append_event(
        IssueEvent, issue, by=by.actor, verb=OPEN, to_state=issue.state, at=issue.opened_at, attachments=attachments
    )
    refresh_attention(issue.feature)
    tell([fact_of(issue, "issue.opened")])
    return issue


def open_issue(
    *,
    by: Asker,
    title: str,
    category: str | None = None,
    severity: str | None = None,
    description: str = "",
    layer: str | None = None,
    feature: str | None = None,
    location: Mapping[str, Any] | Point | None = None,
    attachments: Sequence[int] = (),
) -> Issue:
    """Opens an issue about a feature (`layer` key and `feature` code) or a place (`location`, GeoJSON Point, EPSG:4326).

    `category` is a code of the second level; `severity` the category's unless given. Its source follows the role.
    An issue about a place is counted with the layer of its category. Raises NotAllowed, BadInput naming the field.
    """
    by.require(May.REPORT_ISSUES)
    title = inputs.line(title, field="title", longest=200)
    description = inputs.text(description, field="description")
    place = inputs.position(location)
    if severity is not None and severity not in Severity.values:
        raise inputs.refuse(
            "severity", _("Unknown severity; it is one of %(all)s.") % {"all": ", ".join(Severity.values)}
        )
    with acting(by.actor):
        about, on = _about(by, layer, feature, has_place=place is not None)
        kind = _category(category)
        if kind is not None and on is not None and kind.layer_id not in (None, on.pk):
            raise inputs.refuse(
                "category",
                _("%(category)s is a category of another layer than %(layer)s.")
                % {"category": kind.code, "layer": on.key},
            )
        files = hang(list(attachments), by=by)
        return begin(
            Issue(
                source=rules.SOURCES[by.role],
                category=kind,
                severity=severity or (kind.severity if kind else Severity.MINOR),
                title=title,
                description=description,
                layer=on or (kind.layer if kind else None),
                feature=about,
                location=place or (representative_point(about.geometry) if about else None),
                reporter_id=by.user_id,
                reporter_department_id=by.department_id,
            ),
            by=by,
            attachments=files,
        )


def _about(
    by: Asker, layer: str | None, feature: str | None, *, has_place: bool
) -> tuple[Feature | None, Layer | None]:
    """The feature that the issue is about and its layer, or neither where it is about a place."""
    if has_place:
        if feature is not None or layer is not None:
            raise inputs.refuse("location", _("Give a layer and a feature, or a location, not both."))
        return None, None
    if layer is None:
        raise inputs.refuse(
            "layer" if feature is not None else "location",
            _("Give a layer and a feature, or a location: an issue is about one of them."),
        )
    if feature is None:
        raise inputs.refuse("feature", _("Name the feature by its code, together with its layer."))
    if not isinstance(layer, str) or not isinstance(feature, str):
        raise inputs.refuse("feature", _("A layer is named by its key and a feature by its code."))
    try:
        on = layer_of(by, layer)
    except NotVisible as unknown:
        raise inputs.refuse("layer", unknown.detail) from None
    try:
        return feature_by_code(by, layer, feature), on
    except NotVisible as unknown:
        raise inputs.refuse("feature", unknown.detail) from None


def _category(code: str | None) -> Category | None:
    if code is None:
        return None
    kind = (
        Category.objects.select_related("layer").filter(code=code, is_active=True, parent__isnull=False).first()
        if isinstance(code, str) and "\x00" not in code
        else None
    )
    if kind is None:
        raise inputs.refuse(
            "category", _("There is no category %(code)s of the second level.") % {"code": str(code)[:40]}
        )
    return kind


def accept(
    number: str, *, by: Asker, note: str = "", version: int | None = None, happened_at: datetime | None = None
) -> Issue:
    """Files a reported issue. Raises NotVisible, NotAllowed, WrongState, StaleVersion, BadInput."""
    with acting(by.actor):
        issue = locked(number, by=by, verb="accept", version=version)
        issue.filed_at = at = clock.now()
        move(
            issue,
            "accept",
            by=by,
            at=at,
            note=inputs.note(note),
            happened_at=inputs.instant(happened_at, field="happened_at"),
            also_save=["filed_at"],
        )
        return issue


def reject(
    number: str, *, by: Asker, note: str = "", version: int | None = None, happened_at: datetime | None = None
) -> Issue:
    """Closes an issue that nobody is to act on, with the reason. Raises as `accept`; the note is needed."""
    with acting(by.actor):
        issue = locked(number, by=by, verb="reject", version=version)
        issue.ended_at = at = clock.now()
        move(
            issue,
            "reject",
            by=by,
            at=at,
            note=inputs.note(note, needed=True),
            happened_at=inputs.instant(happened_at, field="happened_at"),
            also_save=["ended_at"],
        )
        refresh_attention(issue.feature)
        return issue


VERBS: dict[str, Callable[..., Issue]] = {"accept": accept, "reject": reject}
"""Verbs of an issue that answer with the issue; `dispatch` stands in tasks.orders.actions and answers with the order."""
