"""Light, dark, or as the device wishes: a cookie of the device, because a phone in the sun and an office screen differ."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from envmap.core.errors import BadQuery

from .doors import for_everybody
from .signin import way_back

COOKIE = "theme"
YEAR = 365 * 24 * 3600  # seconds


class Theme(NamedTuple):
    """One of the themes: what the cookie and `data-theme` say, its word and its icon."""

    key: str
    word: Promise
    icon: str


THEMES = (
    Theme("auto", gettext_lazy("As the device"), "monitor"),
    Theme("light", gettext_lazy("Light"), "sun"),
    Theme("dark", gettext_lazy("Dark"), "moon"),
)
"""In the order in which the switch goes through them."""


def theme_of(request: HttpRequest) -> Theme:
    """The theme that this device has chosen; without one, as the device wishes."""
    return next((one for one in THEMES if one.key == request.COOKIES.get(COOKIE)), THEMES[0])


def after(theme: Theme) -> Theme:
    """The theme that the switch goes to next."""
    return THEMES[(THEMES.index(theme) + 1) % len(THEMES)]


@require_POST
@for_everybody
def theme(request: HttpRequest) -> HttpResponse:
    """`POST /theme/` with `theme`: keeps it for this device and goes back to the page (`next`)."""
    chosen = request.POST.get("theme", "")
    if chosen not in {one.key for one in THEMES}:
        allowed = ", ".join(one.key for one in THEMES)
        raise BadQuery(_("The theme is one of %(themes)s.") % {"themes": allowed})
    response = HttpResponseRedirect(way_back(request))
    response.set_cookie(COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
