"""A real ASGI server in a thread, real sockets, and a relay: what is tested here crosses processes' borders as in life."""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from envmap.accounts.signin import make_token
from tests.serving import relaying, serving


@pytest.fixture
def asgi_server(transactional_db):
    """The address `127.0.0.1:port` of the whole application over ASGI, on this test's database."""
    with serving() as address:
        yield address


@pytest.fixture
def relay(transactional_db):
    """A relay in a thread."""
    with relaying() as one:
        yield one


@dataclass
class Socket:
    """A client as `docs/interfaces.md` describes it; checks the chain of `prev` of every fact."""

    connection: object
    hello: dict = field(default_factory=dict)
    last: int = 0
    facts: list[dict] = field(default_factory=list)

    def receive(self, seconds: float = 30) -> dict:
        """The next message, heads left out."""
        while True:
            message = json.loads(self.connection.recv(timeout=seconds))
            if message["type"] == "head":
                continue
            if "prev" in message:
                assert message["prev"] == self.last, f"the chain is broken at {message}; the last was {self.last}"
                assert message["seq"] > message["prev"]
                self.last = message["seq"]
                self.facts.append(message)
            return message

    def send(self, message) -> None:
        self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def subscribe(self, *, layers=None, bbox=None, since=None) -> dict:
        """Subscribes and gives the answer; what came before it is left unread."""
        self.send({"type": "subscribe", "layers": layers, "bbox": bbox, "since": since})
        message = self.receive()
        while message["type"] not in {"subscribed", "error"}:
            message = self.receive()
        self.last = message.get("seq", self.last)
        return message

    def take(self, n: int, *, past_resets: bool = False) -> list[dict]:
        """The next `n` facts; with `past_resets` whatever had the person look again is left out."""
        got: list[dict] = []
        while len(got) < n:
            message = self.receive()
            if past_resets and message == {"type": "reset"}:
                continue
            assert "prev" in message, message
            got.append(message)
        return got

    def closed_with(self) -> int:
        """Reads until the server hangs up; the code."""
        end = time.monotonic() + 30
        try:
            while time.monotonic() < end:
                self.connection.recv(timeout=30)
            raise AssertionError("the socket is still open")
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006

    def is_quiet(self) -> bool:
        """Whether nothing waits: a message that is answered at once comes back first."""
        self.send({"type": "ping"})
        return self.receive()["type"] == "error"


@pytest.fixture
def dial(asgi_server):
    """`dial(client=…, token=…, headers=…)`: an open socket that has been greeted."""
    opened = ExitStack()

    def open_one(*, client=None, token=None, headers=None, greet=True) -> Socket:
        headers = dict(headers or {})
        if client is not None:
            headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        address = f"ws://{asgi_server}/ws/live/"
        one = Socket(opened.enter_context(connect(address, additional_headers=headers, open_timeout=20)))
        if greet:
            one.hello = one.receive()
            assert one.hello["type"] == "hello"
        return one

    with opened:
        yield open_one


@pytest.fixture
def token_of(cast):
    """`token_of("officer")`: the secret of a fresh token that reads."""
    return lambda name: make_token(by=cast.asker(name), name="test", scopes=["read"])[1]
