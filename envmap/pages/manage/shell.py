"""What all pages under /manage/ share: their tabs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May

from ..doors import asker_of, page

TABS: list[tuple[str, Promise, May]] = [
    ("/manage/people/", _("People"), May.EDIT_PEOPLE),
    ("/manage/departments/", _("Departments"), May.EDIT_PEOPLE),
    ("/manage/stations/", _("Stations"), May.EDIT_STATIONS),
    ("/manage/rules/", _("Alarm rules"), May.EDIT_RULES),
    ("/manage/layers/", _("Layers"), May.EDIT_LAYERS),
    ("/manage/dead-letters/", _("Dead letters"), May.EDIT_STATIONS),
    ("/manage/audit/", _("Audit"), May.SEE_AUDIT),
]
"""Address, word, and the right that opens it."""


def tabs_of(asker: Asker) -> list[tuple[str, Promise]]:
    """The tabs that this asker may open."""
    return [(address, word) for address, word, may in TABS if asker.may(may)]


@page(May.PAGE_MANAGE)
def index(request: HttpRequest) -> HttpResponse:
    """To the first page that the role has."""
    return HttpResponseRedirect(tabs_of(asker_of(request))[0][0])


def show(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page with the tabs above it."""
    tabs = tabs_of(asker_of(request))
    current = next((address for address, _word in tabs if request.path.startswith(address)), "")
    return render(request, f"pages/manage/{template}", context | {"tabs": tabs, "current_tab": current}, status=status)
