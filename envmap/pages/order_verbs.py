"""The verbs of an order, sent from a form of the office's or the field's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from envmap.core.errors import EnvmapError, NotVisible
from tasks.orders import queries, rules
from tasks.orders.actions import VERBS

from . import words
from .doors import asker_of, page
from .field import phone_context, phone_form_of
from .order_forms import EvidenceForm, form_of
from .orders import order_context
from .sending import answered_before, submit
from .uploads import keep_uploads

HOMES = {
    "orders": ("pages/order.html", form_of, order_context),
    "field": ("pages/field/order.html", phone_form_of, phone_context),
}
"""By the page that a verb was pressed on: its template, its forms, and what it shows."""


@require_POST
@page()
def verb(request: HttpRequest, number: str, name: str, home: str) -> HttpResponse:
    """Does one verb and leads back to the page; what is refused comes back with the words and the files.

    Refusals in the order of docs/interfaces.md: not visible 404, never this role's 403, then those at the form.
    """
    asker = asker_of(request)
    order = queries.order_of(asker, number)
    template, form_for, context_of = HOMES[home]
    kind = form_for(name, asker)
    if kind is None or name not in VERBS:
        raise NotVisible(_("There is no such page, or it is not for you to see."))
    rules.require_may(asker, name, order)
    data: QueryDict = request.POST
    refusals: list[EnvmapError] = []
    if issubclass(kind, EvidenceForm):
        before = answered_before(request)
        if before is not None:
            return before
        data, refusals = keep_uploads(request)
    form = kind(order=order, asker=asker, data=data, files=request.FILES, auto_id=f"{name}-%s")
    for refusal in refusals:
        form.refuse(refusal)

    def act() -> str:
        VERBS[name](number, by=asker, **form.arguments())
        messages.success(request, _("%(number)s: %(verb)s.") % {"number": number, "verb": words.ORDER_EVENTS[name]})
        return f"/{home}/{number}/"

    done, status = submit(request, form, act, {"location": "note"})
    if done is not None:
        return done
    context = context_of(request, queries.order_of(asker, number), (name, form))
    return render(request, template, context | {"home": home}, status=status)
