"""Alarms beginning and ending: rows, facts and features' conditions in the running transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import User
from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.errors import BadInput, NotVisible, WrongState
from envmap.core.outbox import Fact, FactType, tell
from layers.catalogue import queries as catalogue
from layers.catalogue.models import Feature

from ..models import Alarm, Station
from ..signals import alarm_raised
from .conditions import refresh_conditions

NOTE_LONGEST = 500


def acknowledge(*, by: Asker, alarm_id: int, note: str = "") -> Alarm:
    """Say that an alarm has been noticed.

    :raises NotVisible: if there is none. :raises WrongState: if somebody has done so already.
    """
    by.require_signed_in()
    with acting(by.actor):
        alarm = Alarm.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=alarm_id).first()
        if alarm is None:
            raise NotVisible(_("There is no alarm %(id)s.") % {"id": alarm_id})
        by.require(May.ACKNOWLEDGE)
        if alarm.acknowledged_at is not None:
            raise WrongState(_("Alarm %(id)s has been acknowledged already.") % {"id": alarm_id})
        if not isinstance(note, str) or len(note) > NOTE_LONGEST:
            detail = _("A text of at most 500 characters was expected.")
            raise BadInput(detail, [{"field": "note", "detail": detail}])
        alarm.acknowledged_by = User.objects.filter(pk=by.user_id).first()
        alarm.acknowledged_at = clock.now()
        alarm.acknowledge_note = note
        alarm.save(update_fields=["acknowledged_by", "acknowledged_at", "acknowledge_note"])
    return alarm


def clear_alarms(which: Q, *, at: datetime) -> None:
    """Clear the open alarms that match, whatever their readings say (their rule has ended or watches something else)."""
    alarms = list(
        Alarm.objects.select_for_update(of=("self",), no_key=True)
        .filter(which, cleared_at=None)
        .select_related("station", "feature__layer", "layer")
        .order_by("station_id", "rule_id")
    )
    for alarm in alarms:
        alarm.cleared_at = at
    Alarm.objects.bulk_update(alarms, ["cleared_at"])
    announce([("alarm.cleared", alarm) for alarm in alarms])


def announce(told: Sequence[tuple[FactType, Alarm]]) -> None:
    """Tell facts of alarms whose rows are written, in this order, and let their features' conditions follow.

    The alarms need ``station``, ``feature`` and ``layer`` at hand. The nudge to those who open issues goes out on
    commit.
    """
    if not told:
        return
    audiences = _audiences(alarm.feature for _kind, alarm in told)
    tell(_fact(kind, alarm, audiences) for kind, alarm in told)
    refresh_conditions({alarm.feature_id for _kind, alarm in told if alarm.feature_id is not None})
    raised = [alarm.pk for kind, alarm in told if kind == "alarm.raised"]
    if raised:
        transaction.on_commit(lambda: alarm_raised.send_robust(sender=Alarm, alarm_ids=raised), robust=True)


def tell_of_stations(kind: FactType, stations: Iterable[Station]) -> None:
    """Facts ``station.silent`` and ``station.back``; the stations need ``feature`` and its layer at hand."""
    stations = list(stations)
    audiences = _audiences(station.feature for station in stations)
    tell(
        Fact(
            type=kind,
            audience=audiences[station.feature_id],
            layer=station.feature.layer.key if station.feature else None,
            feature=station.feature.code if station.feature else None,
            feature_id=station.feature_id,
            station=station.mn,
            state="silent" if kind == "station.silent" else "back",
            location=_where(station),
        )
        for station in stations
    )


def _audiences(features: Iterable[Feature | None]) -> dict[int | None, list[str]]:
    """Who may learn of these features, by id; of what lies on none, the bureau."""
    known = {feature.pk: feature for feature in features if feature is not None}
    found: dict[int | None, list[str]] = {None: ["bureau"]}
    for feature_id, audience in catalogue.audiences_of(list(known.values())).items():
        found[feature_id] = audience
    return found


def _fact(kind: FactType, alarm: Alarm, audiences: Mapping[int | None, list[str]]) -> Fact:
    feature = alarm.feature
    return Fact(
        type=kind,
        audience=audiences[alarm.feature_id],
        layer=alarm.layer.key if alarm.layer else None,
        feature=feature.code if feature else None,
        feature_id=alarm.feature_id,
        id=alarm.pk,
        station=alarm.station.mn,
        rule=alarm.rule_id,
        state="open" if kind == "alarm.raised" else "cleared",
        location=_where(alarm.station, alarm),
    )


def _where(station: Station, alarm: Alarm | None = None) -> Point | None:
    feature = alarm.feature if alarm else station.feature
    return catalogue.representative_point(feature.geometry) if feature else station.location
