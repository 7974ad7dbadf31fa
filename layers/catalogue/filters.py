"""Which features are asked for: the one definition behind tiles, lists and counts, and its words in an address."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, LineString, Point, Polygon
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.core import clock
from envmap.core.errors import BadQuery

from .attributes import filter_value
from .conditions import RANK, WORST_FIRST, Condition, Source
from .models import Area, FeatureCondition, FeatureQuerySet

ATTRIBUTES = "attributes."
NAMES = ("condition", "department", "town", "alarm_since", "changed_since")
"""How the filters are called in an address, beside `attributes.<key>`; lists know `bbox` and `q` too."""


@dataclass(frozen=True, slots=True)
class FeatureFilter:
    """Which features of a layer: all that are given must hold.

    `bbox` is west, south, east, north in degrees, EPSG:4326; `q` a part of name or code in any case; `department`
    and `town` are codes; `attributes` values as they stand in an address; `alarm_since`: an alarm began then or later,
    over or not; `changed_since`: the last edit was then or later (instants, the bound itself counts); `after` the
    (code, id) of the last one of the page before; `limit` how many at most.
    """

    bbox: tuple[float, float, float, float] | None = None
    q: str | None = None
    condition: Condition | str | None = None
    department: str | None = None
    town: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    alarm_since: datetime | None = None
    changed_since: datetime | None = None
    after: tuple[str, int] | None = None
    limit: int | None = None

    @property
    def is_everything(self) -> bool:
        """Nothing is asked for but the layer."""
        return self == EVERYTHING

    @property
    def digest(self) -> str:
        """Equal for equal filters, short enough for an ETag; empty where nothing is asked for."""
        if self.is_everything:
            return ""
        said = repr(sorted((name, str(value)) for name, value in asdict(self).items() if value))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def narrow(self, found: FeatureQuerySet, schema: Mapping[str, Any]) -> FeatureQuerySet:
        """Those of `found` (with its condition) for which all holds; `after` and `limit` are the list's own.

        `schema` is the layer's. Raises BadQuery for an unknown condition, attribute or a box that is none.
        """
        texts = (self.q, self.department, self.town, self.after and self.after[0], *self.attributes)
        if any("\x00" in text for text in texts if text):
            raise BadQuery(_("A filter holds a NUL character, which is in no text."))
        if self.bbox is not None:
            found = found.filter(geometry__intersects=_box(self.bbox))
        if self.q:
            found = found.filter(Q(name__icontains=self.q) | Q(code__icontains=self.q))
        if self.condition is not None:
            found = found.filter(condition_rank=RANK[_condition(self.condition)])  # type: ignore[misc]
        if self.department is not None:
            found = found.filter(department__code=self.department)
        if self.town is not None:
            found = found.filter(town__code=self.town)
        for key, raw in self.attributes.items():
            found = found.filter(attributes__contains=filter_value(schema, key, raw))
        if self.alarm_since is not None:
            alarms = FeatureCondition.objects.filter(
                feature=OuterRef("pk"),
                source=Source.SENSORS.value,
                rank__in=(RANK[Condition.ALARM], RANK[Condition.ATTENTION]),
                since__gte=self.alarm_since,
            )
            found = found.filter(Exists(alarms))
        if self.changed_since is not None:
            found = found.filter(updated_at__gte=self.changed_since)
        return found


EVERYTHING = FeatureFilter()
"""Whatever the asker sees of a layer."""


def _condition(given: Condition | str) -> Condition:
    if given not in WORST_FIRST:
        raise BadQuery(
            _("condition is %(given)s; it must be one of %(allowed)s.")
            % {"given": str(given)[:40], "allowed": ", ".join(WORST_FIRST)}
        )
    return Condition(given)


def _box(bbox: tuple[float, float, float, float]) -> GEOSGeometry:
    west, south, east, north = bbox
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadQuery(_("bbox is west,south,east,north in degrees: -180 to 180 and -90 to 90, the smaller one first."))
    if west < east and south < north:
        corners = [(west, south), (west, north), (east, north), (east, south), (west, south)]
        return Polygon(corners, srid=4326)
    # A box without breadth is no polygon, but somebody stands on that very spot.
    here, there = (west, south), (east, north)
    return Point(here, srid=4326) if here == there else LineString(here, there, srid=4326)


def read_filter(given: Mapping[str, list[str]]) -> FeatureFilter:
    """The filter that an address asks for, from its parameters: `NAMES` and `attributes.<key>`, each at most once.

    Raises BadQuery that names what is allowed for an unknown parameter or value, BadInput for a time without offset.
    """
    said: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for name, values in given.items():
        if "\x00" in name or any("\x00" in value for value in values):
            raise BadQuery(_("A parameter holds a NUL character."))
        if len(values) > 1:
            raise BadQuery(_("%(name)s is given more than once.") % {"name": name[:80]})
        if name in NAMES:
            said[name] = values[0]
        elif name.startswith(ATTRIBUTES) and name != ATTRIBUTES:
            attributes[name.removeprefix(ATTRIBUTES)] = values[0]
        else:
            takes = ", ".join([*NAMES, f"{ATTRIBUTES}<key>"])
            raise BadQuery(
                _("Unknown parameter %(name)s; this address takes: %(allowed)s.")
                % {"name": name[:80], "allowed": takes}
            )
    return FeatureFilter(
        condition=_condition(said["condition"]) if "condition" in said else None,
        department=said.get("department"),
        town=said.get("town"),
        attributes=attributes,
        alarm_since=_instant(said, "alarm_since"),
        changed_since=_instant(said, "changed_since"),
    )


def _instant(said: Mapping[str, str], name: str) -> datetime | None:
    return clock.parse_address_bound(said[name], field=name) if name in said else None


def require_known(asker: Asker, wanted: FeatureFilter) -> None:
    """A filter names a town and a unit that there are; a visitor knows no units, so any finds what it finds.

    Raises BadQuery, with what is allowed where that can be listed.
    """
    if wanted.town is not None:
        towns = Area.objects.filter(kind=Area.Kind.TOWN).order_by("code")
        if not towns.filter(code=wanted.town.replace("\x00", "")).exists():
            raise BadQuery(_one_of("town", wanted.town, list(towns.values_list("code", flat=True)[:60])))
    if wanted.department is not None and asker.signed_in:
        units = Department.objects.visible_to(asker).filter(is_active=True).order_by("code")
        if not units.filter(code=wanted.department.replace("\x00", "")).exists():
            raise BadQuery(_one_of("department", wanted.department, list(units.values_list("code", flat=True)[:60])))


def _one_of(name: str, given: str, allowed: list[str]) -> str:
    return _("%(name)s is %(value)s; it is one of: %(allowed)s.") % {
        "name": name,
        "value": given[:80],
        "allowed": ", ".join(allowed),
    }
