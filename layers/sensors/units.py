"""Units of measure: one spelling for each, and conversion between those of one dimension. Pure, exact (Decimal).

A wire's unit is a setting of the station's factor, because HJ 212-2017 table B.2 prints ng/m³ where loggers send mg/m³
or µg/m³; a value is converted once, on the way in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final


class UnlikeUnits(ValueError):
    """Two units of different dimensions, or one that is not known; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Unit:
    """``value in base = (value + offset) × factor``; units of one ``dimension`` convert into each other."""

    symbol: str
    dimension: str
    factor: Fraction
    offset: Fraction = Fraction(0)


def _unit(
    symbol: str, dimension: str, factor: str | int = 1, *spellings: str, offset: str | int = 0
) -> list[tuple[str, Unit]]:
    unit = Unit(symbol, dimension, Fraction(factor), Fraction(offset))
    return [(_fold(spelling), unit) for spelling in (symbol, *spellings)]


_PLAIN: Final = str.maketrans({"µ": "u", "μ": "u", "³": "3", "²": "2", "·": ".", "•": ".", "℃": "°C", "㎎": "mg"})


def _fold(text: str) -> str:
    """A spelling without its typography: ``µg/m³`` and ``ug/m3`` are one."""
    return text.strip().translate(_PLAIN).replace(" ", "").replace("^", "").casefold()


def _table(groups: Iterable[list[tuple[str, Unit]]]) -> dict[str, Unit]:
    return {spelling: unit for group in groups for spelling, unit in group}


_UNITS: Final = _table(
    [
        _unit("1", "number", 1, "", "无量纲", "-"),
        _unit("%", "number", "1/100"),
        _unit("mg/m³", "mass in air", 1, "毫克/立方米"),
        _unit("µg/m³", "mass in air", "1/1000", "微克/立方米"),
        _unit("ng/m³", "mass in air", "1/1000000", "纳克/立方米"),
        _unit("g/m³", "mass in air", 1000),
        _unit("mg/L", "mass in water", 1, "毫克/升", "ppm(w)", "g/t"),
        _unit("µg/L", "mass in water", "1/1000", "微克/升"),
        _unit("ng/L", "mass in water", "1/1000000", "纳克/升"),
        _unit("g/L", "mass in water", 1000),
        _unit("°C", "temperature", 1, "degC", "摄氏度"),
        _unit("K", "temperature", 1, offset="-273.15"),
        _unit("m/s", "speed", 1, "米/秒"),
        _unit("km/h", "speed", "5/18"),
        _unit("°", "angle", 1, "deg", "[角]度"),
        _unit("kPa", "pressure", 1, "千帕"),
        _unit("Pa", "pressure", "1/1000"),
        _unit("hPa", "pressure", "1/10", "mbar"),
        _unit("MPa", "pressure", 1000, "兆帕"),
        _unit("L/s", "flow", 1, "升/秒"),
        _unit("m³/s", "flow", 1000, "立方米/秒"),
        _unit("m³/h", "flow", "5/18", "立方米/小时"),
        _unit("m³/d", "flow", "5/432", "t/d", "吨/日"),
        _unit("m", "length", 1, "米"),
        _unit("cm", "length", "1/100"),
        _unit("mm", "length", "1/1000"),
        _unit("m²", "area", 1, "平方米"),
        _unit("m³", "volume", 1, "立方米"),
        _unit("L", "volume", "1/1000", "升"),
        _unit("kg", "mass", 1, "千克"),
        _unit("g", "mass", "1/1000", "克"),
        _unit("mg", "mass", "1/1000000", "毫克"),
        _unit("t", "mass", 1000, "吨"),
        _unit("dB(A)", "sound level", 1, "dB", "dBA", "分贝"),
        _unit("µS/cm", "conductivity", 1, "微西[门子]/厘米"),
        _unit("mS/cm", "conductivity", 1000),
        _unit("mS/m", "conductivity", 10),
        _unit("NTU", "turbidity", 1),
        _unit("度", "colour", 1, "[色]度", "PCU"),
        _unit("倍", "colour dilution", 1),
        _unit("个/L", "count in water", 1, "count/L", "MPN/L", "个/升", "/L"),
        _unit("Bq/L", "activity in water", 1, "贝可[勒尔]/升"),
        _unit("t/(km²·月)", "dustfall", 1, "t/(km2.month)", "吨/平方千米•月"),
        _unit("g/(床·d)", "load", 1, "g/(bed.d)"),
    ]
)


def unit(text: str) -> Unit:
    """The unit that a text names, in any of its spellings (``ug/m3``, ``µg/m³``).

    :raises UnlikeUnits: if it is not known.
    """
    found = _UNITS.get(_fold(text))
    if found is None:
        raise UnlikeUnits(f"{text!r} is not a known unit.")
    return found


def factor_between(from_unit: str, to_unit: str) -> tuple[Fraction, Fraction]:
    """``(scale, shift)`` with ``value in to_unit = value in from_unit × scale + shift``.

    :raises UnlikeUnits: with a sentence, if the two measure different things or one is not known.
    """
    source, target = unit(from_unit), unit(to_unit)
    if source.dimension != target.dimension:
        raise UnlikeUnits(
            f"{from_unit} measures {source.dimension} and {to_unit} measures {target.dimension}: "
            "one cannot be converted into the other."
        )
    scale = source.factor / target.factor
    return scale, source.offset * scale - target.offset


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal:
    """A value in another unit, exact where the result has a finite decimal form, else with 28 digits.

    :raises UnlikeUnits: with a sentence, if the two measure different things or one is not known.
    """
    scale, shift = factor_between(from_unit, to_unit)
    if scale == 1 and shift == 0:
        return value
    result = Fraction(value) * scale + shift
    return Decimal(result.numerator) / Decimal(result.denominator)
