"""Who is asking, and who is there."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from envmap.core import clock
from envmap.core.errors import NotSignedIn

from .asker import ANONYMOUS, Asker
from .models import Department, Membership, Token, User
from .roles import May, Role, Scope

SESSION_MEMBERSHIP = "membership"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def digest(token: str) -> str:
    """What of a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def may_sign_in(user: User) -> bool:
    """Active, and no demo account outside a demo."""
    return user.is_active and (settings.DEMO or not user.is_demo)


def asker_for(user: User, membership_id: int | None = None, **narrowing: object) -> Asker:
    """The asker of a signed-in person in the named membership, else in the default one; ANONYMOUS without any."""
    if not may_sign_in(user):
        return ANONYMOUS
    memberships = list(
        Membership.objects.filter(user=user, ended_at=None, department__is_active=True).select_related("department")
    )
    current = next(
        (m for m in memberships if m.pk == membership_id),
        memberships[0] if memberships else None,
    )
    if current is None:
        return ANONYMOUS
    return Asker(
        role=Role(current.role),
        user_id=user.pk,
        username=user.username,
        name=user.name,
        department_id=current.department_id,
        department_code=current.department.code,
        membership_id=current.pk,
        department_ids=frozenset(m.department_id for m in memberships),
        **narrowing,  # type: ignore[arg-type]
    )


def asker_with_token(raw: str) -> Asker:
    """The asker behind a Bearer token. Raises NotSignedIn for one that is unknown, revoked or whose membership has ended."""
    token = (
        Token.objects.select_related("user", "membership__department")
        .filter(digest=digest(raw), revoked_at=None)
        .first()
    )
    refusal = NotSignedIn(_("This token is not known or no longer valid."))
    if token is None:
        raise refusal
    if token.last_used_at is None or token.last_used_at < clock.now() - timedelta(minutes=5):
        Token.objects.filter(pk=token.pk).update(last_used_at=clock.now())
    scopes = frozenset(Scope(s) for s in token.scopes)
    if token.station is not None:
        return Asker(role=Role.STATION, scopes=scopes, station=token.station, token_id=token.pk)
    membership = token.membership
    if membership is None or token.user is None or membership.ended_at is not None:
        raise refusal
    asker = asker_for(token.user, membership.pk, scopes=scopes, token_id=token.pk)
    if asker.membership_id != membership.pk:
        raise refusal
    return asker


def asker_of(request: HttpRequest) -> Asker:
    """The asker of an HTTP request: its Bearer token if it has one, else its session.

    Raises NotSignedIn for a bad token, NotAllowed where one that reads nothing asks to read.
    """
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        asker = asker_with_token(header.removeprefix("Bearer ").strip())
        if request.method in READING:
            asker.require_reading()
        return asker
    user = get_user(request)
    if not isinstance(user, User):
        return ANONYMOUS
    return asker_for(user, request.session.get(SESSION_MEMBERSHIP))


def tokens_of(asker: Asker) -> QuerySet[Token]:
    """The asker's own tokens that are valid, and those of stations for whoever may make them; newest first."""
    own = Q(user_id=asker.user_id) if asker.user_id else Q(pk=None)
    if asker.may(May.EDIT_STATIONS):
        own |= Q(station__isnull=False)
    return Token.objects.filter(own, revoked_at=None)


def memberships_of(asker: Asker) -> list[Membership]:
    """The asker's open memberships, the default one first, departments selected."""
    return list(
        Membership.objects.filter(user_id=asker.user_id or 0, ended_at=None, department__is_active=True).select_related(
            "department"
        )
    )


def departments(asker: Asker) -> QuerySet[Department]:
    """Active departments by code, parents selected."""
    return Department.objects.visible_to(asker).filter(is_active=True).select_related("parent").order_by("code", "pk")


def people(asker: Asker, *, department: str | None = None, role: str | None = None) -> QuerySet[Membership]:
    """Open memberships of the people whom the asker may see, by username; one row a person and role."""
    rows = Membership.objects.filter(
        ended_at=None, user__is_active=True, user__in=User.objects.visible_to(asker)
    ).select_related("user", "department")
    if asker.may(May.SEE_OWN_UNIT_PEOPLE) and not asker.may(May.SEE_PEOPLE):
        rows = rows.filter(department_id=asker.department_id or 0)
    if department is not None:
        rows = rows.filter(department__code=department)
    if role is not None:
        rows = rows.filter(role=role)
    return rows.order_by("user__username", "pk")


def has_letter_keys(asker: Asker) -> bool:
    """Whether single-letter shortcuts work for the asker; for visitors they do."""
    if not asker.user_id:
        return True
    return User.objects.filter(pk=asker.user_id).values_list("letter_keys", flat=True).first() is not False
