"""A person leaves a list: what comes from now on is new at the next look."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from envmap.accounts.looks import note_look
from envmap.core import clock

from .doors import asker_of, page


@require_POST
@page()
def looked(request: HttpRequest, place: str) -> HttpResponse:
    """`POST /looked/<place>/`, sent by the list as it is left (`navigator.sendBeacon`)."""
    note_look(by=asker_of(request), place=place, at=clock.now())
    return HttpResponse(status=204)
