"""Assignments of issues to units, with their deadlines, evidence and trail."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, User
from envmap.accounts.roles import May
from envmap.core.trail import (
    CHAIN_TRIGGERS,
    ChainedEvent,
    ChainHead,
    EventNote,
    GuardHead,
    OnlyErased,
)
from layers.catalogue.models import Attachment, Feature, Layer
from tasks.issues.models import Category, Issue

from .states import OrderState


class CalendarDay(models.Model):
    """A day that differs from Monday to Friday, by the State Council's notice; years with rows are known years."""

    date = models.DateField(primary_key=True)
    kind = models.CharField(
        max_length=16,
        choices=[
            ("holiday", _("holiday")),
            ("makeup_workday", _("make-up working day")),
        ],
    )
    name = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        ordering = ["date"]


class OfficeHours(models.Model):
    """A span of a working day in which work is done, in local time; the bureau edits them."""

    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        ordering = ["start"]
        constraints = [models.CheckConstraint(condition=Q(start__lt=models.F("end")), name="office_hours_run_forward")]


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, asker: Asker) -> OrderQuerySet:
        """Officer and supervisor see all, a unit exactly its own, nobody else any."""
        if asker.may(May.SEE_WORK):
            return self
        if asker.department_id is None or not asker.may(May.SEE_OWN_WORK):
            return self.none()
        return self.filter(department_id=asker.department_id)


class Order(ChainHead):
    """An assignment of an issue to a unit with deadlines; moves only through `actions`, under its row lock."""

    number = models.CharField(max_length=32, unique=True)
    issue = models.ForeignKey(Issue, models.PROTECT, related_name="orders")
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="orders")
    state = models.CharField(
        max_length=16,
        choices=[(s.value, s.value) for s in OrderState],
        default=OrderState.SENT,
    )
    department = models.ForeignKey(Department, models.PROTECT, related_name="orders")
    assignee = models.ForeignKey(User, models.PROTECT, null=True, related_name="orders")
    dispatched_by = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    accept_by = models.DateTimeField(null=True)
    report_by = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # report_by as first set; moved only by pauses and approved extensions
    is_provisional = models.BooleanField(default=False)  # reaches beyond the calendar's known years
    accepted_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)  # the last report
    ended_at = models.DateTimeField(null=True)
    rework_count = models.PositiveIntegerField(default=0)
    layer = models.ForeignKey(Layer, models.PROTECT, null=True, related_name="orders")
    feature = models.ForeignKey(Feature, models.PROTECT, null=True, related_name="orders")
    location = models.PointField(srid=4326, null=True)
    version = models.PositiveIntegerField(default=1)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["department", "state", "-created_at"]),
            models.Index(fields=["state", "report_by"]),
            models.Index(fields=["layer", "due_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="order_ended_has_a_date",
                condition=Q(state__in=["verified", "withdrawn"], ended_at__isnull=False)
                | (~Q(state__in=["verified", "withdrawn"]) & Q(ended_at=None)),
                violation_error_message=_(
                    "A verified or withdrawn order carries the instant of its end; no other order does."
                ),
            )
        ]
        triggers = [GuardHead(name="guard_head")]

    def __str__(self) -> str:
        return self.number


class OrderAttachment(models.Model):
    """A file of an order, read through it; it may hang on several of its events."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="order_attachments")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "attachment"], name="an_attachment_once_an_order")]


class OrderEvent(ChainedEvent):
    """One appended row of an order's trail; the first is `dispatch`."""

    subject = models.ForeignKey(Order, models.PROTECT, related_name="trail", db_column="order_id")

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="one_order_event_a_number")]
        triggers = CHAIN_TRIGGERS


class OrderEventNote(EventNote):
    event = models.OneToOneField(OrderEvent, models.PROTECT, primary_key=True, related_name="words")

    class Meta:
        triggers = [OnlyErased(name="only_erased")]
