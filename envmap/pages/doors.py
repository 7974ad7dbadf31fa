"""Who may enter a page: signed-out people go to sign in, a role without the page gets 403, what is not visible 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from envmap.accounts.asker import ANONYMOUS, Asker
from envmap.accounts.roles import ROLE_NAMES, May
from envmap.core.errors import BadQuery, EnvmapError, NotAllowed

from .errors import refusal

View = Callable[..., HttpResponse]


def asker_of(request: HttpRequest) -> Asker:
    """The asker that the middleware put on the request."""
    asker: Asker = request.asker  # type: ignore[attr-defined]
    return asker


def asker_or_visitor(request: HttpRequest) -> Asker:
    """The asker; whoever cannot read at all has the visitor's map."""
    asker = asker_of(request)
    try:
        asker.require_signed_in()
    except EnvmapError:
        return ANONYMOUS
    return asker


def refuse_nul(request: HttpRequest) -> None:
    """Raises BadQuery for a NUL character in the address, which the database could not even compare with."""
    if "\x00" in request.path or any("\x00" in value for _name, values in request.GET.lists() for value in values):
        raise BadQuery(_("A parameter holds a NUL character."))


def page(*mays: May) -> Callable[[View], View]:
    """A page for people signed in whose role has at least one of `mays` (none: every role).

    Whatever error of the house the view lets out becomes a page with its sentence.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        @never_cache
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                asker = asker_of(request)
                asker.require_signed_in()
                refuse_nul(request)
                if mays and not any(asker.may(what) for what in mays):
                    raise NotAllowed(_("The role %(role)s has no such page.") % {"role": ROLE_NAMES[asker.role]})
                return view(request, *args, **kwargs)
            except EnvmapError as error:
                return refusal(request, error)

        return guarded

    return wrap


def for_everybody(view: View) -> View:
    """A page that needs no sign-in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except EnvmapError as error:
            return refusal(request, error)

    return guarded
