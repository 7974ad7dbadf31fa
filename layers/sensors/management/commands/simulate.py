"""``manage.py simulate``: a district's stations talk HJ 212 to the gateway, as honest clients with retries."""

import asyncio
import signal
import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from layers.sensors.ingest.hj212 import Frame
from layers.sensors.simulation import district
from layers.sensors.simulation.demo import Heartbeat
from layers.sensors.simulation.runs import SCENARIOS, Run, Tally

CONNECTIONS = 20
"""At most; stations share them, as they do behind a concentrator."""


class Command(BaseCommand):
    """Speaks for stations that are there, and makes such as are missing."""

    help = "Stations of the district talk HJ 212 to the gateway; prints what was acknowledged."
    requires_system_checks = ()  # `make run` and `make check` make them; a process that comes back must come quickly

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, how fast, how long, and what happens."""
        parser.add_argument("--stations", type=int, default=10, help="how many stations speak")
        parser.add_argument("--rate", type=float, default=10, help="frames a second of all stations together")
        parser.add_argument("--seconds", type=float, default=10)
        parser.add_argument("--scenario", choices=SCENARIOS, default="normal")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--host", default=settings.HJ212_BIND)
        parser.add_argument("--port", type=int, default=settings.HJ212_PORT)
        parser.add_argument("--quiet", action="store_true", help="print the sum only")
        parser.add_argument("--demo", action="store_true", help="keep the demo district alive, for ever")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run to the end, or until a signal comes."""
        host = "127.0.0.1" if options["host"] in ("0.0.0.0", "::") else options["host"]  # noqa: S104
        if options["demo"]:
            heartbeat = Heartbeat(host, options["port"])
            asyncio.run(_until_told(heartbeat.run()))
            return
        for name in ("stations", "rate", "seconds"):
            if options[name] <= 0:
                raise CommandError(f"--{name} is {options[name]}; a number above 0 was expected.")
        stations = district.stations_to_speak_for(options["stations"], seed=options["seed"])
        run = Run(
            district.voices(stations),
            host=host,
            port=options["port"],
            rate=options["rate"],
            seconds=options["seconds"],
            scenario=options["scenario"],
            seed=options["seed"],
            connections=min(CONNECTIONS, len(stations)),
            on_answer=None if options["quiet"] else self._print,
        )
        began = time.monotonic()
        tally = asyncio.run(_until_told(run.run())) or run.tally
        self._sum(tally, time.monotonic() - began)
        if not tally.acknowledged_frames:
            raise CommandError(f"Nothing was acknowledged; is a gateway listening on {host}:{options['port']}?")

    def _print(self, frame: Frame) -> None:
        values = " ".join(
            f"{name}={value}" for name, value in frame.cp if name.endswith(("-Rtd", "-Avg")) or name == "DataTime"
        )
        self.stdout.write(f"acknowledged MN={frame.mn} QN={frame.qn} CN={frame.cn} {values}")

    def _sum(self, tally: Tally, seconds: float) -> None:
        self.stdout.write(
            f"acknowledged {tally.acknowledged_frames} of {tally.frames} frames with {tally.acknowledged_readings} "
            f"readings in {seconds:.1f} s; {tally.resent} sent again, {tally.failed} given up."
        )


async def _until_told(work: Any) -> Any:
    """The work's result; None if a signal came first."""
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        return await task
    return None
