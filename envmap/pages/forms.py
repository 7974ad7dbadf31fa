"""Forms: what was typed comes back with a sentence beside it. They parse; what is allowed is decided by the actions."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from envmap.core.errors import EnvmapError


class Form(forms.Form):
    """A form that shows the refusals of actions at their fields."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(
                field.widget,
                forms.CheckboxInput
                | forms.CheckboxSelectMultiple
                | forms.RadioSelect
                | forms.HiddenInput
                | forms.FileInput,
            ):
                field.widget.attrs.setdefault("class", "inp")
            if isinstance(field.widget, forms.TextInput | forms.Textarea):
                field.widget.attrs.setdefault("dir", "auto")  # right-to-left text stands as it is written

    def refuse(self, error: EnvmapError, renamed: Mapping[str, str] | None = None) -> None:
        """Adds an action's refusal: at the fields that it names (`renamed` maps the action's names to ours), else above."""
        self.is_valid()
        placed = False
        for place in error.errors:
            named = str(place.get("field", ""))
            name = (renamed or {}).get(named, named).split(".")[0]
            if name in self.fields:
                self.add_error(name, place["detail"])
                placed = True
        if not placed:
            self.add_error(None, error.detail)


class PasswordForm(Form):
    """The old password, the new one, and the new one again."""

    old = forms.CharField(
        label=_("Present password"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "inp"}),
    )  # fmt: skip
    new = forms.CharField(
        label=_("New password"), max_length=200, strip=False, help_text=_("At least 10 characters, not a common one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "inp"}),
    )  # fmt: skip
    again = forms.CharField(
        label=_("New password again"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "inp"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", gettext("The two new passwords differ."))
        return data


class TokenForm(Form):
    """A token for scripts."""

    name = forms.CharField(label=_("What it is for"), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=[("read", _("read")), ("write", _("write"))], initial=["read"],
        widget=forms.CheckboxSelectMultiple, help_text=_("Never more than your own role in the present department."),
    )  # fmt: skip
