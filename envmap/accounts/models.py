"""People, departments, and who is what where."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from envmap.core.names import in_language
from envmap.core.triggers import Audited

from .asker import Asker
from .roles import MEMBER_ROLES, ROLE_NAMES, May, Role, Scope


class DepartmentQuerySet(models.QuerySet["Department"]):
    def visible_to(self, asker: Asker) -> DepartmentQuerySet:
        """Everybody signed in knows which departments there are; nobody else does."""
        return self if asker.signed_in and asker.role is not Role.STATION else self.none()


class Department(models.Model):
    """The bureau, a town or street, a sector department, an operator, an enterprise or a contractor."""

    class Kind(models.TextChoices):
        BUREAU = "bureau", _("bureau")
        TOWN = "town", _("town or street")
        SECTOR = "sector", _("sector department")
        OPERATOR = "operator", _("operator")
        ENTERPRISE = "enterprise", _("enterprise")
        CONTRACTOR = "contractor", _("contractor")

    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField()
    kind = models.CharField(max_length=16, choices=Kind)
    sector_hint = models.CharField(max_length=40, blank=True, default="")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    phone = models.CharField(max_length=40, blank=True, default="")
    seat = models.PointField(srid=4326, null=True, blank=True)  # where its people set out from
    is_active = models.BooleanField(default=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        triggers = [Audited(name="audited", kind="department")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(self.names)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, asker: Asker) -> UserQuerySet:
        """The bureau sees people, a manager those of the own unit, everybody themselves."""
        if asker.may(May.SEE_PEOPLE):
            return self
        if asker.may(May.SEE_OWN_UNIT_PEOPLE):
            return self.filter(
                memberships__department_id=asker.department_id or 0,
                memberships__ended_at=None,
            ).distinct()
        return self.filter(pk=asker.user_id) if asker.user_id else self.none()


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> User:
        user: User = self.get(username__iexact=username)
        return user


class User(AbstractBaseUser):
    """A person who signs in. None is a Django superuser: rights come from memberships alone."""

    username = models.CharField(max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField(max_length=60)
    phone = models.CharField(max_length=40, blank=True, default="")
    letter_keys = models.BooleanField(default=True)  # single-letter shortcuts work (WCAG 2.2, 2.1.4)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)  # signs in only while ENVMAP_DEMO=1
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[Any] = UserManager()

    class Meta:
        ordering = ["username"]
        triggers = [
            Audited(
                name="audited",
                kind="user",
                watch=("username", "name", "is_active", "password", "is_demo"),
                hidden=("password", "phone", "name"),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role in a department; ended, never deleted, so that old trails can still be read."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(r.value, ROLE_NAMES[r]) for r in MEMBER_ROLES])
    is_default = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-is_default", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "department", "role"],
                condition=Q(ended_at=None),
                name="one_membership_a_role_and_department",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in MEMBER_ROLES]),
                name="membership_role_is_known",
            ),
        ]
        triggers = [Audited(name="audited", kind="role")]


class Token(models.Model):
    """A key for scripts, kept as SHA-256 of 256 random bits; a station's token bears its MN and no user."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="tokens")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True)
    station = models.CharField(max_length=40, null=True)
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=10, choices=[(s.value, s.value) for s in Scope]))
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(membership__isnull=False, station=None) | Q(membership=None, station__isnull=False),
                name="token_is_a_persons_or_a_stations",
            )
        ]
        triggers = [
            Audited(
                name="audited",
                kind="token",
                watch=("name", "scopes", "station", "revoked_at", "user_id"),
                hidden=("digest",),
            )
        ]


class LastLookQuerySet(models.QuerySet["LastLook"]):
    def visible_to(self, asker: Asker) -> LastLookQuerySet:
        """One's own only: what a person has read is nobody else's business."""
        return self.filter(user_id=asker.user_id) if asker.user_id else self.none()


class LastLook(models.Model):
    """When a person last looked at a list, so that the next look shows what has come since."""

    class Place(models.TextChoices):
        ISSUES = "issues", _("issues")
        ORDERS = "orders", _("orders")
        ALARMS = "alarms", _("alarms")

    user = models.ForeignKey(User, models.CASCADE, related_name="last_looks")
    place = models.CharField(max_length=16, choices=Place)
    at = models.DateTimeField()

    objects = LastLookQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "place"], name="one_last_look_a_place")]
