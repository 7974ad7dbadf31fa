"""What a locked-out person is told."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from envmap.core.errors import Throttled


def locked_out(
    request: HttpRequest, response: object = None, credentials: object = None, *args: object, **kwargs: object
) -> HttpResponse:
    """django-axes calls this; whoever signs in turns the error into a page or a problem document."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    raise Throttled(
        _("Too many failed sign-ins for this account from your address. Try again in %(minutes)d minutes.")
        % {"minutes": minutes},
        retry_after=minutes * 60,
    )
