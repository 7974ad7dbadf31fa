"""The floor's tables: facts to tell, replies to repeat, audit, numbers."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db.models import Q
from django.db.models.functions import Now

from .triggers import AppendOnly


class OutboxFact(models.Model):
    """A fact that an action wrote in its own transaction; the relay gives it its `seq` once it is committed.

    `audience` is who might learn of it as things stood then: `public`, `bureau` (officer, supervisor, admin),
    `work` (officer, supervisor), `department:<id>`, `user:<id>`; reading intersects it with what the asker sees now.
    """

    seq = models.BigIntegerField(null=True, unique=True, editable=False)
    type = models.CharField(max_length=32)
    layer = models.CharField(max_length=64, null=True)
    feature = models.CharField(max_length=64, null=True)  # code
    feature_id = models.BigIntegerField(null=True)
    ref = models.BigIntegerField(null=True)  # "id" of an alarm
    number = models.CharField(max_length=32, null=True)
    station = models.CharField(max_length=40, null=True)
    rule = models.BigIntegerField(null=True)
    state = models.CharField(max_length=32, null=True)
    at = models.DateTimeField()
    location = models.PointField(srid=4326, null=True)
    audience = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="outbox_unnumbered", condition=Q(seq=None)),
            GinIndex(fields=["audience"], name="outbox_audience"),
        ]


class OutboxHead(models.Model):
    """The last number given out and the last one forgotten: one row, so that both outlive the facts themselves."""

    seq = models.BigIntegerField(default=0)
    forgotten = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="one_outbox_head", condition=Q(id=1))]


class IdempotentReply(models.Model):
    """The first answer to a `client_uuid`, to be given again; refusals are not stored; kept 30 days."""

    user_id = models.BigIntegerField()
    client_uuid = models.UUIDField()
    path = models.CharField(max_length=300)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    location = models.CharField(max_length=300, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "client_uuid"], name="one_reply_a_client_uuid")]


class AuditRow(models.Model):
    """Who did what to whom: sign-ins, tokens, roles, rules, stations, passwords; append-only, mostly written by triggers."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    actor = models.JSONField(null=True)
    subject = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    address = models.CharField(max_length=64, default="")

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"]),
            models.Index(fields=["kind", "-at"]),
        ]
        triggers = [AppendOnly(name="append_only")]


class Counter(models.Model):
    """The last number of a series on a day; its row is locked while the next one is taken."""

    series = models.CharField(max_length=8)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "day"], name="one_counter_a_series_and_day")]
