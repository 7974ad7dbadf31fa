"""The newest readings for open maps: a nudge over Redis after the commit, which may be lost.

Channel ``nudges.channel("readings")``, JSON ``{"mn", "layer", "feature_id", "readings": […]}``; at most one message for a station
and second from each process.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import redis
from django.conf import settings

from envmap.core import nudges
from envmap.core.clock import rfc3339

if TYPE_CHECKING:
    from .actions.readings import Delivery, NewReading

log = logging.getLogger(__name__)

_SECONDS_BETWEEN: Final = 1.0
_STATIONS_REMEMBERED: Final = 100_000

_client: redis.Redis | None = None
_told_at: dict[str, float] = {}
_quiet_until = 0.0


def publish(inserted: Iterable[tuple[Delivery, NewReading]]) -> None:
    """Publish what was just committed. A Redis that does not answer is left alone for some seconds."""
    global _client, _quiet_until
    now = time.monotonic()
    if now < _quiet_until:
        return
    by_station: dict[str, list[tuple[Delivery, NewReading]]] = {}
    for delivery, one in inserted:
        if now - _told_at.get(delivery.station.mn, -1e9) >= _SECONDS_BETWEEN:
            by_station.setdefault(delivery.station.mn, []).append((delivery, one))
    if not by_station:
        return
    if len(_told_at) > _STATIONS_REMEMBERED:
        _told_at.clear()
    try:
        if _client is None:
            _client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
        pipeline = _client.pipeline(transaction=False)
        for mn, rows in by_station.items():
            _told_at[mn] = now
            pipeline.publish(nudges.channel("readings"), json.dumps(_message(mn, rows)))
        pipeline.execute()
    except redis.RedisError as error:
        _quiet_until = now + 5
        log.warning("The newest readings could not be published: %s", error)


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
