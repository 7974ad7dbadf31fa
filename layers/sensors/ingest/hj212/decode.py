"""Readings out of a data area: 2011, 2051, 2061 and 2031 (HJ 212-2017 section 6.6.5, appendix C).

Nothing here knows a database. Values keep the wire's unit; the caller converts. Times are a station's clock, which is
Asia/Shanghai by standard, and come out aware. Flags are kept as sent and are None where there was none.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

from layers.sensors.ingest.hj212.commands import READINGS, Kind
from layers.sensors.ingest.hj212.frame import Edition, Frame
from layers.sensors.ingest.hj212.reasons import Note, Reason, Refusal

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps UTC+8 the whole year; a fixed offset also places times before 1992 as a logger means them."""

FLAG_LONGEST: Final = 4
"""HJ 212-2017 says one character (C1); what is longer is cut, as no rule knows it anyway."""

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
_PLACES: Final = Decimal("0.000000001")
_PLACES_SHORT: Final = 10
"""A text of so many characters cannot have more than nine decimals."""
_FACTOR: Final = re.compile(r"[^\s\x00-\x1f\x7f=&#]{1,30}")
_TIME: Final = re.compile(r"[0-9]{14}(?:[0-9]{3})?")
_EARLIEST: Final = "1900"
_PERIOD_NOISE: Final = {"daydata": "DayData", "nightdata": "NightData"}
_VALUE_FIELDS: Final = ("rtd", "min", "avg", "max", "cou", "zsrtd", "zsmin", "zsavg", "zsmax", "data", *_PERIOD_NOISE)
_FIELDS: Final = frozenset([*_VALUE_FIELDS, "flag", "eflag", "sampletime"])


class Reading(NamedTuple):
    """One value of one factor at one time, in the wire's unit.

    ``time`` is aware (+08:00): the moment of sampling for real-time values, the start of the period for the others.
    ``value`` is None where the logger sent none or no number. ``value_is_total`` says that ``value`` is the period's
    total (``-Cou``), whose unit is that of a quantity and not of the factor.
    """

    factor: str
    kind: Kind
    time: datetime
    value: Decimal | None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    total: Decimal | None = None
    converted: Decimal | None = None
    flag: str | None = None
    maker_flag: str | None = None
    sampled_at: datetime | None = None
    value_is_total: bool = False
    notes: tuple[Note, ...] = ()


def parse_time(text: str) -> datetime | None:
    """``YYYYMMDDhhmmss`` of a station's clock as an aware time; 17 digits are cut to 14; None if it is none.

    A clock that was reset (1970, 2000) is a time; a year before 1900 is none.
    """
    if not _TIME.fullmatch(text) or text < _EARLIEST:
        return None
    try:
        return datetime(
            int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:14]),
            tzinfo=SHANGHAI,
        )  # fmt: skip
    except ValueError:
        return None


def parse_value(text: str) -> Decimal | None:
    """A value of HJ 212-2017 table 4 (sign and point allowed) as Decimal; None if it is no plain number.

    Rounded to nine decimals, which is far more than any instrument of the standard shows (N14.2, N4.4).
    """
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    return value if len(text) <= _PLACES_SHORT else value.quantize(_PLACES)


def readings(frame: Frame, factors_2005: Mapping[str, str] = MappingProxyType({})) -> list[Reading]:
    """The readings of an upload; an upload without items has none.

    :param factors_2005: the 2017 code for each code of HJ/T 212-2005, used for frames of that edition. A code found
        nowhere is kept as it was sent.
    :raises Refusal: ``bad_time`` if values came without a DataTime that is a date and time.
    """
    kind = READINGS[frame.cn]
    renamed = factors_2005 if frame.edition is Edition.E2005 else {}
    groups: dict[tuple[datetime, str], dict[str, str]] = {}
    notes: dict[tuple[datetime, str], list[Note]] = {}
    time: datetime | None = None
    said: str | None = None
    cut = False
    for name, text in frame.cp:
        stem, dash, suffix = name.rpartition("-")
        suffix = suffix.lower()
        if not dash:
            if suffix == "datatime":
                time, said = parse_time(text), text
                cut = len(text) > 14
            continue
        if suffix not in _FIELDS or not _FACTOR.fullmatch(stem):
            continue
        if time is None:
            what = "is missing" if said is None else f"is {said[:32]!r}"
            raise Refusal(Reason.BAD_TIME, f"DataTime {what}; YYYYMMDDhhmmss before the values was expected.")
        factor = renamed.get(stem, stem)
        if suffix in _PERIOD_NOISE and factor not in ("Ld", "Ln"):
            # Day and night values of a level stand beside its 24-hour value (appendix C.28): another factor, kept
            # under the name that was sent. Ld and Ln are day and night themselves (table B.3).
            factor = f"{factor}-{_PERIOD_NOISE[suffix]}"
        key = (time, factor)
        fields = groups.setdefault(key, {})
        if cut:
            notes.setdefault(key, [Note.TIME_CUT])
        if suffix in fields:
            notes.setdefault(key, []).append(Note.REPEATED_FIELD)
        else:
            fields[suffix] = text
    return [_reading(key, kind, fields, notes.get(key, [])) for key, fields in groups.items()]


_ORDER: Final = {
    Kind.REALTIME: ("rtd", "data", "avg"),
    Kind.MINUTE: ("avg", "data", "daydata", "nightdata", "rtd"),
    Kind.HOUR: ("avg", "data", "daydata", "nightdata", "rtd"),
    Kind.DAY: ("avg", "data", "daydata", "nightdata", "rtd"),
}
"""Which field is the value, the first that is there."""


def _reading(key: tuple[datetime, str], kind: Kind, fields: dict[str, str], notes: list[Note]) -> Reading:
    def number(name: str) -> Decimal | None:
        text = fields.get(name)
        if text is None:
            return None
        value = parse_value(text)
        if value is None and Note.VALUE_UNREADABLE not in notes:
            notes.append(Note.VALUE_UNREADABLE)
        return value

    total = number("cou")
    chosen = next((name for name in _ORDER[kind] if name in fields), None)
    value = number(chosen) if chosen else None
    if chosen == "rtd" and kind is not Kind.REALTIME:
        notes.append(Note.VALUE_FROM_RTD)
    only_total = chosen is None and total is not None
    flag, sampled = fields.get("flag"), fields.get("sampletime")
    return Reading(
        factor=key[1],
        kind=kind,
        time=key[0],
        value=total if only_total else value,
        minimum=number("min"),
        maximum=number("max"),
        total=total,
        converted=number("zsrtd" if kind is Kind.REALTIME else "zsavg"),
        flag=flag[:FLAG_LONGEST] if flag else None,
        maker_flag=fields.get("eflag") or None,
        sampled_at=parse_time(sampled) if sampled else None,
        value_is_total=only_total,
        notes=tuple(notes),
    )
