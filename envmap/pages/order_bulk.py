"""One judgement on several orders: each is done or refused by itself, and each result is said."""

from functools import partial
from uuid import uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from envmap.accounts.roles import May
from envmap.core.errors import BadQuery, EnvmapError
from envmap.core.idempotency import Reply, fingerprint, once
from tasks.orders.actions import VERBS

from . import words
from .doors import asker_of, page
from .sending import SEE_OTHER, see, sent_uuid
from .signin import way_back

BULK_VERBS = ("verify", "send_back")
AT_ONCE = 100


@require_POST
@page(May.DISPATCH)
def bulk(request: HttpRequest) -> HttpResponse:
    """`POST /orders/bulk/` with `verb`, `note` and several `number`: back to the list with a sentence for each order.

    Each order is a transaction of its own, so that no two are held at once (two officers may have chosen them in
    different orders). Sent twice each is done once: its uuid is made of the form's `client_uuid` and its number.
    """
    asker = asker_of(request)
    verb, note = request.POST.get("verb", ""), request.POST.get("note", "").strip()
    numbers = list(dict.fromkeys(request.POST.getlist("number")))
    if verb not in BULK_VERBS:
        raise BadQuery(_("Several orders at once can be verified or sent back."))
    if not 0 < len(numbers) <= AT_ONCE:
        raise BadQuery(_("Choose one to %(most)s orders.") % {"most": AT_ONCE})
    form, back = sent_uuid(request), way_back(request, "/orders/")

    def judged(number: str) -> Reply:
        VERBS[verb](number, by=asker, note=note)
        return Reply(SEE_OTHER, {"to": back})

    done = 0
    for number in numbers:
        try:
            once(
                asker.user_id or 0,
                uuid5(form, number),
                path=request.path,
                body_hash=fingerprint(f"{verb} {number} {note}".encode()),
                act=partial(judged, number),
            )
            done += 1
        except EnvmapError as error:
            messages.error(request, f"{number}: {error.detail}")
    if done:
        said = ngettext("%(n)s order: %(verb)s.", "%(n)s orders: %(verb)s.", done)
        messages.success(request, said % {"n": done, "verb": words.ORDER_EVENTS[verb]})
    return see(back)
