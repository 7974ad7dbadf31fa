"""The application served within a test's process, on the test's own database: HTTP, sockets and static files on one port."""

import asyncio
import socket as sockets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from asgiref.sync import sync_to_async
from channels.routing import ProtocolTypeRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections

from envmap.core.relay import Relay
from tests.envmap.waiting import eventually


@contextmanager
def serving() -> Iterator[str]:
    """The address `127.0.0.1:port` of the whole application over ASGI, as long as the block lasts."""
    from envmap.asgi import application, django_application
    from envmap.live.routing import websocket_application

    assert application  # what is served here is its two halves, with static files before the first
    served = ProtocolTypeRouter(
        {"http": ASGIStaticFilesHandler(django_application), "websocket": websocket_application}
    )
    listener = sockets.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(served, lifespan="off", log_level="warning", ws_max_size=64 * 1024, timeout_graceful_shutdown=2)
    )

    async def serve() -> None:
        await server.serve(sockets=[listener])
        # Consumers share one thread for the database: its connection must not outlive the test database.
        await sync_to_async(connections.close_all)()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        eventually(lambda: server.started)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
    assert not thread.is_alive()


@contextmanager
def relaying() -> Iterator[Relay]:
    """A relay in a thread, as long as the block lasts."""
    one = Relay()

    def run() -> None:
        try:
            one.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield one
    finally:
        one.stop()
        thread.join(30)
    assert not thread.is_alive()
