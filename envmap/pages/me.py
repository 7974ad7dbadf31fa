"""One's own page: name and roles to read, language, theme and shortcuts to set."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from envmap.accounts import actions

from .doors import asker_of, page
from .theme import THEMES


@page()
def me(request: HttpRequest) -> HttpResponse:
    """Shows the settings; a POST keeps whether single letters are shortcuts. Language and theme have doors of their own."""
    if request.method == "POST":
        actions.set_letter_keys(by=asker_of(request), on=request.POST.get("letter_keys") == "on")
        messages.success(request, _("Your settings are kept."))
        return HttpResponseRedirect("/me/")
    return render(request, "pages/me.html", {"themes": THEMES})
