"""A client's retry carries the same `client_uuid` and is answered with the first result."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from .errors import Conflict
from .models import IdempotentReply


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: HTTP status, JSON body, `Location` (or empty) and whether this is a repeat."""

    status: int
    body: Any
    location: str = ""
    is_replay: bool = False


def fingerprint(body: bytes) -> str:
    """SHA-256 of a request's body as it came."""
    return hashlib.sha256(body).hexdigest()


def replayed(user_id: int, client_uuid: UUID, *, path: str, body_hash: str) -> Reply | None:
    """The stored answer to an earlier request with this `client_uuid`; None if there is none yet.

    Raises Conflict where that request had another path or body.
    """
    row = IdempotentReply.objects.filter(user_id=user_id, client_uuid=client_uuid).first()
    if row is None or row.status is None:
        return None
    if (row.path, row.body_hash) != (path, body_hash):
        raise Conflict(_("This client_uuid was used for another request; make a new one for each thing you ask."))
    return Reply(row.status, row.body, row.location, is_replay=True)


def once(
    user_id: int,
    client_uuid: UUID,
    *,
    path: str,
    body_hash: str,
    act: Callable[[], Reply],
) -> Reply:
    """Runs `act` and stores its answer in the same transaction, or gives the stored answer of an earlier run.

    Two at once: the second one's INSERT waits for the first one's transaction and then finds its answer, because the
    pair (user, client_uuid) is unique. What `act` raises rolls everything back, so refusals are not stored.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_idempotentreply (user_id, client_uuid, path, body_hash, location) VALUES (%s, %s, %s, %s, '') "
                "ON CONFLICT (user_id, client_uuid) DO NOTHING RETURNING id",
                [user_id, client_uuid, path, body_hash],
            )
            claimed = cursor.fetchone()
        if claimed is None:
            reply = replayed(user_id, client_uuid, path=path, body_hash=body_hash)
            assert reply is not None  # the first one has committed, with its answer
            return reply
        reply = act()
        IdempotentReply.objects.filter(pk=claimed[0]).update(
            status=reply.status, body=reply.body, location=reply.location
        )
        return reply


def forget(before: datetime) -> int:
    """Removes replies stored before an instant; how many went."""
    return IdempotentReply.objects.filter(at__lt=before).delete()[0]
