"""Departments and people, made, moved and disabled by an administrator. Signing in and tokens stand in `signin.py`."""

from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.errors import BadInput, Conflict, NotVisible

from . import rules
from .asker import Asker
from .models import Department, Membership, Token, User
from .roles import May, Role
from .signals import rights_changed
from .signin import (
    change_password,
    check_basic,
    make_token,
    revoke_token,
    set_letter_keys,
    sign_in,
    sign_out,
    switch_membership,
)

__all__ = [
    "add_membership",
    "change_password",
    "check_basic",
    "disable_user",
    "enable_user",
    "end_membership",
    "make_department",
    "make_token",
    "make_user",
    "reset_password",
    "revoke_token",
    "set_letter_keys",
    "sign_in",
    "sign_out",
    "switch_membership",
    "tell_rights_changed_in",
    "update_department",
]


def department_of(code: str, *, field: str = "department") -> Department:
    """The active department of a code; BadInput names `field` where there is none."""
    department = Department.objects.filter(code=code, is_active=True).first()
    if department is None:
        raise rules.refuse(field, _("There is no department %(code)s.") % {"code": code})
    return department


def _locked_user(username: str) -> User:
    """The person, with the row locked; NotVisible where there is none."""
    user: User | None = User.objects.select_for_update().filter(username=username).first()
    if user is None:
        raise NotVisible(_("There is nobody with the username %(username)s.") % {"username": username})
    return user


def _tell_rights_changed(user_id: int) -> None:
    """Sends the nudge once the change is committed."""
    transaction.on_commit(lambda: rights_changed.send(sender=None, user_id=user_id))


def tell_rights_changed_in(department: Department) -> None:
    """Whoever has a role in a department may see other things than before: their open pages hear of it on commit."""
    for user_id in set(department.memberships.filter(ended_at=None).values_list("user_id", flat=True)):
        _tell_rights_changed(user_id)


def make_department(
    *,
    by: Asker,
    code: str,
    names: dict[str, str],
    kind: str,
    parent: str | None = None,
    sector_hint: str = "",
    phone: str = "",
    seat: Point | None = None,
) -> Department:
    """Adds a department; `seat` is where its people set out from (EPSG:4326). Raises BadInput, Conflict where the code is taken."""
    by.require(May.EDIT_PEOPLE)
    rules.check_code(code)
    if kind not in Department.Kind.values:
        raise rules.refuse(
            "kind", _("Unknown kind; it is one of %(kinds)s.") % {"kinds": ", ".join(Department.Kind.values)}
        )
    above = department_of(parent, field="parent") if parent else None
    with acting(by.actor):
        try:
            with transaction.atomic():
                return Department.objects.create(
                    code=code,
                    names=rules.check_names(names),
                    kind=kind,
                    parent=above,
                    sector_hint=sector_hint,
                    phone=phone,
                    seat=seat,
                )
        except IntegrityError:
            raise Conflict(_("A department with the code %(code)s is there already.") % {"code": code}) from None


def update_department(*, by: Asker, code: str, **changes: Any) -> Department:
    """Changes names, parent (a code or None), sector_hint, phone, seat (a Point in EPSG:4326 or None) or is_active.

    Raises NotVisible, BadInput: also where closing it would leave nobody who administers.
    """
    by.require(May.EDIT_PEOPLE)
    with acting(by.actor):
        department = Department.objects.select_for_update().filter(code=code).first()
        if department is None:
            raise NotVisible(_("There is no department %(code)s.") % {"code": code})
        for name, value in changes.items():
            if name == "names":
                department.names = rules.check_names(value)
            elif name == "parent":
                department.parent = department_of(value, field="parent") if value else None
            elif name in {"sector_hint", "phone", "seat", "is_active"}:
                setattr(department, name, value)
            else:
                raise rules.refuse(name, _("A department has no %(name)s to change.") % {"name": name})
        _refuse_circle(department)
        if not department.is_active:
            _refuse_without_admin(besides=department.memberships.values("pk"))
        department.save()
        if not department.is_active:
            tell_rights_changed_in(department)
        return department


def _refuse_circle(department: Department) -> None:
    """A department below itself would hang every walk up the tree."""
    above = department.parent
    while above is not None:
        if above.pk == department.pk:
            raise rules.refuse("parent", _("A department cannot be below itself."))
        above = above.parent


def make_user(
    *, by: Asker, username: str, name: str, password: str | None, phone: str = "", is_demo: bool = False
) -> User:
    """Adds a person, who sees nothing of their own until a membership is added. Raises BadInput, Conflict.

    Without a password the person cannot sign in until an administrator sets one.
    """
    by.require(May.EDIT_PEOPLE)
    user = User(username=username.strip(), name=name.strip(), phone=phone, is_demo=is_demo)
    if not user.name:
        raise rules.refuse("name", _("Write the person's name."))
    if not rules.CODE.fullmatch(user.username):
        raise rules.refuse(
            "username", _("A username has 1 to 40 letters, digits, - or _ and begins with a letter or digit.")
        )
    if password is None:
        user.set_unusable_password()
    else:
        rules.check_password(password, user)
        user.set_password(password)
    with acting(by.actor):
        if User.objects.filter(username__iexact=user.username).exists():
            raise Conflict(_("The username %(username)s is taken.") % {"username": user.username})
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError:
            raise Conflict(_("The username %(username)s is taken.") % {"username": user.username}) from None
        return user


def add_membership(*, by: Asker, username: str, department: str, role: str, is_default: bool = False) -> Membership:
    """Gives a person a role in a department. Raises NotVisible, BadInput, Conflict where it is held already."""
    by.require(May.EDIT_PEOPLE)
    place = department_of(department)
    known = rules.check_role(role, place.kind)
    with acting(by.actor):
        user = _locked_user(username)
        if user.memberships.filter(department=place, role=known, ended_at=None).exists():
            raise Conflict(_("This role is held there already."))
        if is_default:
            user.memberships.filter(is_default=True).update(is_default=False)
        membership = Membership.objects.create(user=user, department=place, role=known, is_default=is_default)
        _tell_rights_changed(user.pk)
        return membership


def end_membership(*, by: Asker, membership_id: int) -> Membership:
    """Ends a role; its tokens die with it. The last administrator's own role cannot be ended. Raises NotVisible, BadInput."""
    by.require(May.EDIT_PEOPLE)
    with acting(by.actor):
        membership = Membership.objects.select_for_update().filter(pk=membership_id, ended_at=None).first()
        if membership is None:
            raise NotVisible(_("There is no such membership."))
        _refuse_without_admin(besides=Membership.objects.filter(pk=membership.pk).values("pk"))
        membership.ended_at = clock.now()
        membership.is_default = False
        membership.save(update_fields=["ended_at", "is_default"])
        Token.objects.filter(membership=membership, revoked_at=None).update(revoked_at=clock.now())
        _tell_rights_changed(membership.user_id)
        return membership


def _refuse_without_admin(*, besides: Any) -> None:
    """Somebody must remain who can let people in. Locks the administrators' rows, so that two cannot end each other."""
    able = Membership.objects.filter(role=Role.ADMIN, ended_at=None, user__is_active=True, department__is_active=True)
    if not settings.DEMO:
        able = able.filter(user__is_demo=False)  # they cannot sign in, so they are nobody's rescue
    admins = list(able.select_for_update(of=("self",)).values_list("pk", flat=True))
    ending = {row["pk"] for row in besides}
    if admins and not set(admins) - ending:
        raise BadInput(_("This is the last administrator; name another one first."))


def disable_user(*, by: Asker, username: str) -> User:
    """Shuts a person out at once: session, tokens and open sockets. Raises NotVisible, BadInput for the last administrator."""
    by.require(May.EDIT_PEOPLE)
    with acting(by.actor):
        user = _locked_user(username)
        _refuse_without_admin(besides=user.memberships.values("pk"))
        user.is_active = False
        user.save(update_fields=["is_active"])
        Token.objects.filter(user=user, revoked_at=None).update(revoked_at=clock.now())
        _tell_rights_changed(user.pk)
        return user


def enable_user(*, by: Asker, username: str) -> User:
    """Lets a disabled person in again; tokens stay revoked. Raises NotVisible."""
    by.require(May.EDIT_PEOPLE)
    with acting(by.actor):
        user = _locked_user(username)
        user.is_active = True
        user.save(update_fields=["is_active"])
        return user


def reset_password(*, by: Asker, username: str, password: str) -> User:
    """Sets another person's password; their sessions end by it. Raises NotVisible, BadInput."""
    by.require(May.EDIT_PEOPLE)
    with acting(by.actor):
        user = _locked_user(username)
        rules.check_password(password, user)
        user.set_password(password)
        user.save(update_fields=["password"])
        _tell_rights_changed(user.pk)
        return user
