"""The newest readings for open maps: a nudge over Redis after the commit, which may be lost.

Channel ``nudges.channel("readings")``, JSON ``{"mn", "layer", "feature_id", "readings": […]}``; at most one message for a station
and second from each process.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from envmap.core import nudges
from envmap.core.clock import rfc3339

if TYPE_CHECKING:
    from .actions.readings import Delivery, NewReading

_SECONDS_BETWEEN: Final = 1.0
_STATIONS_REMEMBERED: Final = 100_000

_told_at: dict[str, float] = {}


def publish(inserted: Iterable[tuple[Delivery, NewReading]]) -> None:
    """Publish what was just committed, each station at most once a second."""
    now = time.monotonic()
    by_station: dict[str, list[tuple[Delivery, NewReading]]] = {}
    for delivery, one in inserted:
        if now - _told_at.get(delivery.station.mn, -1e9) >= _SECONDS_BETWEEN:
            by_station.setdefault(delivery.station.mn, []).append((delivery, one))
    if not by_station:
        return
    if len(_told_at) > _STATIONS_REMEMBERED:
        _told_at.clear()
    _told_at.update(dict.fromkeys(by_station, now))
    nudges.publish("readings", *(_message(mn, rows) for mn, rows in by_station.items()))


def _message(mn: str, rows: list[tuple[Delivery, NewReading]]) -> dict[str, object]:
    feature = rows[0][0].station.feature
    return {
        "mn": mn,
        "layer": feature.layer.key if feature else None,
        "feature_id": feature.pk if feature else None,
        "readings": [
            {
                "factor": one.factor,
                "kind": str(one.kind),
                "time": rfc3339(one.time),
                "value": None if one.value is None else float(one.value),
                "flag": one.flag,
            }
            for _delivery, one in rows
        ],
    }
