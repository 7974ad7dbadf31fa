"""The forms of an issue: by hand, filed, rejected, dispatched."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.queries import departments
from layers.catalogue.models import Layer
from tasks.issues.models import Issue
from tasks.issues.queries import categories

from . import words
from .forms import Form
from .order_forms import LocalTimeField, unit_people
from .uploads import ManyFilesField


class IssueVerbForm(Form):
    """What every verb has: the version that the person saw, and a note."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2, "class": "inp"}))

    def __init__(self, *args: Any, issue: Issue, asker: Asker, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("version", issue.version)
        super().__init__(*args, **kwargs)
        self.issue, self.asker = issue, asker

    def arguments(self) -> dict[str, Any]:
        """Arguments of the action; what was left empty is left out."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}


class RejectForm(IssueVerbForm):
    """Not filed: why."""

    note = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2, "class": "inp"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.issue.source == "citizen":
            self.fields["note"].help_text = gettext("The citizen reads this with the receipt.")


class DispatchForm(IssueVerbForm):
    """To which unit, to whom in it, until when."""

    department = forms.ChoiceField(label=_("Unit"))
    assignee = forms.ChoiceField(label=_("Who handles it"), required=False)
    report_by = LocalTimeField(label=_("Report by"), required=False, help_text=_("Empty: the category's time."))
    field_order = ("department", "assignee", "report_by", "note", "version")

    def __init__(self, *args: Any, suggested: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = [  # type: ignore[attr-defined]
            ("", gettext("choose")),
            *((d.code, d.name) for d in departments(self.asker)),
        ]  # type: ignore[attr-defined]
        self.fields["department"].initial = suggested
        self.fields["department"].widget.attrs |= {
            "hx-get": "/issues/people/", "hx-target": "#dispatch-assignee", "hx-trigger": "change", "hx-swap": "innerHTML",
            "hx-select": "unset",
        }  # fmt: skip
        unit = (self.data.get("department") if self.is_bound else suggested) or ""
        self.fields["assignee"].choices = assignee_choices(self.asker, unit)  # type: ignore[attr-defined]


def assignee_choices(asker: Asker, department: str) -> list[tuple[str, str]]:
    """The people of a unit, and nobody in particular."""
    return [("", gettext("whoever accepts it")), *(unit_people(asker, department) if department else [])]


ISSUE_FORMS: dict[str, type[IssueVerbForm]] = {"accept": IssueVerbForm, "reject": RejectForm, "dispatch": DispatchForm}


class NewIssueForm(Form):
    """A problem that somebody saw: what, where, how bad, with pictures."""

    title = forms.CharField(label=_("What is wrong"), max_length=200)
    layer = forms.ChoiceField(label=_("Layer"), required=False)
    feature = forms.CharField(
        label=_("Feature code"), max_length=64, required=False, help_text=_("Or the position below.")
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    severity = forms.ChoiceField(label=_("Severity"), required=False, help_text=_("Empty: as the category says."))
    description = forms.CharField(
        label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4, "class": "inp"})
    )
    lat = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)
    attachments = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)
    photos = ManyFilesField(label=_("Photos"), required=False)

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["layer"].choices = [
            ("", "–"),
            *((layer.key, layer.name) for layer in Layer.objects.visible_to(asker).order_by("position", "key")),
        ]
        leaves = [c for c in categories(asker) if c.parent_id]
        fields["category"].choices = [("", "–"), *((c.code, f"{c.code} {c.name}") for c in leaves)]
        fields["severity"].choices = [("", "–"), *words.SEVERITIES.items()]
        sent = self.data.getlist("attachments") if hasattr(self.data, "getlist") else []
        fields["attachments"].choices = [(i, i) for i in sent if i.isdecimal() and len(i) < 19]
        fields["lat"].widget.attrs |= {"step": "any", "inputmode": "decimal"}
        fields["lon"].widget.attrs |= {"step": "any", "inputmode": "decimal"}

    field_order = (
        "title", "photos", "description", "category", "severity", "layer", "feature", "lat", "lon", "attachments",
    )  # fmt: skip

    @property
    def kept(self) -> list[int]:
        """Files that have arrived already."""
        return [int(i) for i, _label in self.fields["attachments"].choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (data.get("lat") is None) != (data.get("lon") is None):
            self.add_error("lon" if data.get("lon") is None else "lat", gettext("A position needs both numbers."))
        return data

    def arguments(self) -> dict[str, Any]:
        """Arguments of `open_issue`; a layer alone, without a feature, only says where the person looked."""
        data = self.cleaned_data
        names = ("title", "category", "severity", "description", "attachments")
        found = {name: data[name] for name in names if data.get(name)}
        if data.get("feature"):
            found |= {"layer": data.get("layer") or None, "feature": data["feature"]}
        elif data.get("lat") is not None and data.get("lon") is not None:
            found["location"] = {"type": "Point", "coordinates": [data["lon"], data["lat"]]}
        return found
