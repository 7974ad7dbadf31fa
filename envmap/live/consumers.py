"""The socket of a map: says where it stands, replays what was missed, then passes on facts as they come."""

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.core import outbox
from envmap.core.errors import BadInput
from envmap.core.models import OutboxFact

from .handshake import Credential, credential_of, headers_of, is_from_our_page
from .hub import Hub, hub
from .payloads import fact_payload
from .queries import CHUNK, readable_features, rows_after, visible_now
from .subscription import Subscription, addressed, parse
from .throttle import Message

HEAD_SECONDS = 15.0
RIGHTS_SECONDS = 5.0
"""Rights are looked at with every fact, and at the latest after so long where nothing moves and no nudge came."""
SEND_SECONDS = 30.0
"""A client that takes nothing for so long is let go; it comes back with its last seq."""
SIGNED_OUT = 4401
READS_NOTHING = 4403
TRY_AGAIN = 1013

log = logging.getLogger(__name__)


class LiveConsumer(AsyncWebsocketConsumer):
    """One socket; everything that it is sent after `hello` goes through one task, in order.

    Nothing is queued for it: the task takes facts from the hub by their seq when the client has taken the last ones,
    so a slow client holds no memory and merely falls behind.
    """

    channel_layer_alias = "none of its own: the hub hears Redis for all sockets of the process"

    _hub: Hub | None = None
    _task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Checks who comes from where, says hello and starts the task."""
        headers = headers_of(self.scope)
        if not is_from_our_page(headers):
            await self.close()  # before accept: the handshake fails with 403
            return
        self.credential: Credential = credential_of(headers)
        self.subscription: Subscription | None = None
        self.cursor = self.last = 0
        self._readings: dict[str, Message] = {}
        self._asked: asyncio.Queue[Subscription] = asyncio.Queue(4)
        self._woken = asyncio.Event()
        self._doubted = False
        self._hub = hub()
        try:
            await self._hub.join(self)
            asker = await self._hub.rights.enter(self.credential)
            head = await database_sync_to_async(outbox.head)()
        except Exception as error:  # nobody disconnects what was never accepted: leave by hand
            log.warning("A live socket was refused, because the database did not answer: %s", str(error).strip())
            self._hub.rights.leave(self.credential)
            await self._hub.leave(self)
            self._hub = None
            await self.close()
            return
        await self.accept()
        if asker is None:
            await self.close(SIGNED_OUT)
            return
        if not asker.audience:
            await self.close(READS_NOTHING)
            return
        self.asker: Asker = asker
        self.cursor = self.last = head
        self._hub.nudge()
        await self._tell({"type": "hello", "seq": self.cursor})
        self._task = asyncio.create_task(self._run())

    async def disconnect(self, code: int) -> None:
        """Leaves the hub."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._hub is not None:
            self._hub.rights.leave(self.credential)
            await self._hub.leave(self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Takes a subscription; anything else is answered with a sentence and changes nothing."""
        try:
            if text_data is None:
                raise BadInput(_("A text message with JSON was expected."))
            wanted = parse(text_data)
        except BadInput as error:
            await self._tell({"type": "error", "detail": error.detail})
            return
        # Waits while four are unanswered: a client that floods is read no faster than it is answered.
        await self._asked.put(wanted)
        self.wake()

    def wake(self) -> None:
        """There may be something new (hub.Listener)."""
        self._woken.set()

    def hand_over(self, message: Message) -> None:
        """The newest readings of a station; only the newest wait (hub.Listener)."""
        if self.subscription is not None and self.subscription.wants_layer(message.get("layer")):
            self._readings[str(message.get("mn"))] = message
            self.wake()

    def doubt(self, user_id: object) -> None:
        """The person's rights moved: of a grant or a share that ended no fact may tell them (hub.Listener)."""
        if self._task is not None and self.asker.user_id == user_id:
            self._doubted = True

    async def _run(self) -> None:
        try:
            await self._serve()
        except asyncio.CancelledError:
            raise
        except TimeoutError:
            await self._give_up(TRY_AGAIN)
        except Exception:
            # The database may be away: the client comes back with its last seq and misses nothing.
            log.exception("A live socket ends.")
            await self._give_up(TRY_AGAIN)

    async def _give_up(self, code: int) -> None:
        with suppress(Exception):
            await asyncio.wait_for(self.close(code), SEND_SECONDS)

    async def _serve(self) -> None:
        assert self._hub is not None
        next_head = time.monotonic() + HEAD_SECONDS
        epoch = self._hub.epoch
        while True:
            now = time.monotonic()
            if not await self._is_still_welcome(max(self._hub.news_at, now - RIGHTS_SECONDS)):
                await self.close(SIGNED_OUT)
                return
            if self._hub.epoch != epoch:
                epoch = self._hub.epoch
                self.cursor = self.last = min(self.cursor, self._hub.head)
                await self._tell({"type": "reset"})
            if not self._asked.empty():
                await self._begin(self._asked.get_nowait())
            if self._readings:
                await self._tell_readings()
            if self.subscription is not None and self.cursor < self._hub.head:
                await self._tell_facts(self.subscription)
                continue
            if now >= next_head:
                next_head = now + HEAD_SECONDS
                await self._tell({"type": "head", "seq": self.cursor if self.subscription else self._hub.head})
            if self._asked.empty() and not self._readings:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), min(RIGHTS_SECONDS, max(0.0, next_head - now)))
                self._woken.clear()

    async def _is_still_welcome(self, since: float) -> bool:
        """Looks at the rights as of `since`; says reset where they moved. False when nobody is behind the socket any more."""
        assert self._hub is not None
        asker = await self._hub.rights.asker(self.credential, since=since)
        if asker is None or not asker.audience or (self.asker.signed_in and not asker.signed_in):
            return False
        if asker != self.asker or self._doubted:
            self.asker, self._doubted = asker, False
            self._readings.clear()
            await self._tell({"type": "reset"})
        return True

    async def _begin(self, wanted: Subscription) -> None:
        """Takes a new subscription; where its `since` is gone, says reset and begins at the head."""
        assert self._hub is not None
        position = await database_sync_to_async(outbox.position)()
        begin = position.seq if wanted.since is None else wanted.since
        if not position.forgotten <= begin <= position.seq:
            await self._tell({"type": "reset"})
            begin = position.seq
        self.subscription = wanted
        self.cursor = self.last = begin
        self._readings.clear()
        await self._tell({"type": "subscribed", "seq": begin})
        if position.seq > self._hub.head:
            self._hub.nudge()

    async def _tell_facts(self, wanted: Subscription) -> None:
        """Passes on the next facts that the asker may see; the cursor goes past those that they may not."""
        assert self._hub is not None
        upto = self._hub.head
        facts = self._hub.buffered(self.cursor)
        if facts is None:
            facts = await database_sync_to_async(self._read_back)(upto)
            if facts is None:
                self.cursor = self.last = upto
                await self._tell({"type": "reset"})
                return
        reached = facts[-1].seq or upto if len(facts) == CHUNK else upto
        candidates = addressed(facts, self.asker.audience, wanted)
        seen = await database_sync_to_async(visible_now)(self.asker, candidates) if candidates else []
        for fact in seen:
            if not self._asked.empty():
                return  # replaced meanwhile: the cursor stands at the last one told
            payload = fact_payload(fact, self.asker)
            await self._tell({**payload, "prev": self.last})
            self.cursor = self.last = payload["seq"]
        self.cursor = max(self.cursor, reached)

    def _read_back(self, upto: int) -> list[OutboxFact] | None:
        """The next facts out of the database; None when some of them are forgotten already."""
        facts = list(rows_after(self.cursor, upto=upto))
        return None if outbox.position().forgotten > self.cursor else facts

    async def _tell_readings(self) -> None:
        """Passes on the newest readings of features that the asker sees; no seq, never replayed."""
        waiting, self._readings = self._readings, {}
        if self.subscription is None:
            return
        ids = {int(message["feature_id"]) for message in waiting.values()}
        seen = await database_sync_to_async(readable_features)(self.asker, ids, self.subscription.box)
        for message in waiting.values():
            if int(message["feature_id"]) in seen:
                station = {"station": message["mn"]} if self.asker.signed_in else {}
                await self._tell(
                    {
                        "type": "reading.latest",
                        "layer": message.get("layer"),
                        "feature_id": message["feature_id"],
                        **station,
                        "readings": message.get("readings", []),
                    }
                )

    async def _tell(self, message: dict[str, Any]) -> None:
        """Sends one message. Raises TimeoutError when the client takes nothing."""
        await asyncio.wait_for(self.send(text_data=json.dumps(message, ensure_ascii=False)), SEND_SECONDS)
