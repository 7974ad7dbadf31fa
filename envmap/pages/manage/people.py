"""Departments and people: made, moved, disabled; passwords reset; roles given and ended."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from envmap.accounts import actions
from envmap.accounts.models import Department, Membership, User
from envmap.accounts.roles import May
from envmap.core.errors import NotVisible

from ..doors import asker_of, page
from ..forms import Form
from ..sending import bound, submit
from .forms import DepartmentForm, MembershipForm, NewDepartmentForm, ResetForm, UserForm
from .shell import show

PAGE = 50
OPEN_ROLES = Prefetch(
    "memberships",
    Membership.objects.filter(ended_at=None).select_related("department"),
    to_attr="open_memberships",
)


def _note(request: HttpRequest, sentence: str) -> None:
    messages.success(request, sentence)


@page(May.EDIT_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with their roles, filtered by name, department, role and whether they can sign in."""
    asker = asker_of(request)
    rows = User.objects.visible_to(asker).prefetch_related(OPEN_ROLES).order_by("username", "pk")
    q, department, role, state = (
        request.GET.get(name, "").strip()[:100] for name in ("q", "department", "role", "state")
    )
    if q:
        rows = rows.filter(Q(username__icontains=q) | Q(name__icontains=q))
    if department or role:
        held = Membership.objects.filter(ended_at=None)
        held = held.filter(department__code=department) if department else held
        held = held.filter(role=role) if role else held
        rows = rows.filter(pk__in=held.values("user"))
    if state in {"active", "disabled"}:
        rows = rows.filter(is_active=state == "active")
    context = {
        "rows": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "departments": Department.objects.visible_to(asker).order_by("code"),
        "roles": Membership._meta.get_field("role").choices,
        "q": q, "department": department, "role": role, "state": state,
    }  # fmt: skip
    return show(request, "people.html", context)


@sensitive_post_parameters("password")
@page(May.EDIT_PEOPLE)
def new_person(request: HttpRequest) -> HttpResponse:
    """A person with a first role, both or neither."""
    asker = asker_of(request)
    form = UserForm(asker=asker, **bound(request))

    def make() -> str:
        data = form.cleaned_data
        user = actions.make_user(
            by=asker, username=data["username"], name=data["name"], password=data["password"], phone=data["phone"]
        )
        actions.add_membership(
            by=asker, username=user.username, department=data["department"], role=data["role"], is_default=True
        )
        _note(request, _("%(name)s can sign in now.") % {"name": user.name})
        return f"/manage/people/{user.username}/"

    done, status = submit(request, form, make)
    return done or show(
        request, "new.html", {"form": form, "title": _("New person"), "back": "/manage/people/"}, status
    )


def _person(request: HttpRequest, username: str) -> Any:
    """A person with `open_memberships`; NotVisible."""
    user = User.objects.visible_to(asker_of(request)).prefetch_related(OPEN_ROLES).filter(username=username).first()
    if user is None:
        raise NotVisible(_("There is nobody with the username %(username)s.") % {"username": username})
    return user


@page(May.EDIT_PEOPLE)
def person(request: HttpRequest, username: str) -> HttpResponse:
    """One person: roles, password, whether they can sign in."""
    return _show_person(request, username)


def _show_person(request: HttpRequest, username: str, status: int = 200, **forms: Form) -> HttpResponse:
    user = _person(request, username)
    context: dict[str, Any] = {
        "person": user,
        "ended": user.memberships.exclude(ended_at=None).select_related("department").order_by("-ended_at"),
        "role_form": forms.get("role")
        or MembershipForm(asker=asker_of(request), auto_id="role-%s", held=user.open_memberships),
        "reset_form": forms.get("reset") or ResetForm(),
        "refused": forms.get("refused"),
    }
    return show(request, "person.html", context, status)


@require_POST
@page(May.EDIT_PEOPLE)
def give_role(request: HttpRequest, username: str) -> HttpResponse:
    """One more role, or a move: another department by a new role and the end of the old one."""
    asker = asker_of(request)
    form = MembershipForm(
        asker=asker, auto_id="role-%s", held=_person(request, username).open_memberships, **bound(request)
    )

    def act() -> str:
        data = form.cleaned_data
        actions.add_membership(
            by=asker, username=username, department=data["department"], role=data["role"], is_default=data["is_default"]
        )
        if data.get("replaces"):
            actions.end_membership(by=asker, membership_id=data["replaces"])
        _note(request, _("The role is given."))
        return f"/manage/people/{username}/"

    done, status = submit(request, form, act)
    return done or _show_person(request, username, status, role=form)


@require_POST
@page(May.EDIT_PEOPLE)
def end_role(request: HttpRequest, username: str, membership_id: int) -> HttpResponse:
    """Ends one role; the tokens made with it end too."""
    return _plain(request, username, lambda: actions.end_membership(by=asker_of(request), membership_id=membership_id),
                  _("The role is ended."))  # fmt: skip


@require_POST
@page(May.EDIT_PEOPLE)
def disable(request: HttpRequest, username: str) -> HttpResponse:
    """Shuts a person out at once."""
    return _plain(request, username, lambda: actions.disable_user(by=asker_of(request), username=username),
                  _("The account is disabled; sessions and tokens have ended."))  # fmt: skip


@require_POST
@page(May.EDIT_PEOPLE)
def enable(request: HttpRequest, username: str) -> HttpResponse:
    """Lets a person in again."""
    return _plain(request, username, lambda: actions.enable_user(by=asker_of(request), username=username),
                  _("The account is active again."))  # fmt: skip


def _plain(request: HttpRequest, username: str, act: Any, sentence: str) -> HttpResponse:
    """A button without fields."""
    form = Form(data=request.POST)

    def run() -> str:
        act()
        _note(request, sentence)
        return f"/manage/people/{username}/"

    done, status = submit(request, form, run)
    return done or _show_person(request, username, status, refused=form)


@sensitive_post_parameters("password")
@require_POST
@page(May.EDIT_PEOPLE)
def reset_password(request: HttpRequest, username: str) -> HttpResponse:
    """A new password, told by the administrator in person; the old sessions end."""
    form = ResetForm(**bound(request))

    def act() -> str:
        actions.reset_password(by=asker_of(request), username=username, password=form.cleaned_data["password"])
        _note(request, _("The password is set; the person's sessions have ended."))
        return f"/manage/people/{username}/"

    done, status = submit(request, form, act)
    return done or _show_person(request, username, status, reset=form)


@page(May.EDIT_PEOPLE)
def departments(request: HttpRequest) -> HttpResponse:
    """The tree of departments, each with how many people have a role in it."""
    rows = list(
        Department.objects.visible_to(asker_of(request))
        .annotate(people=Count("memberships__user", filter=Q(memberships__ended_at=None), distinct=True))
        .order_by("code", "pk")
    )
    below: dict[int | None, list[Department]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    ordered: list[tuple[int, Department]] = []

    def walk(parent: int | None, depth: int) -> None:
        for row in below.get(parent, []):
            ordered.append((min(depth, 6), row))
            walk(row.pk, depth + 1)

    walk(None, 0)
    return show(request, "departments.html", {"rows": ordered})


@page(May.EDIT_PEOPLE)
def new_department(request: HttpRequest) -> HttpResponse:
    """One more department."""
    asker = asker_of(request)
    form = NewDepartmentForm(asker=asker, **bound(request))

    def act() -> str:
        data = form.cleaned_data
        actions.make_department(by=asker, code=data["code"], kind=data["kind"], **form.changes())
        _note(request, _("The department is there."))
        return "/manage/departments/"

    done, status = submit(request, form, act, {"names": "name_zh"})
    context = {"form": form, "title": _("New department"), "back": "/manage/departments/"}
    return done or show(request, "new.html", context, status)


@page(May.EDIT_PEOPLE)
def department(request: HttpRequest, code: str) -> HttpResponse:
    """Names, place in the tree, telephone, whether it still works."""
    asker = asker_of(request)
    row = Department.objects.visible_to(asker).select_related("parent").filter(code=code).first()
    if row is None:
        raise NotVisible(_("There is no department %(code)s.") % {"code": code})
    form = DepartmentForm(asker=asker, initial=DepartmentForm.initial_of(row), **bound(request))

    def act() -> str:
        actions.update_department(by=asker, code=code, is_active=form.cleaned_data["is_active"], **form.changes())
        _note(request, _("Saved."))
        return "/manage/departments/"

    done, status = submit(request, form, act, {"names": "name_zh"})
    context = {"form": form, "title": row.name, "subtitle": row.code, "back": "/manage/departments/", "saves": True}
    return done or show(request, "new.html", context, status)
