"""What open sockets may see, kept fresh: cheap marks say whose rights may have moved, and only those are asked anew."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Hashable, Mapping

from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone

from envmap.accounts.asker import Asker
from envmap.accounts.models import Membership, Token, User
from envmap.accounts.queries import digest
from envmap.core.errors import NotSignedIn

from .handshake import Credential, asker_behind


class Rights:
    """The askers behind the sockets of this process.

    Whoever delivers something asks for the asker as of the moment when it came in; all who ask about the same moment
    share one look into the database: four queries, whatever the number of sockets.
    """

    def __init__(self) -> None:
        self._sockets: Counter[Credential] = Counter()
        self._known: dict[Credential, Known] = {}
        self._looked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def enter(self, credential: Credential) -> Asker | None:
        """A socket has opened; its asker, or None where the token is not valid."""
        self._sockets[credential] += 1
        known: dict[Credential, Known] = await database_sync_to_async(look)([credential], {})
        self._known |= known
        return known[credential][0]

    def leave(self, credential: Credential) -> None:
        """A socket has closed."""
        self._sockets[credential] -= 1
        if self._sockets[credential] <= 0:
            self._sockets.pop(credential, None)
            self._known.pop(credential, None)

    async def asker(self, credential: Credential, *, since: float) -> Asker | None:
        """The asker behind a credential as it stood at `since` (time.monotonic) or later; None when there is none any more."""
        async with self._lock:
            if self._looked_at < since or credential not in self._known:
                started = time.monotonic()
                known = await database_sync_to_async(look)(list(self._sockets), dict(self._known))
                self._known = {c: known[c] for c in known if self._sockets[c] > 0}
                self._looked_at = started
        return self._known.get(credential, (None, None))[0]


Known = tuple[Asker | None, Hashable]
"""An asker and the mark of the rows that decided about it; a mark of None means: look again."""


def look(credentials: Collection[Credential], known: Mapping[Credential, Known]) -> dict[Credential, Known]:
    """For each credential its asker, asked anew where its mark has moved; three or four queries if none has.

    Marks are taken before the askers: what changes in between is noticed the next time. Whose rows decide is known
    only after the first look, so a new credential is looked at twice.
    """
    marks = _marks(credentials, known)
    found: dict[Credential, Known] = {}
    for credential in credentials:
        before, mark = known.get(credential, (None, None))
        if mark is not None and mark == marks[credential]:
            found[credential] = (before, mark)
            continue
        try:
            asker: Asker | None = asker_behind(credential)
        except NotSignedIn:
            asker = None
        is_same = before is not None and asker is not None and before.user_id == asker.user_id
        found[credential] = (asker, marks[credential] if is_same else None)
    return found


def _marks(credentials: Collection[Credential], known: Mapping[Credential, Known]) -> dict[Credential, Hashable]:
    """What decides about each credential: its session or token, its person, and that person's memberships."""
    users = {asker.user_id for asker, _mark in known.values() if asker is not None and asker.user_id is not None}
    keys = {c.session_key for c in credentials if c.session_key is not None}
    digests = {digest(c.token) for c in credentials if c.token is not None}
    sessions: dict[str, str] = {}
    tokens: dict[str, Hashable] = {}
    people: dict[int, list[Hashable]] = {}
    if keys:
        alive = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
        sessions = dict(alive.values_list("session_key", "session_data"))
    if digests:
        rows = Token.objects.filter(digest__in=digests).values_list("digest", "revoked_at", "scopes")
        tokens = {d: (revoked_at, tuple(scopes)) for d, revoked_at, scopes in rows}
    if users:
        for pk, *row in User.objects.filter(pk__in=users).values_list("pk", "is_active", "is_demo", "password"):
            people.setdefault(pk, []).append(tuple(row))
        memberships = Membership.objects.filter(user__in=users, ended_at=None).order_by("pk")
        for pk, *row in memberships.values_list(
            "user_id", "pk", "role", "department_id", "is_default", "department__is_active"
        ):
            people.setdefault(pk, []).append(tuple(row))

    def mark(credential: Credential) -> Hashable:
        asker = known.get(credential, (None, None))[0]
        user_id = asker.user_id if asker is not None else None
        return (
            sessions.get(credential.session_key or ""),
            tokens.get(digest(credential.token)) if credential.token is not None else None,
            user_id,
            tuple(people.get(user_id or 0, [])),
        )

    return {credential: mark(credential) for credential in credentials}
