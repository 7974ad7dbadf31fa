"""What is out there: layers, their features, how these are doing, and who may see them."""

from __future__ import annotations

import pgtrigger
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Exists, IntegerField, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Floor, Now, Random, Upper
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, User
from envmap.accounts.roles import May, Role
from envmap.core.names import in_language
from envmap.core.triggers import AppendOnly, Audited

from .conditions import BY_RANK, Condition, Source
from .touches import AREAS, OF_FEATURE, Touches


class Area(models.Model):
    """A named place: the district, its towns, waters. `schematic` ones (示意) are drawn by hand for want of public data."""

    class Kind(models.TextChoices):
        DISTRICT = "district", _("district")
        TOWN = "town", _("town or street")
        LAND = "land", _("land")
        SEA = "sea", _("sea")
        STREAM = "stream", _("stream")
        COAST = "coast", _("coast")
        BOUNDARY = "boundary", _("district boundary")
        FLAT = "flat", _("tidal flat")
        WATERLINE = "waterline", _("waterline")
        WATERS = "waters", _("named waters")
        VILLAGE = "village", _("village")

    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField()
    kind = models.CharField(max_length=16, choices=Kind)
    geometry = models.GeometryField(srid=4326)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="areas")
    schematic = models.BooleanField(default=False)
    attribution = models.CharField(max_length=200, default="", blank=True)
    drawing = models.JSONField(
        default=dict, blank=True
    )  # hints for the basemap: where the label stands, how main it is

    class Meta:
        ordering = ["code"]
        triggers = [Touches(layer=str(AREAS))]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(self.names)


class LayerQuerySet(models.QuerySet["Layer"]):
    def visible_to(self, asker: Asker) -> LayerQuerySet:
        """Public layers, those shared with the own department, and those in which a feature is visible; the bureau all."""
        if asker.role is Role.STATION:
            return self.none()
        if asker.may(May.SEE_BUREAU):
            return self
        if asker.department_id is None:
            return self.filter(public=True)
        shared = LayerShare.objects.filter(layer=OuterRef("pk"), department_id=asker.department_id or 0)
        own = Feature.objects.filter(layer=OuterRef("pk"), deleted_at=None).tied_to(asker)
        return self.filter(Q(public=True) | Exists(shared) | Exists(own))


class Layer(models.Model):
    """A kind of thing on the map: names, geometry kinds, attribute schema (JSON Schema 2020-12), style, who sees it."""

    key = models.SlugField(max_length=64, unique=True)
    names = models.JSONField()
    descriptions = models.JSONField(default=dict, blank=True)
    code_prefix = models.CharField(max_length=20, default="", blank=True)  # of the codes that the product gives
    geometry = ArrayField(models.CharField(max_length=20))  # GeoJSON geometry types that its features may have
    schema = models.JSONField()
    style = models.JSONField(default=dict)
    public = models.BooleanField(default=False)
    expected_factors = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=100)
    builtin = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LayerQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        triggers = [
            Audited(name="audited", kind="layer"),
            Touches(layer="CASE TG_OP WHEN 'DELETE' THEN NULL ELSE changed.id END"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(self.names)


class LayerShare(models.Model):
    """A department that sees a layer which is not public."""

    layer = models.ForeignKey(Layer, models.CASCADE, related_name="shares")
    department = models.ForeignKey(Department, models.PROTECT, related_name="shared_layers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["layer", "department"], name="one_share_a_layer_and_department")]
        triggers = [Audited(name="audited", kind="share"), Touches(layer="changed.layer_id")]


class LayerTouch(models.Model):
    """A transaction changed what a layer shows (`touches`); the sum of the weights is the layer's revision."""

    layer_id = models.BigIntegerField(db_index=True)  # no foreign key: a layer's own removal must not trip over it
    weight = models.DecimalField(
        max_digits=40, decimal_places=0, db_default=Floor(Random() * 9007199254740992, output_field=models.FloatField())
    )


class FeatureQuerySet(models.QuerySet["Feature"]):
    def visible_to(self, asker: Asker) -> FeatureQuerySet:
        """Features that are there and that the asker may know of: the one rule for tiles, lists, counts, facts and files."""
        there = self.filter(deleted_at=None)
        if asker.role is Role.STATION:
            return there.none()
        if asker.may(May.SEE_BUREAU):
            return there
        public = Q(layer__public=True)
        if asker.department_id is None:
            return there.filter(public)
        shared = Q(layer__in=LayerShare.objects.filter(department_id=asker.department_id or 0).values("layer"))
        return there.filter(public | shared | self._ties(asker))

    def tied_to(self, asker: Asker) -> FeatureQuerySet:
        """Those that the asker's department has to do with: an order of its own; for partners also duty unit or party."""
        return self.filter(self._ties(asker))

    @staticmethod
    def _ties(asker: Asker) -> Q:
        grants = FeatureGrant.objects.filter(department_id=asker.department_id or 0).filter(
            Q(until=None) | Q(until__gt=Now())
        )
        ties = Q(pk__in=grants.values("feature"))
        if asker.role is Role.PARTNER:
            parties = FeatureParty.objects.filter(department_id=asker.department_id or 0)
            ties |= Q(department_id=asker.department_id or 0) | Q(pk__in=parties.values("feature"))
        return ties

    def with_condition(self) -> FeatureQuerySet:
        """Adds `condition_rank`, the worst open condition's number (`conditions.RANK`)."""
        open_ones = (
            FeatureCondition.objects.filter(feature=OuterRef("pk"), until=None).order_by("-rank").values("rank")[:1]
        )
        return self.annotate(condition_rank=Coalesce(models.Subquery(open_ones), Value(0), output_field=IntegerField()))


class Feature(models.Model):
    """One thing of a layer. `version` rises with edits only: no alarm makes an editor's save stale."""

    layer = models.ForeignKey(Layer, models.PROTECT, related_name="features")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    geometry = models.GeometryField(srid=4326, spatial_index=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="features")
    town = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="features")
    attributes = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = FeatureQuerySet.as_manager()

    class Meta:
        ordering = ["code", "pk"]
        constraints = [
            # Deleted ones keep their code: an old order must never point at a new thing of the same code.
            models.UniqueConstraint(fields=["layer", "code"], name="feature_code_is_unique_in_its_layer")
        ]
        indexes = [
            GinIndex(
                fields=["attributes"],
                opclasses=["jsonb_path_ops"],
                name="feature_attributes",
            ),
            models.Index(
                fields=["layer", "town"],
                name="feature_town",
                condition=Q(deleted_at=None),
            ),
            GinIndex(
                OpClass(Upper("name"), name="gin_trgm_ops"),
                name="feature_name_trigrams",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="history",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN RETURN NULL; END IF;
                    INSERT INTO catalogue_featurehistory
                        (feature_id, version, at, actor, code, name, geometry, department_id, town_id, attributes, deleted_at)
                    VALUES (NEW.id, NEW.version, clock_timestamp(), nullif(current_setting('envmap.actor', true), '')::jsonb,
                            NEW.code, NEW.name, NEW.geometry, NEW.department_id, NEW.town_id, NEW.attributes, NEW.deleted_at);
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="version_rises",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (NEW.code, NEW.name, NEW.geometry::bytea, NEW.department_id, NEW.attributes, NEW.deleted_at)
                       IS DISTINCT FROM
                       (OLD.code, OLD.name, OLD.geometry::bytea, OLD.department_id, OLD.attributes, OLD.deleted_at)
                    THEN NEW.version := OLD.version + 1;
                    ELSE NEW.version := OLD.version; END IF;
                    RETURN NEW;
                """,
            ),
            Touches(layer="changed.layer_id"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def condition(self) -> Condition:
        """The worst open condition; needs `with_condition()`."""
        return BY_RANK[self.condition_rank]  # type: ignore[attr-defined]


class FeatureHistory(models.Model):
    """A version of a feature with who made it: written by the database at each edit, append-only."""

    feature = models.ForeignKey(Feature, models.CASCADE, related_name="history", db_constraint=False)
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.JSONField(null=True)
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    geometry = models.GeometryField(srid=4326, spatial_index=False)
    department_id = models.BigIntegerField(null=True)
    town_id = models.BigIntegerField(null=True)
    attributes = models.JSONField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["feature", "version"], name="one_history_row_a_version")]
        triggers = [AppendOnly(name="append_only")]


class FeatureCondition(models.Model):
    """A span of time in which a room said how a feature was doing; one open a feature and source, ended ones stay."""

    feature = models.ForeignKey(Feature, models.CASCADE, related_name="conditions")
    source = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Source])
    rank = models.PositiveSmallIntegerField()  # conditions.RANK
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feature", "source"],
                condition=Q(until=None),
                name="one_open_condition_a_source",
            ),
            models.CheckConstraint(condition=Q(rank__in=[1, 2, 3, 4]), name="condition_rank_is_known"),
        ]
        indexes = [
            models.Index(
                fields=["feature", "-rank"],
                name="condition_open",
                condition=Q(until=None),
            )
        ]
        triggers = [Touches(layer=OF_FEATURE)]

    @property
    def level(self) -> Condition:
        return BY_RANK[self.rank]


class FeatureParty(models.Model):
    """A department that has to do with a feature: its owner, operator, contractor, or the sector department."""

    class Part(models.TextChoices):
        OWNER = "owner", _("owner")
        OPERATOR = "operator", _("operator")
        CONTRACTOR = "contractor", _("contractor")
        SECTOR = "sector", _("sector department")

    feature = models.ForeignKey(Feature, models.CASCADE, related_name="parties")
    department = models.ForeignKey(Department, models.PROTECT, related_name="parts")
    part = models.CharField(max_length=16, choices=Part)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feature", "department", "part"],
                name="one_part_a_feature_and_department",
            )
        ]
        triggers = [Touches(layer=OF_FEATURE)]


class FeatureGrant(models.Model):
    """Lets a department see one feature, for the sake of an order (`reason` is its number), until the order has ended."""

    feature = models.ForeignKey(Feature, models.CASCADE, related_name="grants")
    department = models.ForeignKey(Department, models.PROTECT, related_name="grants")
    reason = models.CharField(max_length=64)
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feature", "department", "reason"], name="one_grant_a_reason")]
        triggers = [Touches(layer=OF_FEATURE)]


class Attachment(models.Model):
    """A file as it came, with what it says of itself. Until it hangs on something only its uploader sees it."""

    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    file = models.CharField(max_length=200)  # below MEDIA_ROOT
    thumbnail = models.CharField(max_length=200, default="")
    original_name = models.CharField(max_length=200, default="")
    taken_at = models.DateTimeField(null=True)  # EXIF
    location = models.PointField(srid=4326, null=True)  # EXIF
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    uploader = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(db_default=Now())
    hung_at = models.DateTimeField(null=True)  # since when it hangs on something

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(
                fields=["uploaded_at"],
                name="attachment_unused",
                condition=Q(hung_at=None),
            )
        ]


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, asker: Asker) -> SavedViewQuerySet:
        """One's own, and those that somebody of the current department shares with it."""
        if not asker.user_id:
            return self.none()
        return self.filter(Q(owner_id=asker.user_id) | Q(department_id=asker.department_id or 0))


class SavedView(models.Model):
    """A view of the map under a name: the state that the map keeps in its address, kept by a person or shared in a unit."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True, related_name="saved_views")
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=2000)  # what stands behind "#" in the address of the map
    created_at = models.DateTimeField(db_default=Now())

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_saved_view_a_name")]

    def __str__(self) -> str:
        return self.name
