"""From a wire's unit to the stored one, once, on the way in."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ..models import Factor, Station
from ..rules import VALUE_LARGEST
from ..units import UnlikeUnits, convert, factor_between

if TYPE_CHECKING:
    from .readings import NewReading

_PLACES: Final = Decimal("0.000000001")
"""Nine decimals, as the readings' table keeps."""


@lru_cache(maxsize=1024)
def _is_other(wire: str, stored: str) -> bool:
    """Whether values must be converted at all; units that do not fit (checked when the station was saved) are not."""
    try:
        scale, shift = factor_between(wire, stored)
    except UnlikeUnits:
        return False
    return scale != 1 or shift != 0


def in_stored_unit(reading: "NewReading", station: Station, factors: Mapping[str, Factor]) -> "NewReading":
    """The reading as it is stored. A total is a quantity with a unit of its own and stays as it was sent."""
    factor, wire = factors.get(reading.factor), station.units.get(reading.factor)
    if factor is None or wire is None or not _is_other(wire, factor.unit):
        return reading
    return reading._replace(
        value=_converted(reading.value, wire, factor.unit),
        minimum=_converted(reading.minimum, wire, factor.unit),
        maximum=_converted(reading.maximum, wire, factor.unit),
        converted=_converted(reading.converted, wire, factor.unit),
    )


def _converted(value: Decimal | None, wire: str, stored: str) -> Decimal | None:
    return None if value is None else fit(convert(value, wire, stored))


def fit(value: Decimal | None) -> Decimal | None:
    """A value as the table can keep it: rounded to nine decimals; None if it is too large to be a measurement."""
    if value is None or abs(value) >= VALUE_LARGEST:
        return None
    exponent = value.as_tuple().exponent
    return value.quantize(_PLACES) if isinstance(exponent, int) and exponent < -9 else value
