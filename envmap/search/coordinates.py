"""Positions as people write them: decimal degrees, degrees-minutes-seconds, with letters or 北纬 and 东经. Pure."""

import re

_NUMBER = r"(\d{1,3}(?:\.\d+)?)"
_ANGLE = re.compile(
    rf"(?P<before>[NSEW北南东西]?[纬经]?)\s*(?P<sign>[-−]?){_NUMBER}\s*(?:[°度]\s*(?:(\d{{1,2}}(?:\.\d+)?)\s*[′'分]\s*)?(?:(\d{{1,2}}(?:\.\d+)?)\s*(?:[″\"秒]|'')\s*)?)?(?P<after>[NSEW]?)",
    re.IGNORECASE,
)
_NORTH_SOUTH = {"N": 1, "S": -1, "北": 1, "南": -1}
_EAST_WEST = {"E": 1, "W": -1, "东": 1, "西": -1}


def read(text: str) -> tuple[float, float] | None:
    """(longitude, latitude) in degrees out of a text that holds two angles and nothing else; None where it does not.

    Without letters latitude comes first, as maps and phones give it, unless only the other order lies on the globe.
    """
    rest = text.strip().strip("()[]（）")
    found: list[tuple[float, str]] = []
    while rest and len(found) < 3:
        angle = _ANGLE.match(rest)
        if angle is None or not angle[0]:
            return None
        letter = (angle["before"] or angle["after"]).upper()[:1]
        degrees = float(angle[3]) + float(angle[4] or 0) / 60 + float(angle[5] or 0) / 3600
        if float(angle[4] or 0) >= 60 or float(angle[5] or 0) >= 60:
            return None
        found.append((-degrees if angle["sign"] else degrees, letter))
        # A letter before the figures is its own; one that follows then begins the next angle: N24.6 E118.2.
        end = angle.start("after") if angle["before"] else angle.end()
        rest = rest[end:].lstrip(" \t,，;；/、")
    if len(found) != 2 or rest:
        return None
    (one, first), (two, second) = found
    if first or second:
        return _by_letters(found)
    if abs(one) <= 90 and abs(two) <= 180:
        return two, one
    return (one, two) if abs(one) <= 180 and abs(two) <= 90 else None


def _by_letters(found: list[tuple[float, str]]) -> tuple[float, float] | None:
    latitude = longitude = None
    for degrees, letter in found:
        if letter in _NORTH_SOUTH:
            latitude = degrees * _NORTH_SOUTH[letter]
        elif letter in _EAST_WEST:
            longitude = degrees * _EAST_WEST[letter]
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return longitude, latitude
