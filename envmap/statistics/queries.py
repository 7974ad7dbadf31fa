"""What is counted on a layer (docs/interfaces.md, Statistics of a layer), always fresh and only of what the asker sees."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, NotRequired, TypedDict, cast

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.core import clock
from envmap.core.clock import SHANGHAI, rfc3339
from envmap.core.errors import BadQuery
from envmap.core.names import in_language
from layers.catalogue.conditions import BY_RANK, CONDITION_NAMES, WORST_FIRST
from layers.catalogue.models import Feature, Layer
from layers.catalogue.queries import Tally, counts, layer_of
from layers.catalogue.queries import layers as visible_layers
from layers.sensors.models import Alarm
from tasks.orders import rules
from tasks.orders.models import Order
from tasks.orders.states import ENDED, OrderState

from .measures import percent
from .periods import Period, key_of, keys, period

BY = ("condition", "department", "town", "day", "week", "month")


class OrderFigures(TypedDict):
    """Orders on a layer: how they stand now, and how those that were due in the period were closed."""

    open: int
    overdue: int
    due: int
    closed: int
    closed_on_time: int
    on_time_rate: float | None


class Row(TypedDict):
    """A row of the table. Of things: `by_condition`; of time: `alarms` opened, orders `filed` and `closed`, `total` all three."""

    key: str | None
    label: str
    total: int
    by_condition: NotRequired[dict[str, int]]
    alarms: NotRequired[int]
    filed: NotRequired[int]
    closed: NotRequired[int]


LayerStatistics = TypedDict(
    "LayerStatistics",
    {
        "layer": str,
        "label": str,
        "from": str,
        "to": str,
        "by": str,
        "total": int,
        "by_condition": dict[str, int],
        "rows": list[Row],
        "orders": OrderFigures,
    },
)


def counting(within: Period) -> dict[str, Q]:
    """The measures over orders, each defined here alone (practice of CJ/T 292 bulletins, docs/decisions/0012).

    `due`: not withdrawn, and the deadline falls in the period, or it was closed in the period before its deadline was
    reached, or it was carried over: the deadline had passed and it was open when the period began. `closed`: of those
    due, verified by the end of the period. `closed_on_time`: of those closed, the verified report came by the deadline,
    so that a slow verifier costs the unit nothing. The deadline is `due_at`; an order without one is never due.
    """
    in_period = Q(due_at__gte=within.start, due_at__lt=within.end)
    verified = Q(state=OrderState.VERIFIED)
    closed_early = verified & Q(ended_at__gte=within.start, ended_at__lt=within.end, due_at__gte=within.end)
    carried_over = Q(due_at__lt=within.start) & (Q(ended_at=None) | Q(ended_at__gte=within.start))
    due = ~Q(state=OrderState.WITHDRAWN) & (in_period | closed_early | carried_over)
    closed = due & verified & Q(ended_at__lt=within.end)
    return {"due": due, "closed": closed, "closed_on_time": closed & Q(reported_at__lte=F("due_at"))}


def filed(within: Period) -> Q:
    """Orders filed in a period: dispatched in it and not withdrawn since."""
    return ~Q(state=OrderState.WITHDRAWN) & Q(created_at__gte=within.start, created_at__lt=within.end)


def closed_in(within: Period) -> Q:
    """Orders closed in a period: verified in it, whenever they were due."""
    return Q(state=OrderState.VERIFIED, ended_at__gte=within.start, ended_at__lt=within.end)


def order_figures(orders: QuerySet[Order], within: Period, *, now: datetime) -> dict[int | None, OrderFigures]:
    """The figures of each layer (by its id) in one query. Overdue is judged at `now`, as the orders' own page does."""
    measures = counting(within)
    conditions = {
        "n_open": ~Q(state__in=[str(state) for state in ENDED]),
        "n_overdue": rules.overdue_at(now),
        "n_due": measures["due"],
        "n_closed": measures["closed"],
        "n_on_time": measures["closed_on_time"],
    }
    rows: Iterable[Any] = (
        orders.order_by().values("layer_id").annotate(**{n: Count("pk", filter=q) for n, q in conditions.items()})
    )
    return {
        row["layer_id"]: {
            "open": row["n_open"],
            "overdue": row["n_overdue"],
            "due": row["n_due"],
            "closed": row["n_closed"],
            "closed_on_time": row["n_on_time"],
            "on_time_rate": percent(row["n_on_time"], row["n_due"]),
        }
        for row in rows
    }


class UnitFigures(NamedTuple):
    """A unit's on-time closing in a period and in the one of the same length before it; percent, None where nothing was due."""

    department: Department
    due: int
    on_time_rate: float | None
    rate_before: float | None


def unit_figures(asker: Asker, within: Period) -> list[UnitFigures]:
    """On-time closing of each unit that had something due, those with most due first; three queries."""
    before = Period(within.start - (within.end - within.start), within.start)
    now_rows, before_rows = (_by_unit(asker, one) for one in (within, before))
    names = Department.objects.in_bulk(list(now_rows))
    found = [
        UnitFigures(
            names[pk],
            row["n_due"],
            percent(row["n_on_time"], row["n_due"]),
            percent(before_rows[pk]["n_on_time"], before_rows[pk]["n_due"]) if pk in before_rows else None,
        )
        for pk, row in now_rows.items()
    ]
    return sorted(found, key=lambda one: (-one.due, one.department.code))


def _by_unit(asker: Asker, within: Period) -> dict[int, Any]:
    measures = counting(within)
    rows: Iterable[Any] = (
        Order.objects.visible_to(asker)
        .order_by()
        .values("department_id")
        .annotate(n_due=Count("pk", filter=measures["due"]), n_on_time=Count("pk", filter=measures["closed_on_time"]))
    )
    return {row["department_id"]: row for row in rows if row["n_due"]}


NOTHING: OrderFigures = {
    "open": 0, "overdue": 0, "due": 0, "closed": 0, "closed_on_time": 0, "on_time_rate": None,
}  # fmt: skip


def layers_statistics(
    asker: Asker, *, start: datetime | None = None, end: datetime | None = None
) -> list[LayerStatistics]:
    """The statistics of every visible layer by condition, by key, at a fixed number of queries."""
    now = clock.now()
    within = period(start, end, now=now)
    tallies = counts(asker)
    figures = order_figures(Order.objects.visible_to(asker), within, now=now)
    return [
        _statistics(layer, tallies[layer.key], within, "condition", _condition_rows(tallies[layer.key]), figures)
        for layer in visible_layers(asker)
    ]


def layer_statistics(
    asker: Asker, key: str, *, start: datetime | None = None, end: datetime | None = None, by: str | None = None
) -> LayerStatistics:
    """A layer counted `by` condition (the default), department, town, day, week or month.

    Features are those that are there now, each once; alarms and orders are those of the period, bounds in aware
    instants. Raises NotVisible, BadQuery for an unknown `by` or an empty period.
    """
    layer = layer_of(asker, key)
    if by is not None and by not in BY:
        raise BadQuery(_("by is %(by)s; it must be one of %(allowed)s.") % {"by": by[:40], "allowed": ", ".join(BY)})
    by = by or "condition"
    now = clock.now()
    within = period(start, end, now=now)
    tally = _tally(asker, layer)
    orders = Order.objects.visible_to(asker).filter(layer=layer)
    if by == "condition":
        rows = _condition_rows(tally)
    elif by in ("department", "town"):
        rows = _thing_rows(asker, layer, by)
    else:
        rows = _time_rows(asker, layer, orders, within, by, now=now)
    return _statistics(layer, tally, within, by, rows, order_figures(orders, within, now=now))


def _statistics(
    layer: Layer,
    tally: Tally,
    within: Period,
    by: str,
    rows: list[Row],
    figures: dict[int | None, OrderFigures],
) -> LayerStatistics:
    return {
        "layer": layer.key,
        "label": layer.name,
        "from": cast(str, rfc3339(within.start)),
        "to": cast(str, rfc3339(within.end)),
        "by": by,
        "total": tally["count"],
        "by_condition": tally["by_condition"],
        "rows": rows,
        "orders": figures.get(layer.pk, NOTHING),
    }


def _empty() -> dict[str, int]:
    return {condition.value: 0 for condition in WORST_FIRST}


def _seen(asker: Asker, layer: Layer) -> QuerySet[Feature]:
    return Feature.objects.visible_to(asker).filter(layer=layer).with_condition().order_by()


def _tally(asker: Asker, layer: Layer) -> Tally:
    tally: Tally = {"count": 0, "by_condition": _empty()}
    for row in _seen(asker, layer).values("condition_rank").annotate(n=Count("pk")):  # type: ignore[misc]
        tally["by_condition"][BY_RANK[row["condition_rank"]].value] = row["n"]
        tally["count"] += row["n"]
    return tally


def _condition_rows(tally: Tally) -> list[Row]:
    return [
        {"key": condition.value, "label": str(CONDITION_NAMES[condition]), "total": tally["by_condition"][condition]}
        for condition in WORST_FIRST
    ]


def _thing_rows(asker: Asker, layer: Layer, by: str) -> list[Row]:
    """A row for each duty unit or town that has one of the features, by code; those without one last, `key` null."""
    code, names = f"{by}__code", f"{by}__names"
    found: dict[str | None, Row] = {}
    groups = _seen(asker, layer).values(code, names, "condition_rank").annotate(n=Count("pk"))  # type: ignore[misc]
    for group in groups:
        key = group[code]
        label = in_language(group[names]) if key is not None else _("none")
        row = found.setdefault(key, {"key": key, "label": label, "total": 0, "by_condition": _empty()})
        row["total"] += group["n"]
        row["by_condition"][BY_RANK[group["condition_rank"]].value] += group["n"]
    return sorted(found.values(), key=lambda row: (row["key"] is None, row["key"] or ""))


def _time_rows(
    asker: Asker, layer: Layer, orders: QuerySet[Order], within: Period, by: str, *, now: datetime
) -> list[Row]:
    """A row for each day, week or month up to today, also where nothing was; what lies later only where something is."""
    alarms = Alarm.objects.visible_to(asker).filter(layer=layer, opened_at__gte=within.start, opened_at__lt=within.end)
    sums: dict[str, Callable[[], Iterable[tuple[date, int]]]] = {
        "alarms": lambda: _by_day(alarms, "opened_at"),
        "filed": lambda: _by_day(orders.filter(filed(within)), "created_at"),
        "closed": lambda: _by_day(orders.filter(closed_in(within)), "ended_at"),
    }
    tomorrow = clock.midnight(now.astimezone(SHANGHAI).date() + timedelta(days=1))
    found: dict[str, dict[str, int]] = {key: defaultdict(int) for key in keys(within, by, until=tomorrow)}
    for measure, days in sums.items():
        for day, n in days():
            found.setdefault(key_of(day, by), defaultdict(int))[measure] += n
    return [
        {
            "key": key,
            "label": key,
            "total": sum(row[measure] for measure in sums),
            "alarms": row["alarms"],
            "filed": row["filed"],
            "closed": row["closed"],
        }
        for key, row in sorted(found.items())
    ]


def _by_day(rows: QuerySet[Any], field: str) -> Iterable[tuple[date, int]]:
    """How many rows fall on each day of Asia/Shanghai by an instant."""
    days: Iterable[tuple[date, int]] = (
        rows.order_by()
        .annotate(day=TruncDate(field, tzinfo=SHANGHAI))
        .values_list("day")
        .annotate(n=Count("pk"))
        .values_list("day", "n")
    )
    return days
