"""``manage.py gateway``: take HJ 212 frames over TCP until TERM or INT."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from layers.sensors.actions import make_partitions
from layers.sensors.gateway.database import Database
from layers.sensors.gateway.server import Gateway


class Command(BaseCommand):
    """Listens on ENVMAP_HJ212_BIND:ENVMAP_HJ212_PORT."""

    help = "Takes HJ 212 frames over TCP; each is answered after its readings are committed."
    requires_system_checks = ()  # `make run` and `make check` make them; a process that comes back must come quickly

    def add_arguments(self, parser: CommandParser) -> None:
        """Address and port can be given for once."""
        parser.add_argument("--bind", default=settings.HJ212_BIND)
        parser.add_argument("--port", type=int, default=settings.HJ212_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until a signal comes; a second one ends at once."""
        try:
            make_partitions()
        except DatabaseError as error:
            self.stderr.write(f"Partitions could not be made ahead, the job will: {error}")
        try:
            asyncio.run(_serve(options["bind"], options["port"]))
        except OSError as error:
            raise CommandError(
                f"{options['bind']}:{options['port']} cannot be listened on ({error.strerror or error}); "
                "set ENVMAP_HJ212_BIND and ENVMAP_HJ212_PORT to a free address."
            ) from error


async def _serve(bind: str, port: int) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end(number: int) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    database = Database()
    gateway = Gateway(
        database,
        connections_per_address=settings.HJ212_CONNECTIONS_PER_ADDRESS,
        frames_per_second=settings.HJ212_FRAMES_PER_SECOND_PER_MN,
    )
    try:
        await gateway.run(bind, port, stop)
    finally:
        database.close()
