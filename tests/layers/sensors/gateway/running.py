"""A gateway running in a thread of the test, and clients of it."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from layers.sensors.gateway.database import Database
from layers.sensors.gateway.server import Gateway
from layers.sensors.ingest.hj212 import Frame, FrameReader

PATIENCE = 30.0


class Running:
    """A started gateway: its port, its figures, and a way to end it."""

    def __init__(self, **settings: float) -> None:
        self._settings = settings
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self.gateway: Gateway
        self.error: BaseException | None = None

    async def _main(self) -> None:
        database = Database()
        self._stop, started = asyncio.Event(), asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.gateway = Gateway(database, **self._settings)  # type: ignore[arg-type]
        running = asyncio.create_task(self.gateway.run("127.0.0.1", 0, self._stop, started))
        try:
            await started.wait()
            self._ready.set()
            await running
        finally:
            database.close()

    def start(self) -> "Running":
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def stop(self) -> None:
        """As SIGTERM does, and wait for the end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    @property
    def port(self) -> int:
        return self.gateway.port


@contextmanager
def running(**settings: float) -> Iterator[Running]:
    """A gateway for the length of a block."""
    gateway = Running(**settings).start()
    try:
        yield gateway
    finally:
        gateway.stop()


class Client:
    """A plain socket that counts what comes back."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._reader = FrameReader()

    def send(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def answers(self, count: int) -> list[Frame]:
        """Wait for so many answers."""
        found: list[Frame] = []
        while len(found) < count:
            data = self.socket.recv(65_536)
            assert data, f"the gateway hung up after {len(found)} of {count} answers"
            found += [event for event in self._reader.feed(data) if isinstance(event, Frame)]
        return found

    def ask(self, frame: bytes) -> Frame:
        """Send one frame and wait for its answer."""
        self.send(frame)
        (answer,) = self.answers(1)
        return answer

    def is_hung_up(self) -> bool:
        """Wait for the gateway to close the connection."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()


def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.01)
