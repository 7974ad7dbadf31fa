"""Forms of the pages under /manage/."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, Membership
from envmap.accounts.queries import departments
from envmap.accounts.roles import MEMBER_ROLES, ROLE_NAMES

from ..forms import Form

Choices = list[tuple[str, str]]


def department_choices(asker: Asker, *, empty: str | None = None) -> Choices:
    """Active departments by code, with the name in the asker's language."""
    rows = [(d.code, f"{d.name} · {d.code}") for d in departments(asker)]
    return ([("", empty)] if empty is not None else []) + rows


class ForAsker(Form):
    """A form whose choices depend on who asks."""

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asker = asker
        for name in ("department", "parent"):
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField):
                field.choices = department_choices(asker, empty=None if field.required else "–")


def _role() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Role"), choices=[(r.value, ROLE_NAMES[r]) for r in MEMBER_ROLES])


def _new_password() -> forms.CharField:
    return forms.CharField(
        label=_("Password"), max_length=200, strip=False, help_text=_("At least 10 characters, not a common one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "inp"}),
    )  # fmt: skip


class UserForm(ForAsker):
    """A new person with a first role."""

    username = forms.CharField(label=_("Username"), max_length=40, help_text=_("Letters, digits, - and _."))
    name = forms.CharField(label=_("Name"), max_length=60)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    department = forms.ChoiceField(label=_("Department"))
    role = _role()
    password = _new_password()


class MembershipForm(ForAsker):
    """A role in a department; `replaces` is the id of the role that it takes the place of."""

    department = forms.ChoiceField(label=_("Department"))
    role = _role()
    is_default = forms.BooleanField(label=_("Current after signing in"), required=False)
    replaces = forms.TypedChoiceField(label=_("Instead of"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, held: Sequence[Membership] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(m.pk), f"{m.get_role_display()} · {m.department.name}") for m in held]
        self.fields["replaces"].choices = [("", _("in addition")), *choices]  # type: ignore[attr-defined]
        if not held:
            del self.fields["replaces"]


class ResetForm(Form):
    """Another person's new password."""

    password = _new_password()


class DepartmentForm(ForAsker):
    """What can be changed of a department."""

    name_zh = forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=100, required=False)
    parent = forms.ChoiceField(label=_("Belongs to"), required=False)
    sector_hint = forms.CharField(
        label=_("Sector"),
        max_length=40,
        required=False,
        help_text=_("Which matters it answers for, such as water or housing."),
    )
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    is_active = forms.BooleanField(label=_("In service"), required=False)

    @staticmethod
    def initial_of(row: Department) -> dict[str, Any]:
        """The present values."""
        return {
            "name_zh": row.names.get("zh-hans", ""), "name_en": row.names.get("en", ""),
            "parent": row.parent.code if row.parent else "", "sector_hint": row.sector_hint,
            "phone": row.phone, "is_active": row.is_active,
        }  # fmt: skip

    def changes(self) -> dict[str, Any]:
        """Arguments of the action."""
        data = self.cleaned_data
        return {
            "names": {"zh-hans": data["name_zh"], "en": data["name_en"]},
            "parent": data["parent"] or None,
            "sector_hint": data["sector_hint"],
            "phone": data["phone"],
        }


class NewDepartmentForm(DepartmentForm):
    """A new department."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Letters, digits, - and _; never changes."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Department.Kind.choices)
    is_active = None
    field_order = ("code", "name_zh", "name_en", "kind", "parent", "sector_hint", "phone")
