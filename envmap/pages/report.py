"""The public report page and its receipt: photos, a place, what it is; no account, and it works without script."""

from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache

from envmap.core import clock
from envmap.core.addresses import client_address
from envmap.core.errors import EnvmapError, Throttled
from envmap.core.statuses import status_of
from tasks.issues.actions import kinds, receipt_of, report_by_citizen
from tasks.issues.actions.citizens import LONGEST
from tasks.orders.models import Order

from .doors import for_everybody, refuse_nul
from .forms import Form
from .templatetags.look import layer_glyph
from .templatetags.minimap import spot_of
from .uploads import ManyFilesField, ManyFilesInput

SEE_OTHER = 303
IN_WORDS = {
    "reported": pgettext_lazy("to a citizen", "Received. The duty desk looks at it next."),
    "accepted": pgettext_lazy("to a citizen", "Filed. A unit is being found that takes care of it."),
    "dispatched": pgettext_lazy("to a citizen", "A unit has been sent and is taking care of it."),
    "settled": pgettext_lazy("to a citizen", "Settled: the result was looked at and found good."),
    "rejected": pgettext_lazy("to a citizen", "Not taken up."),
}
"""States of an issue, as a citizen is told them."""


class ReportForm(Form):
    """What a citizen tells: pictures, place, kind, words, and how to be reached if wanted."""

    photos = ManyFilesField(
        label=gettext_lazy("Photos"), required=False,
        widget=ManyFilesInput(attrs={"multiple": True, "accept": "image/*"}),
    )  # fmt: skip
    lat = forms.FloatField(label=gettext_lazy("Latitude"), required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(label=gettext_lazy("Longitude"), required=False, min_value=-180, max_value=180)
    place = forms.CharField(label=gettext_lazy("The place in words"), required=False, max_length=200)
    kind = forms.CharField(required=False, max_length=40)
    description = forms.CharField(
        label=gettext_lazy("What you saw"), max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "class": "inp", "dir": "auto"}),
        error_messages={"required": gettext_lazy("Say in a few words what you saw.")},
    )  # fmt: skip
    contact = forms.CharField(label=gettext_lazy("Telephone"), required=False, max_length=80)
    website = forms.CharField(required=False)  # people leave it empty: it is not shown to them

    def arguments(self) -> dict[str, Any]:
        """Arguments of `report_by_citizen`."""
        data = self.cleaned_data
        lat, lon = data["lat"], data["lon"]
        location = {"type": "Point", "coordinates": [lon, lat]} if lat is not None and lon is not None else None
        names = ("description", "kind", "place", "contact", "photos")
        return {name: data[name] for name in names} | {"location": location}


def _household(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 one the first 64 bits, all of which one connection has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def throttle(request: HttpRequest) -> None:
    """Counts the reports of an address in this hour. Raises Throttled; the address itself is kept no longer than that."""
    name = f"citizen:{_household(client_address(request))}:{clock.now():%Y%m%d%H}"
    cache.add(name, 0, timeout=3600)
    if cache.incr(name) > settings.CITIZEN_REPORTS_PER_HOUR:
        raise Throttled(
            _("Many reports have come from your connection in this hour. Try again in an hour, or call the hotline."),
            retry_after=3600,
        )


@never_cache
@for_everybody
def report(request: HttpRequest) -> HttpResponse:
    """`/report/`: the form, and what it brings; leads to the receipt by its private link."""
    refuse_nul(request)
    form, status = ReportForm(), 200
    if request.method == "POST":
        form, status = ReportForm(request.POST, request.FILES), 422
        if form.is_valid() and form.cleaned_data["website"]:
            return HttpResponseRedirect(reverse("report"), status=SEE_OTHER)  # a machine filled what nobody sees
        if form.is_valid():
            try:
                throttle(request)
                receipt = report_by_citizen(client_uuid=_uuid(request), **form.arguments())
                query = urlencode({"key": receipt.key})
                return HttpResponseRedirect(f"{reverse('report-receipt', args=[receipt.number])}?{query}", status=SEE_OTHER)  # fmt: skip
            except EnvmapError as error:
                form.refuse(error, {"location": "lat", "file": "photos", "attachments": "photos"})
                status = status_of(error)
    context = {
        "form": form,
        "kinds": [
            {"code": one.code, "name": one.name, "glyph": layer_glyph(one.layer.key if one.layer else None)}
            for one in kinds()
        ],
        "chosen": form["kind"].value() or "",
        "spots": [],
        "client_uuid": request.POST.get("client_uuid") or str(uuid4()),
    }
    return render(request, "pages/report.html", context, status=status)


def _uuid(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("client_uuid", ""))
    except ValueError:
        return uuid4()


@never_cache
@for_everybody
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """`/report/<number>/?key=…`: how it stands, in plain words, for whoever holds the link."""
    refuse_nul(request)
    found = receipt_of(number, request.GET.get("key", "")[:100])
    issue = found.issue
    units = (
        Order.objects.filter(issue=issue).exclude(state="withdrawn").select_related("department").order_by("created_at")
    )
    steps = [(issue.opened_at, _("Your report arrived."))]
    if issue.filed_at:
        steps.append((issue.filed_at, _("It was filed.")))
    steps += [(order.created_at, _("%(unit)s was sent.") % {"unit": order.department.name}) for order in units]
    if issue.ended_at:
        steps.append((issue.ended_at, str(IN_WORDS[issue.state])))
    context = {
        "report": found,
        "issue": issue,
        "said": IN_WORDS[issue.state],
        "steps": steps[::-1],
        "photos": issue.issue_attachments.count(),
        "reason": _reason(found) if issue.state == "rejected" else "",
        "spots": [
            spot_of(
                issue.number,
                issue.location,
                name="",
                layer=issue.layer.key if issue.layer else None,
                condition="attention",
            )
        ],
    }
    response = render(request, "pages/report_receipt.html", context)
    response["Referrer-Policy"] = "no-referrer"  # the address holds the key
    return response


def _reason(found: Any) -> str:
    """Why it was not taken up: the note of the rejection, written for the citizen too."""
    event = found.issue.trail.filter(verb="reject").select_related("words").order_by("-seq").first()
    note = getattr(event, "words", None)
    return note.note if note else ""
