"""Statistics of layers on a plain page: how many features do how, and what became of the orders."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.errors import BadQuery
from envmap.statistics import queries

from .doors import asker_of, page

BY = {
    "condition": pgettext_lazy("statistics by", "Condition"),
    "department": pgettext_lazy("statistics by", "Unit"),
    "town": pgettext_lazy("statistics by", "Town"),
    "day": pgettext_lazy("statistics by", "Day"),
    "week": pgettext_lazy("statistics by", "Week"),
    "month": pgettext_lazy("statistics by", "Month"),
}
OF_TIME = {"day", "week", "month"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The period as the form has it: both days included, empty for the calendar year; and a sentence where it cannot be."""

    first: date | None
    last: date | None
    refusal: str = ""

    @property
    def start(self) -> datetime | None:
        """Inclusive."""
        return clock.midnight(self.first) if self.first else None

    @property
    def end(self) -> datetime | None:
        """Exclusive: the midnight after the last day."""
        return clock.midnight(self.last + timedelta(days=1)) if self.last else None


def wanted(request: HttpRequest) -> Wanted:
    """`from` and `to` of the address; what is no date is said and counts as empty."""
    found: dict[str, date | None] = {}
    refusal = ""
    for name in ("from", "to"):
        raw = request.GET.get(name, "").strip()
        try:
            found[name] = parse_date(raw) if raw else None
        except ValueError:
            found[name] = None
        if raw and found[name] is None:
            refusal = _("%(day)s is not a day; write it like 2026-11-24.") % {"day": raw[:20]}
    first, last = found["from"], found["to"]
    if first and last and first > last:
        return Wanted(None, None, _("The period is empty: from must lie before to."))
    return Wanted(first, last, refusal)


@page(May.PAGE_STATISTICS)
def layers(request: HttpRequest) -> HttpResponse:
    """Every layer that the asker sees."""
    asked = wanted(request)
    rows = queries.layers_statistics(asker_of(request), start=asked.start, end=asked.end)
    context = {"rows": rows, "asked": asked, "period": rows[0] if rows else None}
    return render(request, "pages/statistics.html", context, status=400 if asked.refusal else 200)


@page(May.PAGE_STATISTICS)
def layer(request: HttpRequest, key: str) -> HttpResponse:
    """One layer by condition, unit, town, day, week or month."""
    asked, by = wanted(request), request.GET.get("by", "condition")
    status, asker = 400 if asked.refusal else 200, asker_of(request)
    try:
        found = queries.layer_statistics(asker, key, start=asked.start, end=asked.end, by=by)
    except BadQuery as error:
        asked, by, status = Wanted(None, None, error.detail), "condition", 400
        found = queries.layer_statistics(asker, key, by=by)
    rows = found["rows"]
    shown = [row for row in reversed(rows) if row["total"]] if by in OF_TIME else rows
    context = {
        "data": found,
        "rows": shown,
        "empty": len(rows) - len(shown),
        "chart": rows if by in OF_TIME else [],
        "by": by,
        "by_word": BY[by],
        "ways": BY.items(),
        "asked": asked,
        "is_time": by in OF_TIME,
    }
    return render(request, "pages/statistics_layer.html", context, status=status)
