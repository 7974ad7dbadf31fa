"""One judgement on several orders: each is done or refused by itself, and each result is said."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from envmap.accounts.roles import May
from envmap.core.errors import BadQuery, EnvmapError
from tasks.orders.actions import VERBS

from . import words
from .doors import asker_of, page
from .sending import see, send
from .signin import way_back

BULK_VERBS = ("verify", "send_back")
AT_ONCE = 100


@require_POST
@page(May.DISPATCH)
def bulk(request: HttpRequest) -> HttpResponse:
    """`POST /orders/bulk/` with `verb`, `note` and several `number`: back to the list with a sentence for each order.

    Sent twice it is done once (`client_uuid`). What is refused stays as it was; the others go through.
    """
    asker = asker_of(request)
    verb, note = request.POST.get("verb", ""), request.POST.get("note", "").strip()
    numbers = list(dict.fromkeys(request.POST.getlist("number")))
    if verb not in BULK_VERBS:
        raise BadQuery(_("Several orders at once can be verified or sent back."))
    if not 0 < len(numbers) <= AT_ONCE:
        raise BadQuery(_("Choose one to %(most)s orders.") % {"most": AT_ONCE})
    back = way_back(request, "/orders/")

    def act() -> str:
        done = 0
        for number in numbers:
            try:
                VERBS[verb](number, by=asker, note=note)
                done += 1
            except EnvmapError as error:
                messages.error(request, f"{number}: {error.detail}")
        if done:
            said = ngettext("%(n)s order: %(verb)s.", "%(n)s orders: %(verb)s.", done)
            messages.success(request, said % {"n": done, "verb": words.ORDER_EVENTS[verb]})
        return back

    try:
        return send(request, act)
    except EnvmapError as error:
        messages.error(request, error.detail)
        return see(back)
