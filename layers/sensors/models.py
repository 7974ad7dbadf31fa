"""What is measured: stations, factors, readings, limits, rules and the alarms they raise."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, User
from envmap.accounts.roles import May
from envmap.core.names import in_language
from envmap.core.triggers import Audited
from layers.catalogue.models import Feature, Layer

VALUE: dict[str, Any] = {"max_digits": 24, "decimal_places": 9}
"""Values are decimals in the factor's stored unit: an equal value must compare equal, and a limit is exact."""


class Factor(models.Model):
    """What is measured, by its HJ 212 code, with the unit in which it is stored and shown (particulates in mg/m³)."""

    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField()
    unit = models.CharField(max_length=20)
    decimals = models.PositiveSmallIntegerField(default=2)
    code_2005 = models.CharField(max_length=10, default="", blank=True)
    source = models.CharField(max_length=100, default="", blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(self.names)


class Limit(models.Model):
    """A number out of a standard; a reading is judged by the version valid at its time."""

    standard = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    clause = models.CharField(max_length=100, default="", blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    factor_code = models.CharField(max_length=40, default="", blank=True)  # empty: the code table has none
    names = models.JSONField()
    limit_class = models.CharField(max_length=40)
    period = models.CharField(max_length=30)
    lower = models.DecimalField(**VALUE, null=True)
    upper = models.DecimalField(**VALUE, null=True)
    unit = models.CharField(max_length=20)
    note = models.CharField(max_length=300, default="", blank=True)
    source_status = models.CharField(max_length=16, choices=[("sourced", _("sourced")), ("memory", _("unverified"))])
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["standard", "version", "factor_code", "limit_class", "period", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "standard",
                    "version",
                    "factor_code",
                    "names",
                    "limit_class",
                    "period",
                    "note",
                ],
                name="one_row_a_limit",
            )
        ]


class StationQuerySet(models.QuerySet["Station"]):
    def visible_to(self, asker: Asker) -> StationQuerySet:
        """The bureau sees all; others those of the features they see. Nobody signed out asks for stations."""
        if asker.may(May.SEE_BUREAU):
            return self
        if not asker.signed_in:
            return self.none()
        return self.filter(feature__in=Feature.objects.visible_to(asker))


class Station(models.Model):
    """A data logger that reports readings, known by its MN code; may belong to a feature."""

    class Protocol(models.TextChoices):
        HJ212 = "hj212", "HJ 212"
        MQTT = "mqtt", "MQTT"
        HTTP = "http", "HTTP"

    mn = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    protocol = models.CharField(max_length=8, choices=Protocol, default=Protocol.HJ212)
    st = models.CharField(max_length=2, default="", blank=True)
    password = models.CharField(max_length=40, default="", blank=True)  # PW of the wire, sent in clear by the protocol
    is_open = models.BooleanField(default=False)  # PW is not checked
    commands = models.BooleanField(default=False)  # the gateway may send it commands
    require_flag = models.BooleanField(default=False)
    leniencies = ArrayField(models.CharField(max_length=20), default=list, blank=True)  # hj212.md §6, all off
    feature = models.ForeignKey(Feature, models.PROTECT, null=True, blank=True, related_name="stations")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="stations")
    location = models.PointField(srid=4326, null=True, blank=True)
    units = models.JSONField(default=dict, blank=True)  # factor code → unit on the wire
    aliases = models.JSONField(default=dict, blank=True)  # factor name on the wire → code
    expected_interval = models.PositiveIntegerField(default=60)  # seconds
    last_seen = models.DateTimeField(null=True)  # arrival of the last reading
    silent_since = models.DateTimeField(null=True)
    notes = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # oddities of its frames, hj212.Note
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["last_seen"],
                name="station_last_seen",
                condition=Q(silent_since=None),
            )
        ]
        triggers = [
            Audited(
                name="audited",
                kind="station",
                watch=(
                    "mn", "name", "protocol", "st", "password", "is_open", "commands", "require_flag", "leniencies",
                    "feature_id", "department_id", "location", "units", "aliases", "expected_interval",
                ),
                hidden=("password",),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} ({self.mn})"


class Reading(models.Model):
    """One value of one factor of one station at one time, of a kind. Monthly range partitions by `time` (migration 0002)."""

    class Kind(models.TextChoices):
        REALTIME = "realtime", _("real-time")
        MINUTE = "minute", _("minute")
        HOUR = "hour", _("hour")
        DAY = "day", _("day")

    pk = models.CompositePrimaryKey("station_id", "factor", "kind", "time")
    station = models.ForeignKey(Station, models.PROTECT, related_name="readings", db_index=False)
    factor = models.CharField(max_length=40)  # a code; unknown ones are kept under their raw code
    kind = models.CharField(max_length=8, choices=Kind)
    time = models.DateTimeField()  # the start of the period, or the moment of sampling
    value = models.DecimalField(**VALUE, null=True)
    minimum = models.DecimalField(**VALUE, null=True)
    maximum = models.DecimalField(**VALUE, null=True)
    total = models.DecimalField(**VALUE, null=True)
    converted = models.DecimalField(**VALUE, null=True)
    flag = models.CharField(max_length=4, null=True)  # as sent; null is not N
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-time"]


class AlarmRuleQuerySet(models.QuerySet["AlarmRule"]):
    def visible_to(self, asker: Asker) -> AlarmRuleQuerySet:
        """Rules are the bureau's own business."""
        there = self.filter(deleted_at=None)
        return there if asker.may(May.SEE_BUREAU) else there.none()


class Severity(models.TextChoices):
    INFO = "info", _("info")
    MINOR = "minor", _("minor")
    MAJOR = "major", _("major")
    CRITICAL = "critical", _("critical")


class AlarmRule(models.Model):
    """A condition over the readings of one factor and kind, for a layer, a feature or a station."""

    name = models.CharField(max_length=200)
    layer = models.ForeignKey(Layer, models.CASCADE, null=True, blank=True, related_name="rules")
    feature = models.ForeignKey(Feature, models.CASCADE, null=True, blank=True, related_name="rules")
    station = models.ForeignKey(Station, models.CASCADE, null=True, blank=True, related_name="rules")
    factor = models.ForeignKey(Factor, models.PROTECT, related_name="rules")
    kind = models.CharField(max_length=8, choices=Reading.Kind)
    above = models.DecimalField(**VALUE)
    for_minutes = models.PositiveIntegerField(default=0)
    clear_below = models.DecimalField(**VALUE)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.MINOR)
    enabled = models.BooleanField(default=True)
    auto_issue = models.BooleanField(default=True)
    is_warning = models.BooleanField(default=True)  # 预警: an early warning, not a statutory exceedance
    limit = models.ForeignKey(Limit, models.PROTECT, null=True, blank=True, related_name="rules")
    builtin = models.CharField(max_length=64, null=True, unique=True)  # key of a rule that came with the product
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AlarmRuleQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="rule_has_one_scope",
                condition=Q(layer__isnull=False, feature=None, station=None)
                | Q(layer=None, feature__isnull=False, station=None)
                | Q(layer=None, feature=None, station__isnull=False),
                violation_error_message=_("A rule is for one layer, one feature or one station."),
            ),
            models.CheckConstraint(
                name="rule_clears_at_or_below_its_limit",
                condition=Q(clear_below__lte=models.F("above")),
                violation_error_message=_("An alarm must clear at or below the value above which it began."),
            ),
        ]
        triggers = [Audited(name="audited", kind="rule")]

    def __str__(self) -> str:
        return self.name


class RuleState(models.Model):
    """What a rule knows of a station: rows are locked in (station, rule) order while readings are judged."""

    rule = models.ForeignKey(AlarmRule, models.CASCADE, related_name="states")
    station = models.ForeignKey(Station, models.CASCADE, related_name="rule_states")
    state = models.JSONField(default=dict)  # thresholds.State

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "rule"], name="one_state_a_station_and_rule")]


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def visible_to(self, asker: Asker) -> AlarmQuerySet:
        """An alarm is seen by whoever sees its feature; one without a feature by the bureau."""
        if asker.may(May.SEE_BUREAU):
            return self
        return self.filter(feature__in=Feature.objects.visible_to(asker))


class Alarm(models.Model):
    """One span of time in which a rule held at a station; at most one open a rule and station."""

    rule = models.ForeignKey(AlarmRule, models.PROTECT, related_name="alarms")
    station = models.ForeignKey(Station, models.PROTECT, related_name="alarms")
    feature = models.ForeignKey(Feature, models.PROTECT, null=True, related_name="alarms")
    layer = models.ForeignKey(Layer, models.PROTECT, null=True, related_name="alarms")
    factor = models.ForeignKey(Factor, models.PROTECT, related_name="+")
    severity = models.CharField(max_length=10, choices=Severity)
    opened_at = models.DateTimeField()  # time of the reading that decided
    first_value = models.DecimalField(**VALUE)
    last_value = models.DecimalField(**VALUE)
    peak_value = models.DecimalField(**VALUE)
    limit = models.JSONField()  # {"value", "unit", "standard", "clause"} as it stood
    cleared_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledge_note = models.CharField(max_length=500, default="")
    created_at = models.DateTimeField(db_default=Now())

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "station"],
                condition=Q(cleared_at=None),
                name="one_open_alarm_a_rule_and_station",
            )
        ]
        indexes = [
            models.Index(fields=["feature"], name="alarm_open", condition=Q(cleared_at=None)),
            models.Index(fields=["layer", "-opened_at"], name="alarm_layer"),
        ]


class DeadLetter(models.Model):
    """A frame that was refused, as it came, with the reason; the counter beside it outlives forgetting."""

    at = models.DateTimeField(db_default=Now())
    raw = models.BinaryField()
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, default="")
    mn = models.CharField(max_length=60, default="")
    address = models.CharField(max_length=64, default="")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at"]), models.Index(fields=["reason", "-at"])]


class DeadLetterCount(models.Model):
    """How many frames were refused for a reason since the beginning, those whose bytes were not kept included."""

    reason = models.CharField(max_length=40, unique=True)
    total = models.PositiveBigIntegerField(default=0)
    kept = models.PositiveBigIntegerField(default=0)
