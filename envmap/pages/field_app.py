"""What makes the field pages an app: manifest, service worker, the pages of its own matters, and who is signed in."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from envmap.accounts.roles import May
from envmap.core import clock

from .doors import asker_of, for_everybody, page
from .field_person import owned

SHELL = (
    "css/tokens.css", "css/shell.css", "css/pages.css", "css/field.css", "img/icon.svg", "img/symbols.svg",
    "vendor/icons.svg", "vendor/htmx/htmx.min.js", "js/pages.js", "js/refresh.js",
    "js/field/app.js", "js/field/list.js", "js/field/order.js", "js/field/queue-page.js", "js/field/map.js",
)  # fmt: skip
"""The files that every page of the app names; the modules that these import are found by the browser when they are read."""
WORKER = "js/field/worker.js"


@cache
def _source() -> str:
    """The worker's text as it lies among the static files."""
    found = finders.find(WORKER)
    if found is None:  # collected, and the source is not beside it
        return str(staticfiles_storage.open(WORKER).read().decode())
    return Path(str(found)).read_text(encoding="utf-8")


def shell_files() -> list[str]:
    """Addresses of the files of the shell, with the hash of their contents where static files have one."""
    return [staticfiles_storage.url(name) for name in SHELL]


@never_cache
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of /field/: its text changes with every file of the shell, so that phones fetch a new one."""
    files = shell_files()
    version = sha256(json.dumps([files, settings.STATIC_URL, _source()]).encode()).hexdigest()[:12]
    head = f"const VERSION = {json.dumps(version)}\nconst SHELL = {json.dumps(files)}\n"
    response = HttpResponse(head + _source(), content_type="text/javascript")
    response["Service-Worker-Allowed"] = "/field/"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest, in the person's language."""
    body = {
        "id": "/field/",
        "name": _("envmap field work"),
        "short_name": pgettext("app", "Field"),
        "description": _("Orders, reports and photographs of the field teams, also without a signal."),
        "lang": "en" if get_language() == "en" else "zh-Hans",
        "start_url": "/field/",
        "scope": "/field/",
        "display": "standalone",
        "orientation": "any",
        "theme_color": "#17303A",
        "background_color": "#F1F3F2",
        "icons": [
            {"src": static("img/icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {"src": static("img/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
            {"src": static("img/icon-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
        "shortcuts": [
            {"name": _("New issue"), "url": "/field/new/"},
            {"name": _("What waits to be sent"), "url": "/field/queue/"},
        ],
    }  # fmt: skip
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False}, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Accept-Language, Cookie"
    return response


@never_cache
@require_safe
def now(request: HttpRequest) -> JsonResponse:
    """Who is signed in, the token that a session's request needs, and the server's time: asked before anything is sent."""
    asker = asker_of(request)
    is_there = asker.signed_in and asker.station is None
    return JsonResponse(
        {
            "person": asker.username if is_there else None,
            "may": is_there and asker.may(May.PAGE_FIELD),
            "token": get_token(request),
            "now": clock.rfc3339(clock.now()),
        }
    )


@owned
@page(May.PAGE_FIELD)
def queue(request: HttpRequest) -> HttpResponse:
    """What waits on this phone to be sent; its script reads it there, the server has not seen it yet."""
    return render(request, "pages/field/queue.html", {"place": "queue"})


@owned
@page(May.PAGE_FIELD)
def me(request: HttpRequest) -> HttpResponse:
    """The person, unit, language, what the phone keeps, and signing out."""
    return render(request, "pages/field/me.html", {"place": "me"})


@require_safe
@for_everybody
def away(request: HttpRequest) -> HttpResponse:
    """What the phone shows without a signal where it has nothing to show: it names nobody, so anybody may read it."""
    return render(request, "pages/field/away.html", {"place": ""})
