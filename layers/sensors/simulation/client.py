"""An honest HJ 212 client: it waits for its answers and sends again by the rules of HJ 212-2017 section 6.2.

Ten seconds for an answer, three resends (table 1, mobile networks). Pure asyncio, nothing of Django.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from layers.sensors.ingest.hj212 import Frame, FrameReader, encode

ANSWER_SECONDS: Final = 10.0
RESENDS: Final = 3
RECONNECT_SECONDS: Final = 0.2
RECONNECT_LONGEST: Final = 5.0


class Link:
    """One TCP connection that comes back by itself; any number of frames may be on their way."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        resends: int = RESENDS,
        patient: bool = False,
    ) -> None:
        """
        :param patient: a lost connection does not count as a resend: what was on its way is sent again on the new one.
        """
        self._host, self._port = host, port
        self._answer_seconds, self._resends, self._patient = answer_seconds, resends, patient
        self._waiting: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._lost: set[asyncio.Event] = set()
        self._task = asyncio.create_task(self._stay_connected())
        self.sent = 0
        self.reconnects = -1

    @property
    def unanswered(self) -> int:
        """Frames on their way now."""
        return len(self._waiting)

    async def upload(self, frame: Frame, on_answer: Callable[[Frame], None] | None = None) -> bool:
        """Send a frame until it is answered; False if it was not after all resends."""
        assert frame.qn is not None
        key, data = (frame.mn, frame.qn), encode(frame)
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        tries = 0
        try:
            while tries <= self._resends:
                await self._connected.wait()
                lost = asyncio.Event()
                self._lost.add(lost)
                try:
                    self._send(data)
                    outcome = await self._answered(answer, lost)
                finally:
                    self._lost.discard(lost)
                if outcome:
                    if on_answer is not None:
                        on_answer(frame)
                    return True
                if not (self._patient and lost.is_set()):
                    tries += 1
            return False
        finally:
            del self._waiting[key]

    async def close(self) -> None:
        """Hang up."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._writer is not None:
            self._writer.close()

    def _send(self, data: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)
            self.sent += 1

    async def _answered(self, answer: asyncio.Future[None], lost: asyncio.Event) -> bool:
        """Wait for the answer, the end of the connection, or the end of patience."""
        gone = asyncio.ensure_future(lost.wait())
        waiting: set[asyncio.Future[Any]] = {answer, gone}
        try:
            await asyncio.wait(waiting, timeout=self._answer_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        return answer.done()

    async def _stay_connected(self) -> None:
        pause = RECONNECT_SECONDS
        while True:
            try:
                reader, self._writer = await asyncio.open_connection(self._host, self._port)
            except OSError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, RECONNECT_LONGEST)
                continue
            pause = RECONNECT_SECONDS
            self.reconnects += 1
            self._connected.set()
            with suppress(ConnectionError):
                await self._listen(reader)
            self._connected.clear()
            self._writer.close()
            for lost in list(self._lost):
                lost.set()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        while data := await reader.read(65_536):
            for event in frames.feed(data):
                if isinstance(event, Frame) and event.cn in ("9013", "9014"):
                    answer = self._waiting.get((event.mn, event.exchange or ""))
                    if answer is not None and not answer.done():
                        answer.set_result(None)
