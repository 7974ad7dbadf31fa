"""Reference data of this room: the two levels of categories, and which alarm opens which."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.accounts.roles import May
from envmap.core.actor import acting
from envmap.core.errors import BadInput
from layers.catalogue.models import Layer
from layers.sensors.models import Severity

from ..models import AlarmCategory, Category


def _refuse(index: int, field: str, detail: str) -> BadInput:
    return BadInput(detail, [{"index": index, "field": field, "detail": detail}])


def _span(row: Mapping[str, Any], key: str, index: int, *, clock: str) -> Decimal | None:
    raw = row.get(key)
    if raw in (None, ""):
        return None
    try:
        span = Decimal(str(raw))
    except InvalidOperation:
        span = Decimal(0)
    if not span.is_finite() or span <= 0 or (clock == Category.Clock.DAYS and span != int(span)):
        raise _refuse(
            index,
            key,
            _("Row %(row)d: %(key)s is %(raw)s; expected are hours above 0, or whole days for the clock of days.")
            % {"row": index, "key": key, "raw": raw},
        )
    return span


def load_categories(*, by: Asker, rows: Sequence[Mapping[str, Any]]) -> int:
    """Makes or updates categories by code; parents may stand anywhere in `rows`. Whole or not at all; gives how many.

    A row has `code, name, name_en, parent, layer (key), severity, clock (urgent|hours|days), accept, report (hours, or
    days), evidence (codes divided by spaces), unit_kind, unit_hint`; other keys are left alone. Raises BadInput with
    the index of the row.
    """
    by.require(May.EDIT_LAYERS)
    with acting(by.actor):
        layers = {layer.key: layer for layer in Layer.objects.all()}
        for index, row in enumerate(rows):
            Category.objects.update_or_create(code=row["code"], defaults=_values(row, index, layers))
        codes = {c.code: c for c in Category.objects.all()}
        for index, row in enumerate(rows):
            above = row.get("parent") or None
            if above is not None and above not in codes:
                raise _refuse(
                    index, "parent", _("Row %(row)d: there is no category %(code)s.") % {"row": index, "code": above}
                )
            Category.objects.filter(code=row["code"]).update(parent=codes[above] if above else None)
    return len(rows)


def _values(row: Mapping[str, Any], index: int, layers: Mapping[str, Layer]) -> dict[str, Any]:
    key = row.get("layer") or None
    if key is not None and key not in layers:
        raise _refuse(index, "layer", _("Row %(row)d: there is no layer %(key)s.") % {"row": index, "key": key})
    clock = row.get("clock") or Category.Clock.HOURS.value
    severity = row.get("severity") or Severity.MINOR.value
    kind = row.get("unit_kind") or ""
    for field, value, allowed in (
        ("clock", clock, Category.Clock.values),
        ("severity", severity, Severity.values),
        ("unit_kind", kind, ["", *Department.Kind.values]),
    ):
        if value not in allowed:
            raise _refuse(
                index,
                field,
                _("Row %(row)d: %(field)s is %(value)s; it is one of %(allowed)s.")
                % {"row": index, "field": field, "value": value, "allowed": ", ".join(allowed)},
            )
    return {
        "names": {"zh-hans": row["name"], "en": row.get("name_en") or ""},
        "layer": layers[key] if key else None,
        "severity": severity,
        "clock": clock,
        "accept_within": _span(row, "accept", index, clock=clock),
        "report_within": _span(row, "report", index, clock=clock),
        "evidence": str(row.get("evidence") or "").split(),
        "unit_kind": kind,
        "unit_hint": row.get("unit_hint") or "",
        "is_active": True,
    }


def load_alarm_categories(*, by: Asker, rows: Sequence[Mapping[str, Any]]) -> int:
    """Says which category an alarm opens: rows of `layer` (key), `factor` (code or `*`), `side` (above|below), `category`."""
    by.require(May.EDIT_LAYERS)
    with acting(by.actor):
        layers = {layer.key: layer for layer in Layer.objects.all()}
        categories = {c.code: c for c in Category.objects.all()}
        for index, row in enumerate(rows):
            for field, known in (("layer", layers), ("category", categories), ("side", {"above", "below"})):
                if row[field] not in known:
                    raise _refuse(
                        index,
                        field,
                        _("Row %(row)d: %(field)s is %(value)s, which is not known.")
                        % {"row": index, "field": field, "value": row[field]},
                    )
            AlarmCategory.objects.update_or_create(
                layer=layers[row["layer"]],
                factor=row["factor"],
                side=row["side"],
                defaults={"category": categories[row["category"]]},
            )
    return len(rows)
