"""Named places are loaded, not drawn here: a district with its towns, waters and coast."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.accounts.roles import May
from envmap.core.actor import acting
from envmap.core.errors import BadInput, FieldError

from ..geometry import TYPES, BadGeometry, parse
from ..models import Area, Feature
from ..queries import town_ids_of
from ..texts import names_errors, text_errors


@dataclass(frozen=True, slots=True)
class NewArea:
    """A place to load: names {"zh-hans", "en"}, geometry in EPSG:4326 (GEOS or GeoJSON), `department` a code.

    `drawing` holds hints for the basemap (`label`: a position, `main`: true …).
    """

    code: str
    names: Mapping[str, str]
    kind: str
    geometry: GEOSGeometry | Mapping[str, Any]
    department: str | None = None
    schematic: bool = False
    attribution: str = ""
    drawing: Mapping[str, Any] = field(default_factory=dict)


def load_areas(*, by: Asker, areas: Sequence[NewArea]) -> int:
    """Makes or replaces areas by their code, whole or not at all, and finds the town of every feature anew.

    Gives how many were loaded. Raises BadInput with one error for each wrong row (`index`).
    """
    with acting(by.actor):
        by.require(May.EDIT_LAYERS)
        departments = {
            d.code: d for d in Department.objects.filter(code__in={a.department for a in areas if a.department})
        }
        errors: list[FieldError] = []
        rows: list[Area] = []
        for n, area in enumerate(areas):
            found = _errors(area, departments)
            if isinstance(found, GEOSGeometry):
                rows.append(
                    Area(
                        code=area.code,
                        names=dict(area.names),
                        kind=area.kind,
                        geometry=found,
                        department=departments.get(area.department or ""),
                        schematic=area.schematic,
                        attribution=area.attribution,
                        drawing=dict(area.drawing),
                    )
                )
                continue
            errors += [{**error, "index": n} for error in found]
        for code, times in Counter(area.code for area in areas).items():
            if times > 1:
                errors.append({"field": "code", "detail": _("%s is given more than once") % code})
        if errors:
            raise BadInput(_("Nothing was loaded: %d places are wrong.") % len(errors), errors)
        Area.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["names", "kind", "geometry", "department", "schematic", "attribution", "drawing"],
        )
        if any(area.kind == Area.Kind.TOWN for area in areas):
            find_towns()
        return len(rows)


def _errors(area: NewArea, departments: Mapping[str, Department]) -> GEOSGeometry | list[FieldError]:
    errors = [*text_errors(area.code, field="code", longest=40), *names_errors(dict(area.names))]
    if area.kind not in Area.Kind.values:
        errors.append({"field": "kind", "detail": _("must be one of %s") % ", ".join(Area.Kind.values)})
    if area.department and area.department not in departments:
        errors.append({"field": "department", "detail": _("there is no department %s") % area.department})
    errors += text_errors(area.attribution, field="attribution", longest=200, may_be_empty=True)
    try:
        geometry = parse(area.geometry, allowed=list(TYPES))
    except BadGeometry as error:
        errors.append({"field": "geometry", "detail": str(error)})
    return errors or geometry


def find_towns() -> int:
    """Stores the town of every feature anew, after towns have changed; gives how many moved. No version rises."""
    features = list(Feature.objects.only("pk", "geometry", "town_id"))
    moved = []
    for start in range(0, len(features), 1000):
        part = features[start : start + 1000]
        for feature, town_id in zip(part, town_ids_of([f.geometry for f in part]), strict=True):
            if feature.town_id != town_id:
                feature.town_id = town_id
                moved.append(feature)
    Feature.objects.bulk_update(moved, ["town"], batch_size=1000)
    return len(moved)
