"""`/help/`: what each role does here and where, and the keys. Open to everybody, printable."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from envmap.core.errors import NotVisible

from .doors import asker_or_visitor, for_everybody
from .help_texts import HELP
from .keys_list import KEYS


@for_everybody
def index(request: HttpRequest) -> HttpResponse:
    """All roles, the asker's own first, and the list of keys."""
    asker = asker_or_visitor(request)
    own = asker.role.value if asker.signed_in else "citizen"
    roles = sorted(HELP.items(), key=lambda item: item[0] != own)
    return render(request, "pages/help.html", {"roles": roles, "own": own, "keys": KEYS})


@for_everybody
def role_page(request: HttpRequest, role: str) -> HttpResponse:
    """The help of one role."""
    if role not in HELP:
        raise NotVisible(_("There is no help for such a role."))
    return render(request, "pages/help_role.html", {"role": HELP[role]})
