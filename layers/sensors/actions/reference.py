"""Factors and limits of standards, loaded from rows such as ``fixtures/factors.csv`` and ``fixtures/limits/``."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core.actor import acting
from envmap.core.errors import BadInput

from ..models import Factor, Limit
from ..units import UnlikeUnits, convert, unit

_FACTOR_FIELDS = ["names", "unit", "decimals", "code_2005", "source"]
_LIMIT_FIELDS = ["clause", "valid_from", "valid_to", "lower", "upper", "unit", "source_status", "enabled"]


def load_factors(*, by: Asker, rows: Iterable[Mapping[str, str]]) -> int:
    """Make or refresh factors.

    Rows have ``code, name, name_en, unit, decimals, code_2005, source``. :returns: how many rows there were.
    :raises BadInput: naming the row, for a unit that is not known.
    """
    by.require(May.EDIT_RULES)
    factors = []
    for line, row in enumerate(rows, start=2):
        try:
            unit(row["unit"])
        except UnlikeUnits as unlike:
            raise BadInput(str(unlike), [{"line": line, "detail": str(unlike)}]) from unlike
        factors.append(
            Factor(
                code=row["code"],
                names={"zh-hans": row["name"], "en": row["name_en"]},
                unit=row["unit"],
                decimals=int(row["decimals"] or 0),
                code_2005=row.get("code_2005", ""),
                source=row.get("source", "")[:100],
            )
        )
    with acting(by.actor):
        Factor.objects.bulk_create(factors, update_conflicts=True, unique_fields=["code"], update_fields=_FACTOR_FIELDS)
    return len(factors)


def load_limits(*, by: Asker, rows: Iterable[Mapping[str, str]]) -> int:
    """Make or refresh limits, converted once into the factor's stored unit.

    Rows have ``standard, version, clause, factor, name, name_en, class, period, lower, upper, unit, applies, verified,
    enabled, note`` and, from ``fixtures/standards.csv``, ``valid_from`` and ``valid_to``. Limits that are not verified
    are marked so; nobody is judged by a limit that is not enabled. :returns: how many rows there were.
    """
    by.require(May.EDIT_RULES)
    units = dict(Factor.objects.values_list("code", "unit"))
    limits = []
    for line, row in enumerate(rows, start=2):
        stored = units.get(row["factor"], row["unit"])
        try:
            lower, upper = (_number(row[name], row["unit"], stored) for name in ("lower", "upper"))
        except UnlikeUnits as unlike:
            sentence = _("%(factor)s in %(standard)s: %(why)s") % {
                "factor": row["factor"],
                "standard": row["standard"],
                "why": unlike,
            }
            raise BadInput(sentence, [{"line": line, "detail": sentence}]) from unlike
        limits.append(
            Limit(
                standard=row["standard"],
                version=row["version"],
                clause=row.get("clause", ""),
                valid_from=_day(row.get("valid_from")),
                valid_to=_day(row.get("valid_to")),
                factor_code=row["factor"],
                names={"zh-hans": row["name"], "en": row["name_en"]},
                limit_class=row["class"],
                period=row["period"],
                lower=lower,
                upper=upper,
                unit=stored,
                note="; ".join(part for part in (row.get("applies"), row.get("note")) if part)[:300],
                source_status="sourced" if row.get("verified", "yes") == "yes" else "memory",
                enabled=row.get("enabled", "yes") == "yes",
            )
        )
    with acting(by.actor):
        Limit.objects.bulk_create(
            limits,
            update_conflicts=True,
            unique_fields=["standard", "version", "factor_code", "names", "limit_class", "period", "note"],
            update_fields=_LIMIT_FIELDS,
        )
    return len(limits)


def _number(text: str, said: str, stored: str) -> Decimal | None:
    return convert(Decimal(text), said, stored) if text not in ("", None) else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
