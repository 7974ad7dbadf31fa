"""What a client asks for and which facts fit it. Pure: no database, no socket."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from envmap.core.errors import BadInput
from envmap.core.models import OutboxFact

MOST_BYTES = 16 * 1024
"""A longer message is refused (docs/interfaces.md, Live)."""
MOST_LAYERS = 200

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Layers by key (None: all that one may see), a box in degrees, EPSG:4326 (None: everywhere), and where to begin."""

    layers: frozenset[str] | None = None
    box: Box | None = None
    since: int | None = None

    def wants(self, fact: OutboxFact) -> bool:
        """Whether a fact is of the layers and inside the box; what has no place is never left out for it."""
        if self.layers is not None and fact.layer not in self.layers:
            return False
        if self.box is None or fact.location is None:
            return True
        west, south, east, north = self.box
        return west <= fact.location.x <= east and south <= fact.location.y <= north

    def wants_layer(self, layer: str | None) -> bool:
        """Whether readings of a layer are asked for."""
        return self.layers is None or layer in self.layers


def parse(text: str) -> Subscription:
    """The `subscribe` message of a client. Raises BadInput with a sentence for anything else."""
    if len(text.encode()) > MOST_BYTES:
        raise BadInput(_("The message is larger than 16 KB; a subscription is far smaller."))
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput(_("The message is not JSON.")) from None
    if not isinstance(message, dict):
        raise BadInput(_('A JSON object was expected, such as {"type": "subscribe"}.'))
    if message.get("type") != "subscribe":
        raise BadInput(_("The only message that is understood has the type subscribe."))
    unknown = set(message) - {"type", "layers", "bbox", "since"}
    if unknown:
        raise BadInput(
            _("subscribe has no %(name)s; it takes layers, bbox and since.") % {"name": ", ".join(sorted(unknown))[:80]}
        )
    return Subscription(_layers(message.get("layers")), _box(message.get("bbox")), _since(message.get("since")))


def _layers(raw: Any) -> frozenset[str] | None:
    if raw is None:
        return None
    if not isinstance(raw, list) or len(raw) > MOST_LAYERS or not all(isinstance(key, str) for key in raw):
        raise BadInput(_("layers: a list of layer keys was expected, or null for all."))
    return frozenset(raw)


def _box(raw: Any) -> Box | None:
    if raw is None:
        return None
    refusal = BadInput(_("bbox: [west, south, east, north] in degrees was expected, or null for everywhere."))
    if not isinstance(raw, list) or len(raw) != 4:
        raise refusal
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and abs(n) <= 540 for n in raw):
        raise refusal
    west, south, east, north = (float(n) for n in raw)
    if west > east or south > north:
        raise refusal
    return west, south, east, north


def _since(raw: Any) -> int | None:
    if raw is None:
        return None
    if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw < 2**63:
        raise BadInput(_("since: the seq of a fact was expected, or null for what comes from now on."))
    return raw


def addressed(facts: Sequence[OutboxFact], marks: Sequence[str], wanted: Subscription) -> list[OutboxFact]:
    """Those facts that may concern a subscriber, before the database is asked what they may see."""
    mine = set(marks)
    return [fact for fact in facts if mine.intersection(fact.audience) and wanted.wants(fact)]
