"""What an input about stations and rules must be: pure checks, each wrong place with its own sentence."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from django.contrib.gis.geos import GEOSException, GEOSGeometry, Point
from django.utils.translation import gettext as _

from envmap.core.errors import BadInput, FieldError

from .models import AlarmRule, Factor, Reading, Severity, Station
from .units import UnlikeUnits, factor_between

MN: Final = re.compile(r"[0-9A-Za-z_-]{1,40}")
MN_STANDARD: Final = re.compile(r"(?:[0-9A-Fa-f]{24}|[0-9A-Fa-f]{14})")
"""24 hexadecimal digits in HJ 212-2017 table 3, 14 in HJ/T 212-2005."""
ST: Final = re.compile(r"[0-9A-Z]{2}")
PASSWORD: Final = re.compile(r"[^\s;,&=]{1,40}")
LENIENCIES: Final = ("modbus_crc", "wrong_length", "short_crc")
INTERVAL_LONGEST: Final = 366 * 86_400
VALUE_LARGEST: Final = Decimal(10) ** 15
DURATION_LONGEST: Final = 7 * 24 * 60


class Wrong(list[FieldError]):
    """Gathers wrong places, so that a sender learns of all of them at once."""

    def add(self, field: str, detail: str) -> None:
        """One wrong place."""
        self.append({"field": field, "detail": detail})

    def stop(self, sentence: str) -> None:
        """:raises BadInput: if there is any."""
        if self:
            raise BadInput(sentence, self)


def check_station(station: Station, wrong: Wrong) -> None:
    """The plain fields of a station."""
    if not MN.fullmatch(station.mn):
        wrong.add("mn", _("1 to 40 characters of 0-9, A-Z, a-z, _ and - were expected."))
    if not station.name.strip() or len(station.name) > 200:
        wrong.add("name", _("A name of 1 to 200 characters was expected."))
    if station.protocol not in Station.Protocol.values:
        wrong.add("protocol", _("One of %(allowed)s was expected.") % {"allowed": ", ".join(Station.Protocol.values)})
    if station.st and not ST.fullmatch(station.st):
        wrong.add("st", _("Two characters of 0-9 and A-Z were expected."))
    if station.password and not PASSWORD.fullmatch(station.password):
        wrong.add("password", _("Up to 40 characters without blanks and without ; , & = were expected."))
    if isinstance(station.expected_interval, bool) or not isinstance(station.expected_interval, int):
        wrong.add("expected_interval", _("A whole number of seconds was expected."))
    elif not 1 <= station.expected_interval <= INTERVAL_LONGEST:
        wrong.add("expected_interval", _("1 to 31622400 seconds were expected."))
    unknown = sorted(set(station.leniencies) - set(LENIENCIES))
    if unknown:
        wrong.add("leniencies", _("Only %(allowed)s are known.") % {"allowed": ", ".join(LENIENCIES)})
    for field in ("is_open", "commands", "require_flag"):
        if not isinstance(getattr(station, field), bool):
            wrong.add(field.removeprefix("is_"), _("true or false was expected."))


def check_units(units: object, factors: Mapping[str, Factor], wrong: Wrong) -> None:
    """A station's units: each of a known factor, and of the same dimension as the stored one."""
    if not isinstance(units, Mapping):
        wrong.add("units", _("An object of factor codes and units was expected."))
        return
    for code, said in units.items():
        factor = factors.get(code)
        if factor is None:
            wrong.add("units", _("%(code)s is not a known factor.") % {"code": code})
            continue
        try:
            factor_between(str(said), factor.unit)
        except UnlikeUnits as unlike:
            wrong.add("units", f"{code}: {unlike}")


def check_aliases(aliases: object, wrong: Wrong) -> None:
    """Names on the wire and the codes they stand for."""
    plain = isinstance(aliases, Mapping) and all(
        isinstance(part, str) and 1 <= len(part) <= 40 for pair in aliases.items() for part in pair
    )
    if not plain:
        wrong.add("aliases", _("An object of names on the wire and factor codes was expected."))


def point_of(location: object, wrong: Wrong) -> Point | None:
    """A GeoJSON point (EPSG:4326) or None."""
    if location is None or isinstance(location, Point):
        return location
    sentence = _("A GeoJSON point with longitude and latitude was expected.")
    if not isinstance(location, Mapping) or location.get("type") != "Point":
        wrong.add("location", sentence)
        return None
    coordinates = location.get("coordinates")
    if (
        not isinstance(coordinates, Sequence)
        or isinstance(coordinates, str)
        or len(coordinates) not in (2, 3)
        or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in coordinates)
        or not (-180 <= coordinates[0] <= 180 and -90 <= coordinates[1] <= 90)
    ):
        wrong.add("location", sentence)
        return None
    try:
        made = GEOSGeometry(f"POINT({coordinates[0]!r} {coordinates[1]!r})", srid=4326)
    except (GEOSException, ValueError):
        wrong.add("location", sentence)
        return None
    return made if isinstance(made, Point) else None


def decimal_of(value: object, field: str, wrong: Wrong) -> Decimal | None:
    """A finite number that a reading could have."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        wrong.add(field, _("A number was expected."))
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        wrong.add(field, _("A number was expected."))
        return None
    if not number.is_finite() or abs(number) >= VALUE_LARGEST:
        wrong.add(field, _("A finite number below 10^15 was expected."))
        return None
    return number


def check_rule(rule: AlarmRule, wrong: Wrong) -> None:
    """The plain fields of a rule."""
    if not rule.name.strip() or len(rule.name) > 200:
        wrong.add("name", _("A name of 1 to 200 characters was expected."))
    if rule.kind not in Reading.Kind.values:
        wrong.add("kind", _("One of %(allowed)s was expected.") % {"allowed": ", ".join(Reading.Kind.values)})
    if rule.severity not in Severity.values:
        wrong.add("severity", _("One of %(allowed)s was expected.") % {"allowed": ", ".join(Severity.values)})
    for field in ("enabled", "auto_issue"):
        if not isinstance(getattr(rule, field), bool):
            wrong.add(field, _("true or false was expected."))
    minutes = rule.for_minutes
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= DURATION_LONGEST:
        wrong.add("condition", _("for_minutes: a whole number from 0 to 10080 was expected."))
    if isinstance(rule.above, Decimal) and isinstance(rule.clear_below, Decimal) and rule.clear_below > rule.above:
        wrong.add("condition", _("clear_below must not lie above the value above which the alarm begins."))
