"""A factor of one feature over time, as the chart in its panel draws it: values, gaps, limits, spans of alarm."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from envmap.accounts.asker import Asker
from envmap.core import clock
from envmap.core.errors import BadQuery
from layers.catalogue import queries as catalogue
from layers.catalogue.models import Feature
from layers.sensors import queries as sensors
from layers.sensors.models import AlarmRule, Factor
from layers.sensors.thresholds import gap_of

from . import words
from .alarm_facts import figure, shown_unit
from .doors import asker_or_visitor, for_everybody

PERIODS = {"day": timedelta(hours=24), "week": timedelta(days=7), "month": timedelta(days=30)}
PREFERRED = {
    "day": ("hour", "minute", "realtime", "day"),
    "week": ("hour", "minute", "realtime", "day"),
    "month": ("day", "hour", "minute", "realtime"),
}
"""Which kind of reading a period shows, the first of which there is more than one."""

MOST = 3_000  # points: more than a chart has pixels
FOLDED = gap_of(0, "hour")


@dataclass(frozen=True, slots=True)
class Line:
    """A limit of the chart: its value in the factor's unit, whether it is a warning line, and where it comes from."""

    value: float
    is_warning: bool
    said: str


def gaps_of(
    times: list[datetime], widest: timedelta, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The spans within [start, end] in which no value came for longer than `widest`. `times` ascend."""
    if not times:
        return [(start, end)]
    marks = [start, *times, end]
    return [(before, after) for before, after in pairwise(marks) if after - before > widest]


def kind_for(readings: Any, period: str) -> str | None:
    """The kind of reading that a period shows: the preferred one of which there is more than a single value."""
    there = {kind for (kind,) in readings.order_by().values_list("kind").distinct()}
    return next((kind for kind in PREFERRED[period] if kind in there), None)


def lines_of(asker: Asker, feature: Feature, factor: Factor, kind: str) -> list[Line]:
    """The limits that the asker may know of: those of the rules, else those that the feature's alarms carry."""
    found: dict[float, Line] = {}
    rules = sensors.rules(asker, factor=factor.code).filter(enabled=True, kind=kind)
    for rule in rules:
        if _is_about(rule, feature):
            found.setdefault(float(rule.above), Line(float(rule.above), rule.is_warning, _source(rule)))
    if not found:
        for alarm in sensors.alarms(asker, layer=feature.layer.key, feature=feature.code).filter(
            factor=factor, rule__kind=kind
        )[:20]:
            value = alarm.limit.get("value")
            if value is not None:
                said = " ".join(filter(None, (alarm.limit.get("standard"), alarm.limit.get("clause"))))
                found.setdefault(float(value), Line(float(value), alarm.rule.is_warning, said))
    return [found[value] for value in sorted(found)]


def _is_about(rule: AlarmRule, feature: Feature) -> bool:
    if rule.station is not None:
        return rule.station.feature_id == feature.pk
    return rule.feature_id == feature.pk if rule.feature_id else rule.layer_id == feature.layer_id


def _source(rule: AlarmRule) -> str:
    if rule.limit is None:
        return rule.name
    return f"{rule.limit.standard}-{rule.limit.version} {rule.limit.clause}".strip()


def points_of(found: Any, kind: str) -> tuple[list[datetime], list[float | None]]:
    """Times and usable values, ascending; folded to hours where there are more than a chart can show."""
    if found.count() > MOST:
        rows = sorted((row["bucket"], row["mean"]) for row in sensors.aggregated(found, "hour"))
    else:
        usable = found.filter(flag__in=["N"]) | found.filter(flag=None)
        rows = list(usable.filter(value__isnull=False).order_by("time").values_list("time", "value"))
    return [time for time, _value in rows], [float(value) for _time, value in rows]


def series_of(asker: Asker, layer: str, feature_id: int, *, code: str, period: str) -> dict[str, Any]:
    """What the chart draws; instants as Unix seconds, spans as pairs. Raises NotVisible, BadQuery."""
    feature = catalogue.feature_of(asker, layer, feature_id)
    factor = sensors.factors().filter(code=code).first()
    if factor is None or period not in PERIODS:
        raise BadQuery(_("Ask for a known factor and a period of %(periods)s.") % {"periods": ", ".join(PERIODS)})
    end = clock.now()
    start = end - PERIODS[period]
    found = sensors.readings(asker, feature=feature, factor=code, start=start, end=end)
    kind = kind_for(found, period)
    found = found.filter(kind=kind) if kind else found.none()
    station = found.first().station if found.exists() else None  # type: ignore[union-attr]
    if station is not None:
        found = found.filter(station=station)  # two stations at one place are two lines; the chart shows the newest
    times, values = points_of(found, kind or "")
    # What is a gap for the rules is one here (docs/interfaces.md §6); values that were folded are an hour apart.
    widest = gap_of(station.expected_interval, kind) if station and kind else timedelta(0)
    gaps = gaps_of(times, max(widest, FOLDED) if found.count() > MOST else widest, start, end)
    lines = lines_of(asker, feature, factor, kind) if kind else []
    alarms = sensors.alarms(asker, layer=layer, feature=feature.code).filter(factor=factor, opened_at__lt=end)
    spans = [
        (max(opened, start), cleared or end)
        for opened, cleared in alarms.filter(rule__kind=kind).values_list("opened_at", "cleared_at")
        if (cleared or end) > start
    ]
    unit = shown_unit(factor.unit)
    return {
        "factor": code,
        "name": factor.name,
        "unit": unit,
        "decimals": factor.decimals,
        "kind": str(words.READING_KINDS.get(kind or "", "")),
        "from": start.timestamp(),
        "to": end.timestamp(),
        "times": [time.timestamp() for time in times],
        "values": values,
        "gaps": [[a.timestamp(), b.timestamp()] for a, b in gaps],
        "alarms": [[a.timestamp(), b.timestamp()] for a, b in spans],
        "limits": [
            {"value": line.value, "warning": line.is_warning, "said": line.said, "label": _label(line, factor)}
            for line in lines
        ],
        "summary": _summary(factor, values, lines, len(gaps)),
        "zone": str(clock.SHANGHAI),
    }


def _label(line: Line, factor: Factor) -> str:
    word = pgettext("limit", "Warning line") if line.is_warning else pgettext("limit", "Limit")
    return f"{word} {figure(line.value, factor.decimals)} {shown_unit(factor.unit)}".strip()


def _summary(factor: Factor, values: list[float | None], lines: list[Line], gaps: int) -> str:
    """The chart in one sentence, for those who do not see it."""
    shown = [value for value in values if value is not None]
    if not shown:
        return _("%(factor)s: no value came in this time.") % {"factor": factor.name}
    said = _("%(factor)s: %(n)s values, least %(least)s, greatest %(greatest)s, last %(last)s %(unit)s.") % {
        "factor": factor.name,
        "n": len(shown),
        "least": figure(min(shown), factor.decimals),
        "greatest": figure(max(shown), factor.decimals),
        "last": figure(shown[-1], factor.decimals),
        "unit": shown_unit(factor.unit),
    }
    if lines:
        above = sum(value > lines[0].value for value in shown)
        said += " " + _("%(n)s of them lie above %(limit)s.") % {"n": above, "limit": _label(lines[0], factor)}
    return said + (" " + _("Gaps without values: %(n)s.") % {"n": gaps} if gaps else "")


@require_safe
@never_cache
@for_everybody
def series(request: HttpRequest, layer: str, feature_id: int) -> JsonResponse:
    """`GET /map/<layer>/<id>/series/?factor=&period=day|week|month`."""
    asker = asker_or_visitor(request)
    document = series_of(
        asker, layer, feature_id,
        code=request.GET.get("factor", "")[:40], period=request.GET.get("period", "day"),
    )  # fmt: skip
    return JsonResponse(document)
