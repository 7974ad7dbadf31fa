"""The report form of the phone: the category's evidence as a checklist, photographs before and after."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .order_forms import ReportForm
from .uploads import ManyFilesField


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a checklist: the evidence code, what is asked, how it is answered, and a hint."""

    code: str
    ask: Promise
    kind: str  # yes_no or number
    hint: Promise | str = ""


QUESTIONS = {
    "MEAS": Question("MEAS", pgettext_lazy("checklist", "Value measured on the spot"), "number"),
    "KG": Question("KG", pgettext_lazy("checklist", "Weight taken away"), "number", _("Bags count 20 kg each.")),
    "LAB": Question(
        "LAB", pgettext_lazy("checklist", "Sample at the laboratory"), "yes_no", _("Photograph the sheet.")
    ),
    "LOG": Question(
        "LOG", pgettext_lazy("checklist", "Operator's log written up"), "yes_no", _("Photograph the page.")
    ),
    "DOC": Question("DOC", pgettext_lazy("checklist", "Written paper handed over"), "yes_no", _("Photograph it.")),
    "SIGN": Question("SIGN", pgettext_lazy("checklist", "Signed by two people"), "yes_no"),
    "DOSSIER": Question("DOSSIER", pgettext_lazy("checklist", "Feature record compared with the place"), "yes_no"),
}
"""The evidence codes (domain practice §10.1) that are asked; P2 is answered by photographs, LOC by the position."""
PAIR = ("before", "after")
YES_NO = [("true", _("Yes")), ("false", _("No"))]


class FieldReportForm(ReportForm):
    """The report with its category's questions; their answers go into the trail by code.

    `P2.before` and `P2.after` among the answers are ids of attachments.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        evidence = list(self.order.category.evidence) if self.order.category else []
        self.wants_position = "LOC" in evidence
        self.wants_pair = "P2" in evidence
        self.questions = [QUESTIONS[code] for code in evidence if code in QUESTIONS]
        for question in self.questions:
            self.fields[question.code] = self._field(question)
        if self.wants_pair:
            for name in PAIR:
                self.fields[name] = ManyFilesField(required=False)
                self.fields[f"{name}_id"] = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    @staticmethod
    def _field(question: Question) -> forms.Field:
        if question.kind == "number":
            widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "inp"})
            return forms.FloatField(label=str(question.ask), required=False, min_value=0, max_value=1e9, widget=widget)
        return forms.TypedChoiceField(
            label=str(question.ask), required=False, choices=YES_NO, coerce=lambda said: said == "true", empty_value=None,
            widget=forms.RadioSelect,
        )  # fmt: skip

    def lines(self) -> list[tuple[Question, forms.BoundField]]:
        """The checklist's lines with their fields."""
        return [(question, self[question.code]) for question in self.questions]

    def arguments(self) -> dict[str, Any]:
        found = super().arguments()
        answers = {q.code: found.pop(q.code) for q in self.questions if q.code in found}
        for name in PAIR:
            found.pop(name, None)
            if one := found.pop(f"{name}_id", None):
                answers[f"P2.{name}"] = one
        if answers:
            found["answers"] = answers
        return found
