"""Problems that somebody should look at, from whatever source, with their categories and trail."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, User
from envmap.accounts.roles import May
from envmap.core.names import in_language
from envmap.core.trail import (
    CHAIN_TRIGGERS,
    ChainedEvent,
    ChainHead,
    EventNote,
    GuardHead,
    OnlyErased,
)
from layers.catalogue.models import Attachment, Feature, Layer
from layers.sensors.models import Alarm, Severity

from .states import IssueState


class Category(models.Model):
    """A kind of problem, in two levels; the lower one carries severity, clock, times, evidence and the usual unit."""

    class Clock(models.TextChoices):
        URGENT = "urgent", _("urgent hours (24 h × 7)")
        HOURS = "hours", _("working hours")
        DAYS = "days", _("working days")

    code = models.CharField(max_length=20, unique=True)
    names = models.JSONField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    layer = models.ForeignKey(Layer, models.PROTECT, null=True, related_name="categories")
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.MINOR)
    clock = models.CharField(max_length=8, choices=Clock, default=Clock.HOURS)
    accept_within = models.DecimalField(
        max_digits=6, decimal_places=2, null=True
    )  # hours, or days for the clock of days
    report_within = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    evidence = ArrayField(models.CharField(max_length=10), default=list)
    unit_kind = models.CharField(max_length=16, choices=Department.Kind, blank=True, default="")
    unit_hint = models.CharField(max_length=40, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(self.names)


class AlarmCategory(models.Model):
    """Which category an alarm of a layer's factor opens; `factor` `*` stands for any, a named one goes before it."""

    layer = models.ForeignKey(Layer, models.CASCADE)
    factor = models.CharField(max_length=40)
    side = models.CharField(max_length=8, choices=[("above", "above"), ("below", "below")])
    category = models.ForeignKey(Category, models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "factor", "side"],
                name="one_category_a_layer_factor_and_side",
            )
        ]


class IssueQuerySet(models.QuerySet["Issue"]):
    def visible_to(self, asker: Asker) -> IssueQuerySet:
        """Officer and supervisor see all; a unit those of its own orders, and what its people reported themselves."""
        if asker.may(May.SEE_WORK):
            return self
        if asker.department_id is None or not asker.may(May.SEE_OWN_WORK):
            return self.none()
        return self.filter(
            Q(pk__in=self.model.objects.filter(orders__department_id=asker.department_id).values("pk"))
            | Q(reporter_id=asker.user_id)
        )


class Issue(ChainHead):
    """A problem that somebody should look at."""

    class Source(models.TextChoices):
        ALARM = "alarm", _("alarm")
        PATROL = "patrol", _("patrol")
        CITIZEN = "citizen", _("citizen report")
        HOTLINE = "hotline", _("hotline")
        IMPORT = "import", _("import")
        OPEN311 = "open311", "Open311"
        DEPARTMENT = "department", _("referral")

    number = models.CharField(max_length=32, unique=True)
    source = models.CharField(max_length=16, choices=Source)
    state = models.CharField(
        max_length=16,
        choices=[(s.value, s.value) for s in IssueState],
        default=IssueState.REPORTED,
    )
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="issues")
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.MINOR)
    title = models.CharField(max_length=200)
    description = models.TextField(default="", blank=True)
    layer = models.ForeignKey(Layer, models.PROTECT, null=True, related_name="issues")
    feature = models.ForeignKey(Feature, models.PROTECT, null=True, related_name="issues")
    location = models.PointField(srid=4326, null=True)
    reporter = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reporter_department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "-opened_at"]),
            models.Index(fields=["layer", "-opened_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="issue_has_a_place",
                condition=Q(feature__isnull=False) | Q(location__isnull=False),
                violation_error_message=_("An issue is about a feature or a place."),
            )
        ]
        triggers = [GuardHead(name="guard_head")]

    def __str__(self) -> str:
        return self.number


class IssueAlarm(models.Model):
    """An alarm belongs to one issue (unique), an issue gathers many: asking twice for alarms without one is harmless."""

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="issue_alarms")
    alarm = models.OneToOneField(Alarm, models.PROTECT, related_name="issue_alarm")


class IssueAttachment(models.Model):
    """A file of an issue, read through it."""

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="issue_attachments")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "attachment"], name="an_attachment_once_an_issue")]


class IssueEvent(ChainedEvent):
    """One appended row of an issue's trail."""

    subject = models.ForeignKey(Issue, models.PROTECT, related_name="trail", db_column="issue_id")

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="one_issue_event_a_number")]
        triggers = CHAIN_TRIGGERS


class IssueEventNote(EventNote):
    event = models.OneToOneField(IssueEvent, models.PROTECT, primary_key=True, related_name="words")

    class Meta:
        triggers = [OnlyErased(name="only_erased")]


class CitizenReportQuerySet(models.QuerySet["CitizenReport"]):
    def visible_to(self, asker: Asker) -> CitizenReportQuerySet:
        """Who triages sees how to reach the citizen; the citizen reads the receipt by its private link alone."""
        return self if asker.may(May.TRIAGE_ISSUES) else self.none()


class CitizenReport(models.Model):
    """What a citizen's report has beside its issue: the key of the private link (hashed) and a way to reach the person."""

    issue = models.OneToOneField(Issue, models.PROTECT, related_name="citizen_report")
    key_digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the key in the private link
    contact = models.CharField(max_length=80, blank=True, default="")
    place = models.CharField(max_length=200, blank=True, default="")  # the spot in the citizen's own words
    client_uuid = models.UUIDField(null=True, unique=True)  # a form sent twice makes one report
    created_at = models.DateTimeField(db_default=Now())

    objects = CitizenReportQuerySet.as_manager()
