"""A new issue from where the person stands, on the phone."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from envmap.accounts.roles import May
from envmap.core.errors import EnvmapError
from tasks.issues import actions

from .doors import asker_of, page
from .field_person import owned
from .issue_forms import NewIssueForm
from .sending import answered_before, submit
from .uploads import keep_uploads


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
    asker = asker_of(request)
    refusals: list[EnvmapError] = []
    if request.method == "POST":
        before = answered_before(request)
        if before is not None:
            return before
        data, refusals = keep_uploads(request)
        form = FieldIssueForm(asker=asker, data=data, files=request.FILES)
        for refusal in refusals:
            form.refuse(refusal)
    else:
        form = FieldIssueForm(asker=asker)

    def act() -> str:
        made = actions.open_issue(by=asker, **form.arguments())
        messages.success(request, _("Issue %(number)s is there.") % {"number": made.number})
        return "/field/"

    done, status = submit(request, form, act, {"location": "lat"})
    return done or render(request, "pages/field/new.html", {"form": form, "place": "new"}, status=status)
