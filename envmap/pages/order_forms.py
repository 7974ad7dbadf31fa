"""The forms of an order's verbs; their fields are those of docs/interfaces.md §6."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.queries import departments, people
from envmap.accounts.roles import Role
from envmap.core import clock
from tasks.orders.models import Order
from tasks.orders.states import UNIT_ROLES

from .forms import Form
from .uploads import ManyFilesField


class VerbForm(Form):
    """What every verb has: the version that the person saw, and a note."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3, "class": "inp"}))

    def __init__(self, *args: Any, order: Order, asker: Asker, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("version", order.version)
        super().__init__(*args, **kwargs)
        self.order, self.asker = order, asker

    def arguments(self) -> dict[str, Any]:
        """Arguments of the action; what was left empty is left out."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}


class NoteNeeded(VerbForm):
    """A verb that must say why."""

    note = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3, "class": "inp"}))


class ReturnForm(NoteNeeded):
    """Not ours: why, and whose it is."""

    department = forms.ChoiceField(label=_("Whose it is"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [(d.code, d.name) for d in departments(self.asker) if d.pk != self.order.department_id]
        self.fields["department"].choices = [("", gettext("not known")), *rows]  # type: ignore[attr-defined]


class ReassignUnitForm(VerbForm):
    """To another department, by an officer."""

    department = forms.ChoiceField(label=_("Unit"))
    field_order = ("department", "note", "version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = [  # type: ignore[attr-defined]
            (d.code, d.name) for d in departments(self.asker) if d.pk != self.order.department_id
        ]


class ReassignPersonForm(VerbForm):
    """To a person of the unit: a manager anybody, a member themselves."""

    assignee = forms.ChoiceField(label=_("Who handles it"))
    field_order = ("assignee", "note", "version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(self.asker.username, gettext("Myself (%(name)s)") % {"name": self.asker.name})]
        if self.asker.role is Role.MANAGER:
            choices = unit_people(self.asker, self.order.department.code)
        self.fields["assignee"].choices = choices  # type: ignore[attr-defined]


def unit_people(asker: Asker, department: str) -> list[tuple[str, str]]:
    """Username and name of the people who can take the orders of a department, as far as the asker sees them, each once."""
    rows = people(asker, department=department).filter(role__in=[str(role) for role in UNIT_ROLES])
    return list({m.user.username: m.user.name for m in rows}.items())


class EvidenceForm(VerbForm):
    """Files: those that arrived before the form was sent, by id, and those sent with it."""

    attachments = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)
    photos = ManyFilesField(label=_("Photos"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = self.data.getlist("attachments") if hasattr(self.data, "getlist") else []
        # Which ids are the asker's own is decided by the action; here they must only be numbers.
        self.fields["attachments"].choices = [(i, i) for i in sent if i.isdecimal() and len(i) < 19]  # type: ignore[attr-defined]

    @property
    def kept(self) -> list[int]:
        """Files that have arrived already, to be shown again with a refused form."""
        return [int(i) for i, _label in self.fields["attachments"].choices]  # type: ignore[attr-defined]

    def arguments(self) -> dict[str, Any]:
        found = super().arguments()
        found.pop("photos", None)
        return found


class CommentForm(EvidenceForm):
    """A word to all who see the order."""

    note = forms.CharField(label=_("Comment"), widget=forms.Textarea(attrs={"rows": 2, "class": "inp"}))


class ReportForm(EvidenceForm):
    """What was done, with photos and, where the device gave it, the position."""

    photos_needed = True

    note = forms.CharField(label=_("What was done"), widget=forms.Textarea(attrs={"rows": 4, "class": "inp"}))
    lon = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-90, max_value=90)
    accuracy = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=0, max_value=1_000_000)

    def arguments(self) -> dict[str, Any]:
        found = super().arguments()
        lon, lat = found.pop("lon", None), found.pop("lat", None)
        if lon is None or lat is None:
            found.pop("accuracy", None)
        else:
            found["location"] = {"type": "Point", "coordinates": [lon, lat]}
        return found


class LocalTimeField(forms.DateTimeField):
    """A date and time as the browser's picker gives it, in Asia/Shanghai."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "inp"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return found.astimezone(clock.SHANGHAI) if found else None


class SendBackForm(NoteNeeded):
    """What is missing, and until when."""

    note = forms.CharField(label=_("What is missing"), widget=forms.Textarea(attrs={"rows": 3, "class": "inp"}))
    report_by = LocalTimeField(label=_("New deadline"), required=False, help_text=_("Empty: the category's time anew."))


class VerifyForm(VerbForm):
    """Accepts the rectification."""

    note = forms.CharField(label=_("Opinion"), required=False, widget=forms.Textarea(attrs={"rows": 3, "class": "inp"}))


def form_of(verb: str, asker: Asker) -> type[VerbForm] | None:
    """The form of a verb for this asker; None for an unknown verb."""
    if verb == "reassign":
        return ReassignUnitForm if asker.role is Role.OFFICER else ReassignPersonForm
    return {
        "accept": VerbForm,
        "return": ReturnForm,
        "report": ReportForm,
        "send_back": SendBackForm,
        "verify": VerifyForm,
        "withdraw": NoteNeeded,
        "comment": CommentForm,
    }.get(verb)
