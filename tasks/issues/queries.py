"""Issues that the asker may know of, their trails and files, categories, and which unit is the natural one."""

from collections.abc import Iterable
from datetime import datetime

from django.apps import apps
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.core.errors import NotVisible
from layers.catalogue.models import Attachment
from layers.sensors.models import Alarm

from .models import Category, Issue, IssueAlarm, IssueEvent, IssueQuerySet
from .suggestion import Suggestion, suggested_unit

__all__ = [
    "Suggestion",
    "attachment_of",
    "attachments_of",
    "categories",
    "events_of",
    "issue_numbers_of",
    "issue_of",
    "issues",
    "suggested_unit",
]


def _ready(rows: IssueQuerySet, asker: Asker) -> IssueQuerySet:
    """With all that `payloads.issue_payload` needs: the asker sees only their own orders and alarms behind an issue."""
    # The room above is reached through the relation that it hung here, so that this one does not know it.
    orders = apps.get_model("orders", "Order")._default_manager.visible_to(asker).order_by("pk")  # type: ignore[attr-defined]
    alarms = IssueAlarm.objects.filter(alarm__in=Alarm.objects.visible_to(asker)).order_by("alarm_id")
    return rows.select_related("category", "layer", "feature", "reporter", "reporter_department").prefetch_related(
        Prefetch("orders", queryset=orders, to_attr="seen_orders"),
        Prefetch("issue_alarms", queryset=alarms, to_attr="seen_alarms"),
    )


def issues(
    asker: Asker,
    *,
    state: str | Iterable[str] | None = None,
    layer: str | None = None,
    feature: str | None = None,
    station: str | None = None,
    category: str | None = None,
    source: str | None = None,
    severity: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> IssueQuerySet:
    """Visible issues, newest first, ready for payloads; three queries however many there are.

    `state` one or several; `layer`, `feature` (with its layer), `category` by key or code (a parent's code takes its
    children along), `station` by MN; opened in [start, end).
    """
    found = Issue.objects.visible_to(asker)
    if state is not None:
        found = found.filter(state__in=[state] if isinstance(state, str) else list(state))
    if layer is not None:
        found = found.filter(layer__key=layer)
    if feature is not None:
        found = found.filter(feature__code=feature)
    if station is not None:
        found = found.filter(
            pk__in=IssueAlarm.objects.filter(
                alarm__in=Alarm.objects.visible_to(asker), alarm__station__mn=station
            ).values("issue")
        )
    if category is not None:
        found = found.filter(
            category__in=Category.objects.filter(code=category) | Category.objects.filter(parent__code=category)
        )
    if source is not None:
        found = found.filter(source=source)
    if severity is not None:
        found = found.filter(severity=severity)
    if start is not None:
        found = found.filter(opened_at__gte=start)
    if end is not None:
        found = found.filter(opened_at__lt=end)
    return _ready(found, asker).order_by("-opened_at", "-pk")


def not_visible(number: str) -> NotVisible:
    """The refusal for an issue that is not there or not to be known of: the same words for both."""
    return NotVisible(_("There is no issue %(number)s.") % {"number": number[:40]})


def issue_of(asker: Asker, number: str) -> Issue:
    """An issue by its number, ready for payloads; raises NotVisible."""
    found = (
        _ready(Issue.objects.visible_to(asker), asker).filter(number=number).first() if "\x00" not in number else None
    )
    if found is None:
        raise not_visible(number)
    return found


def events_of(issue: Issue) -> QuerySet[IssueEvent]:
    """The trail in its order, with notes; the issue must have been fetched through the asker."""
    return IssueEvent.objects.filter(subject=issue).select_related("subject", "words").order_by("seq", "pk")


def attachments_of(issue: Issue) -> list[Attachment]:
    """The issue's files in the order in which they came."""
    return [
        row.attachment for row in issue.issue_attachments.select_related("attachment").order_by("attachment_id", "pk")
    ]


def attachment_of(asker: Asker, number: str, attachment_id: int) -> Attachment:
    """A file of a visible issue; raises NotVisible."""
    issue = issue_of(asker, number)
    row = issue.issue_attachments.select_related("attachment").filter(attachment_id=attachment_id).first()
    if row is None:
        raise NotVisible(_("Issue %(number)s has no attachment %(id)s.") % {"number": number, "id": attachment_id})
    return row.attachment


def issue_numbers_of(alarms: Iterable[Alarm], asker: Asker) -> dict[int, str]:
    """For each alarm whose issue the asker sees: alarm id → number, in one query."""
    rows = IssueAlarm.objects.filter(alarm__in=[a.pk for a in alarms], issue__in=Issue.objects.visible_to(asker))
    return dict(rows.values_list("alarm_id", "issue__number"))


def categories(asker: Asker, *, layer: str | None = None) -> QuerySet[Category]:
    """Categories by code, both levels; whoever is signed in knows them."""
    if not asker.signed_in:
        return Category.objects.none()
    found = Category.objects.filter(is_active=True).select_related("layer", "parent")
    if layer is not None:
        found = found.filter(layer__key=layer)
    return found.order_by("code", "pk")
