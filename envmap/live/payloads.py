"""A fact as sockets and `/events` give it."""

from typing import Any

from envmap.accounts.asker import Asker
from envmap.core.clock import rfc3339
from envmap.core.models import OutboxFact
from envmap.core.outbox import FactPayload


def fact_payload(fact: OutboxFact, asker: Asker) -> FactPayload:
    """The shape of docs/interfaces.md (Live), without `prev`, which belongs to a subscription.

    `location` is a GeoJSON point, EPSG:4326; keys that do not apply are absent. Visitors are not told which station
    it was: they see features, not the devices on them.
    """
    payload: dict[str, Any] = {
        "seq": fact.seq,
        "type": fact.type,
        "layer": fact.layer,
        "feature": fact.feature,
        "feature_id": fact.feature_id,
    }
    more = {
        "id": fact.ref,
        "number": fact.number,
        "station": fact.station if asker.signed_in else None,
        "rule": fact.rule,
        "state": fact.state,
    }
    payload |= {key: value for key, value in more.items() if value is not None}
    payload["at"] = rfc3339(fact.at)
    point = fact.location
    payload["location"] = None if point is None else {"type": "Point", "coordinates": [point.x, point.y]}
    return payload  # type: ignore[return-value]
