"""Nudges over Redis: they only hurry, may be lost, and never carry what is not also a row (the newest readings aside).

Redis knows one set of channels for all its numbered databases, so the names carry which database of ours they are
about: two instances on one server, or two test runs, never hear each other.
"""

import hashlib
import json
import logging
import threading
import time
from typing import Any, Literal

import redis
from django.conf import settings
from django.db import connection

Kind = Literal["facts", "readings", "rights"]

QUIET_SECONDS = 5.0
"""So long a Redis that did not answer is left alone, so that an action never waits for it twice in a row."""

log = logging.getLogger(__name__)
_lock = threading.Lock()
_client: redis.Redis | None = None
_quiet_until = 0.0


def channel(kind: Kind) -> str:
    """The pub/sub channel of a kind for the database that this process talks to."""
    database = connection.settings_dict
    place = f"{database['HOST']}|{database['PORT']}|{database['NAME']}"
    return f"envmap:{hashlib.sha256(place.encode()).hexdigest()[:12]}:{kind}"


def publish(kind: Kind, *messages: dict[str, Any]) -> bool:
    """Sends messages (JSON) to whoever listens now, in one go; False, and a line in the log, when Redis is away."""
    global _client, _quiet_until
    if time.monotonic() < _quiet_until:
        return False
    with _lock:
        if _client is None:
            _client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
    try:
        pipeline = _client.pipeline(transaction=False)
        for message in messages:
            pipeline.publish(channel(kind), json.dumps(message))
        pipeline.execute()
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("A nudge (%s) was not sent, because Redis did not answer: %s", kind, error)
        return False
    return True
