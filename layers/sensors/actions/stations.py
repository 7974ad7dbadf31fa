"""Stations are made and changed here; the gateway reads what is written at its next batch."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.accounts.roles import May
from envmap.core.actor import acting
from envmap.core.errors import BadInput, Conflict, NotVisible
from layers.catalogue import queries as catalogue

from .. import queries
from ..models import Factor, Station
from ..rules import Wrong, check_aliases, check_station, check_units, point_of
from .conditions import refresh_conditions

_PLAIN: Final = {
    "mn": "mn",
    "name": "name",
    "protocol": "protocol",
    "st": "st",
    "password": "password",
    "open": "is_open",
    "commands": "commands",
    "require_flag": "require_flag",
    "expected_interval": "expected_interval",
    "leniencies": "leniencies",
}
_CHANGEABLE: Final = frozenset({*_PLAIN, "units", "aliases", "location", "layer", "feature", "department"})


def make_station(
    *,
    by: Asker,
    mn: str,
    name: str,
    protocol: str,
    st: str = "",
    password: str = "",
    open: bool = False,
    commands: bool = False,
    require_flag: bool = False,
    layer: str | None = None,
    feature: str | None = None,
    department: str | None = None,
    location: object = None,
    units: object = None,
    aliases: object = None,
    leniencies: Sequence[str] = (),
    expected_interval: int = 60,
) -> Station:
    """Make a station.

    :param feature: a feature's code, together with its ``layer``'s key.
    :param department: a department's code.
    :param location: a GeoJSON point or a Point, EPSG:4326.
    :param units: factor code → unit on the wire, where it differs from the stored one.
    :param expected_interval: seconds.
    :raises BadInput: naming every wrong field. :raises Conflict: if the MN is taken.
    """
    by.require(May.EDIT_STATIONS)
    station = Station()
    with acting(by.actor):
        _change(
            station,
            {
                "mn": mn,
                "name": name,
                "protocol": protocol,
                "st": st,
                "password": password,
                "open": open,
                "commands": commands,
                "require_flag": require_flag,
                "expected_interval": expected_interval,
                "leniencies": leniencies,
                "units": units,
                "aliases": aliases,
                "location": location,
                "department": department,
                "layer": layer,
                "feature": feature,
            },
            by=by,
        )
        _save(station)
    return station


def update_station(*, by: Asker, mn: str, **changes: object) -> Station:
    """Change fields of a station, named as :func:`make_station` names them; what is not named stays.

    :raises NotVisible: for an unknown MN. :raises BadInput: naming every wrong field. :raises Conflict: for a taken MN.
    """
    by.require(May.EDIT_STATIONS)
    with acting(by.actor):
        station = Station.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(mn=mn).first()
        if station is None:
            raise NotVisible(_("There is no station with the MN %(mn)s.") % {"mn": mn})
        before = station.feature_id
        _change(station, changes, by=by)
        station.notes = []  # they were about its settings of before; what is still unusual is noted again
        _save(station)
        if before != station.feature_id:
            refresh_conditions({pk for pk in (before, station.feature_id) if pk is not None})
    return queries.station_of(by, station.mn)


def _change(station: Station, changes: Mapping[str, object], *, by: Asker) -> None:
    wrong = Wrong()
    for name in sorted(set(changes) - _CHANGEABLE):
        wrong.add(name, _("This cannot be set."))
    for name, column in _PLAIN.items():
        if name in changes:
            value = changes[name]
            if column in ("mn", "name", "protocol", "st", "password") and not isinstance(value, str):
                if value is None and column in ("st", "password"):
                    value = ""
                else:
                    wrong.add(name, _("A text was expected."))
                    continue
            if column == "leniencies":
                if (
                    not isinstance(value, Sequence)
                    or isinstance(value, str)
                    or not all(isinstance(x, str) for x in value)
                ):
                    wrong.add(name, _("A list of words was expected."))
                    continue
                value = sorted(set(value))
            setattr(station, column, value)
    check_station(station, wrong)
    if "units" in changes:
        units = {} if changes["units"] is None else changes["units"]
        codes = list(units) if isinstance(units, Mapping) else []
        check_units(units, {factor.code: factor for factor in Factor.objects.filter(code__in=codes)}, wrong)
        station.units = units
    if "aliases" in changes:
        station.aliases = {} if changes["aliases"] is None else changes["aliases"]
        check_aliases(station.aliases, wrong)
    if "location" in changes:
        station.location = point_of(changes["location"], wrong)
    if "department" in changes:
        station.department = _department(changes["department"], wrong)
    if {"layer", "feature"} & set(changes):
        _place(station, changes, by, wrong)
    wrong.stop(_("The station cannot be kept like this."))


def _department(code: object, wrong: Wrong) -> Department | None:
    if code is None or code == "":
        return None
    found = Department.objects.filter(code=code, is_active=True).first() if isinstance(code, str) else None
    if found is None:
        wrong.add("department", _("There is no department with this code."))
    return found


def _place(station: Station, changes: Mapping[str, object], by: Asker, wrong: Wrong) -> None:
    """Hang a station on a feature, named by layer and code together; null for both takes it off."""
    kept = station.feature
    if set(changes) & {"layer", "feature"} == {"feature"} and not changes["feature"]:
        station.feature = None
        return
    layer = changes.get("layer", kept.layer.key if kept else None)
    code = changes.get("feature", kept.code if kept else None)
    if not layer and not code:
        station.feature = None
        return
    if not isinstance(layer, str) or not isinstance(code, str) or not layer or not code:
        missing = "feature" if isinstance(layer, str) and layer else "layer"
        wrong.add(missing, _("A feature is named by its layer and its code together."))
        return
    try:
        station.feature = catalogue.feature_by_code(by, layer, code)
    except NotVisible as unknown:
        wrong.add("feature", unknown.detail)


def _save(station: Station) -> None:
    try:
        with transaction.atomic():
            station.save()
    except IntegrityError as error:
        if "mn" in str(error):
            raise Conflict(_("There is a station with the MN %(mn)s already.") % {"mn": station.mn}) from error
        raise BadInput(_("The station cannot be kept like this.")) from error
