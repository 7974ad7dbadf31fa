"""A new issue from where the person stands, on the phone."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from envmap.accounts.roles import May

from .doors import page
from .field_person import owned
from .issue_forms import NewIssueForm
from .issues import open_by_form


class FieldIssueForm(NewIssueForm):
    """What is wrong and where: the fewest fields that make an issue; the others are the office's."""

    title = forms.CharField(label=gettext_lazy("What is wrong"), max_length=200)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 3, "class": "inp"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["severity"]


@owned
@page(May.REPORT_ISSUES)
def new(request: HttpRequest) -> HttpResponse:
    """The form; after it the list, with the new issue's number."""
    return open_by_form(
        request, FieldIssueForm, template="pages/field/new.html", leads_to=lambda made: "/field/", more={"place": "new"}
    )
