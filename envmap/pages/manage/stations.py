"""Stations with their tokens, readings and alarms; refused frames."""

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from envmap.accounts import actions as accounts
from envmap.accounts.models import Token
from envmap.accounts.roles import May, Scope
from layers.catalogue.models import Layer
from layers.sensors import actions, queries
from layers.sensors.models import Factor, Station
from layers.sensors.payloads import station_payload

from .. import words
from ..alarm_facts import facts_of, figure, shown_unit
from ..doors import asker_of, page
from ..forms import Form
from ..sending import bound, submit
from .forms import NoteForm, StationForm, StationTokenForm
from .shell import show

PAGE = 50


@page(May.EDIT_STATIONS)
def stations(request: HttpRequest) -> HttpResponse:
    """All stations with how they do and when they were last heard."""
    asker = asker_of(request)
    q, layer, condition = (request.GET.get(name, "").strip()[:100] for name in ("q", "layer", "condition"))
    rows = queries.stations(asker, layer=layer or None, condition=condition if condition in words.CONDITIONS else None)
    if q:
        rows = rows.filter(
            Q(mn__icontains=q) | Q(name__icontains=q) | Q(feature__name__icontains=q) | Q(feature__code__iexact=q)
        )
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": shown,
        "stations": [(row, station_payload(row)) for row in shown.object_list],
        "layers": Layer.objects.visible_to(asker).order_by("position", "key"),
        "conditions": words.CONDITIONS.items(),
        "q": q, "layer": layer, "condition": condition,
    }  # fmt: skip
    return show(request, "stations.html", context)


@sensitive_post_parameters("password")
@page(May.EDIT_STATIONS)
def new_station(request: HttpRequest) -> HttpResponse:
    """One more station."""
    asker = asker_of(request)
    form = StationForm(asker=asker, **bound(request))
    form.fields["password"].help_text = ""

    def act() -> str:
        made = actions.make_station(by=asker, **form.arguments())
        messages.success(request, _("The station is there."))
        return f"/manage/stations/{made.mn}/"

    done, status = submit(request, form, act)
    context = {"form": form, "title": _("New station"), "back": "/manage/stations/"}
    return done or show(request, "new.html", context, status)


@sensitive_post_parameters("password")
@page(May.EDIT_STATIONS)
def station(request: HttpRequest, mn: str) -> HttpResponse:
    """One station: what it sends, its alarms, its settings, its tokens."""
    asker = asker_of(request)
    found = queries.station_of(asker, mn)
    form = _settings(request, found, **bound(request))

    def act() -> str:
        changed = actions.update_station(by=asker, **form.arguments())
        messages.success(request, _("Saved."))
        return f"/manage/stations/{changed.mn}/"

    done, status = submit(request, form, act)
    return done or _show(request, mn, status, form=form)


def _settings(request: HttpRequest, found: Station, **sent: Any) -> StationForm:
    """The form of a station that is there: its MN is its name and stays."""
    form = StationForm(asker=asker_of(request), initial=StationForm.initial_of(found), **sent)
    form.fields["mn"].disabled = True
    form.fields["mn"].help_text = ""
    return form


def _show(request: HttpRequest, mn: str, status: int = 200, **more: Any) -> HttpResponse:
    asker = asker_of(request)
    found = queries.station_of(asker, mn)
    factors = {f.code: f for f in Factor.objects.all()}
    latest = []
    for reading in queries.latest_readings(asker, [found.pk]):
        known = factors.get(reading.factor)
        value = figure(reading.value, known.decimals) if known else reading.value
        latest.append(
            {
                "reading": reading,
                "name": known.name if known else reading.factor,
                "value": value,
                "unit": shown_unit(known.unit) if known else "",
            }
        )
    context = {
        "station": found,
        "data": station_payload(found),
        "latest": latest,
        "alarms": facts_of(queries.alarms(asker, station=mn, open=True)),
        "acknowledged": {a.pk: a for a in queries.alarms(asker, station=mn, open=True) if a.acknowledged_at},
        "form": _settings(request, found),
        "token_form": StationTokenForm(auto_id="token-%s"),
        "note_form": NoteForm(),
        "tokens": Token.objects.filter(station=mn, revoked_at=None),
        "may_acknowledge": asker.may(May.ACKNOWLEDGE),
        "secret": "",
    } | more
    return show(request, "station.html", context, status)


@require_POST
@page(May.EDIT_STATIONS)
def make_token(request: HttpRequest, mn: str) -> HttpResponse:
    """A token for one station; its secret is on this answer alone."""
    asker = asker_of(request)
    found = queries.station_of(asker, mn)
    form = StationTokenForm(data=request.POST, auto_id="token-%s")
    if not form.is_valid():
        return _show(request, mn, 422, token_form=form)
    _token, secret = accounts.make_token(
        by=asker, name=form.cleaned_data["name"], scopes=[Scope.INGEST], station=found.mn
    )
    return _show(request, mn, 201, secret=secret)


@require_POST
@page(May.EDIT_STATIONS)
def revoke_token(request: HttpRequest, mn: str, token_id: int) -> HttpResponse:
    """Ends a station's token."""
    form = Form(data=request.POST)

    def act() -> str:
        accounts.revoke_token(by=asker_of(request), token_id=token_id)
        messages.success(request, _("The token is revoked."))
        return f"/manage/stations/{mn}/"

    done, status = submit(request, form, act)
    return done or _show(request, mn, status, refused=form)


@require_POST
@page(May.ACKNOWLEDGE)
def acknowledge(request: HttpRequest, mn: str, alarm_id: int) -> HttpResponse:
    """Somebody has seen the alarm and says so."""
    form = NoteForm(data=request.POST)

    def act() -> str:
        actions.acknowledge(by=asker_of(request), alarm_id=alarm_id, note=form.cleaned_data["note"])
        messages.success(request, _("The alarm is acknowledged."))
        return f"/manage/stations/{mn}/"

    done, status = submit(request, form, act)
    return done or _show(request, mn, status, refused=form)


@page(May.EDIT_STATIONS)
def dead_letters(request: HttpRequest) -> HttpResponse:
    """Frames that were refused, with the reason; counts since the beginning."""
    asker = asker_of(request)
    reason, mn = (request.GET.get(name, "").strip()[:60] for name in ("reason", "mn"))
    counts = queries.dead_letter_counts()
    rows = queries.dead_letters(asker, reason=reason or None, mn=mn or None)
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    letters = [(letter, readable(bytes(letter.raw))) for letter in shown.object_list]
    context = {"rows": shown, "letters": letters, "counts": sorted(counts.items()), "reason": reason, "mn": mn}
    return show(request, "dead_letters.html", context)


SHOWN_BYTES = 400
PASSWORD = re.compile(r"\bPW=[^;,&]*", re.IGNORECASE)


def readable(raw: bytes) -> str:
    """Printable ASCII as it is, all other bytes as \\xNN, cut after 400 bytes; no station's password is shown."""
    text = "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02X}" for b in raw[:SHOWN_BYTES])
    return PASSWORD.sub("PW=******", text) + ("…" if len(raw) > SHOWN_BYTES else "")
