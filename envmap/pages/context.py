"""What every page's shell needs."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from envmap.accounts import queries
from envmap.accounts.asker import ANONYMOUS, Asker
from envmap.accounts.roles import ROLE_NAMES, May
from envmap.core.errors import EnvmapError
from tasks.issues.models import Issue
from tasks.issues.states import WITHOUT_ORDER

from .theme import after, theme_of

MODULES = {
    "@mapbox/vector-tile": "vendor/vector-tile/vector-tile.js",
    "@mapbox/point-geometry": "vendor/point-geometry/point-geometry.js",
    "pbf": "vendor/pbf/pbf.js",
    "uplot": "vendor/uplot/uPlot.esm.js",
}
"""Bare names of third-party modules and their files below static/; our own modules import each other by path."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation: address, word, icon, and which of these rights opens it (none: everybody).

    `for_visitors`: only who is not signed in is led there.
    """

    href: str
    word: Promise
    icon: str
    mays: tuple[May, ...] = ()
    has_badge: bool = False  # says how many issues are without an order
    for_visitors: bool = False


PLACES = [
    Place("/", _("Map"), "map"),
    Place("/issues/", _("Issues"), "triangle-alert", (May.PAGE_QUEUE,), has_badge=True),
    Place("/orders/", _("Orders"), "list-checks", (May.PAGE_QUEUE,)),
    Place("/field/", _("Field"), "phone", (May.PAGE_FIELD,)),
    Place("/statistics/", _("Statistics"), "chart-column-big", (May.PAGE_STATISTICS,)),
    Place("/screen/", _("Screen"), "monitor", (May.PAGE_STATISTICS,)),
    Place("/report/", _("Report"), "camera", for_visitors=True),
    Place("/manage/", _("Manage"), "settings", (May.PAGE_MANAGE,)),
]


def places_of(asker: Asker) -> list[Place]:
    """The pages that this role has."""
    return [
        place
        for place in PLACES
        if (not place.mays or any(asker.may(may) for may in place.mays))
        and not (place.for_visitors and asker.signed_in)
    ]


def open_issues(asker: Asker) -> int:
    """How many visible issues are without an order: the figure on the rail."""
    if not asker.may(May.PAGE_QUEUE):
        return 0
    count: int = Issue.objects.visible_to(asker).filter(state__in=WITHOUT_ORDER).count()
    return count


def import_map() -> dict[str, dict[str, str]]:
    """The import map with the hashed names of the files."""
    return {"imports": {name: staticfiles_storage.url(path) for name, path in MODULES.items()}}


def here(path: str) -> str:
    """The navigation entry that a path belongs to; none for one's own pages."""
    entries = (*(place.href for place in PLACES), "/help/")
    is_in = [href for href in entries if path == href or (href != "/" and path.startswith(href))]
    return max(is_in, key=len, default="")


def shell(request: HttpRequest) -> dict[str, object]:
    """The asker, the navigation, memberships to switch between, and where to come back to after a switch.

    Lazy where it costs a query: a fragment for htmx has no shell.
    """
    asker: Asker = getattr(request, "asker", ANONYMOUS)
    try:
        asker.require_signed_in()
    except EnvmapError:  # nobody, a station's token, or a bad one: the page that says so has a visitor's shell
        asker = ANONYMOUS
    theme = theme_of(request)
    return {
        "asker": asker,
        "theme": theme,
        "theme_after": after(theme),
        "letter_keys": SimpleLazyObject(lambda: queries.has_letter_keys(asker)),
        "role_name": SimpleLazyObject(lambda: ROLE_NAMES[asker.role]),
        "places": SimpleLazyObject(lambda: places_of(asker)),
        "open_issues": SimpleLazyObject(lambda: open_issues(asker)),
        "here": here(request.path),
        "memberships": SimpleLazyObject(lambda: queries.memberships_of(asker) if asker.signed_in else []),
        "come_back": request.get_full_path() if request.method == "GET" else request.path,
        "languages": settings.LANGUAGES,
    }
