"""Checks of what verbs of issues and orders bring along. Each gives the clean value or raises BadInput naming its field."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from envmap.core.errors import BadInput
from layers.catalogue.geometry import BadGeometry, parse
from layers.catalogue.texts import text_errors, unkeepable

LONGEST_NOTE = 4000
MOST_ANSWERS = 100
YEARS = range(2000, 2100)


def refuse(field: str, detail: str) -> BadInput:
    """A refusal of one field, to be raised."""
    return BadInput(detail, [{"field": field, "detail": detail}])


def line(value: object, *, field: str, longest: int) -> str:
    """One line of text that is not empty."""
    if errors := text_errors(value, field=field, longest=longest):
        raise BadInput(f"{field}: {errors[0]['detail']}", errors)
    return str(value).strip()


def text(value: object, *, field: str, longest: int = LONGEST_NOTE) -> str:
    """Text of several lines, possibly empty."""
    if not isinstance(value, str):
        raise refuse(field, _("%(field)s must be a text.") % {"field": field})
    if errors := list(unkeepable(value, field)):
        raise BadInput(f"{field}: {errors[0]['detail']}", errors)
    if len(value) > longest:
        raise refuse(
            field,
            _("%(field)s has %(n)d characters; at most %(most)d are taken.")
            % {"field": field, "n": len(value), "most": longest},
        )
    return value.strip()


def note(value: object, *, needed: bool = False) -> str:
    """What somebody says to a step."""
    words = text(value, field="note")
    if needed and not words:
        raise refuse("note", _("Write a note: this step needs one."))
    return words


def instant(value: object, *, field: str) -> datetime | None:
    """An aware instant, or None."""
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise refuse(
            field,
            _("%(field)s must be a time with its offset, like 2026-11-24T08:00:00+08:00.") % {"field": field},
        )
    if value.year not in YEARS:  # a clock that was never set, or a slip of the hand
        raise refuse(
            field, _("%(field)s is in the year %(year)d, which cannot be.") % {"field": field, "year": value.year}
        )
    return value


def position(value: object, *, field: str = "location") -> Point | None:
    """A Point inside the world (EPSG:4326) out of a GeoJSON object or a GEOS point, or None."""
    if value is None:
        return None
    try:
        point = parse(value, allowed=["Point"])
    except BadGeometry as wrong:
        raise refuse(
            field,
            _("%(field)s must be a GeoJSON Point in degrees of longitude and latitude: %(wrong)s")
            % {"field": field, "wrong": wrong},
        ) from None
    return point  # type: ignore[return-value]


def accuracy(value: object) -> float | None:
    """Metres of a position's error, zero or more, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise refuse("accuracy", _("accuracy is a distance in metres, zero or more."))
    return float(value)


def answers(value: object) -> dict[str, Any] | None:
    """Answers by code: each a text, a number, yes or no, or nothing; None without any."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or len(value) > MOST_ANSWERS:
        raise refuse("answers", _("answers is an object of at most %(most)d codes.") % {"most": MOST_ANSWERS})
    for code, answer in value.items():
        simple = answer is None or isinstance(answer, str | bool | int | float)
        if not isinstance(code, str) or not simple or (isinstance(answer, str) and len(answer) > LONGEST_NOTE):
            raise refuse(
                "answers", _("answers.%(code)s must be a text, a number, true, false or null.") % {"code": code}
            )
    found = dict(value)
    if errors := list(unkeepable(found, "answers")):
        raise BadInput(f"{errors[0].get('field', 'answers')}: {errors[0]['detail']}", errors)
    return found or None
