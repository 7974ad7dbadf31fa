"""A gateway in a process of its own that works on the test's database, to be killed or attacked."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parents[4]


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def environment(port: int, **more: str) -> dict[str, str]:
    """What a gateway of its own process needs to work on this test's database."""
    told = connection.settings_dict
    host = str(told["HOST"]).replace("/", "%2F")
    address = f"postgres://{told['USER']}@{host}{':' + str(told['PORT']) if told['PORT'] else ''}/{told['NAME']}"
    return (
        os.environ
        | {
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "envmap.settings",
            "ENVMAP_HJ212_PORT": str(port),
            "ENVMAP_HJ212_FRAMES_PER_SECOND_PER_MN": "1000",
        }
        | more
    )


class Gateway:
    """A gateway process that comes back after each kill."""

    def __init__(self, port: int, **more: str) -> None:
        self._env = environment(port, **more)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "gateway"], cwd=ROOT, env=self._env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill_and_restart(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def gateway_process(port: int, **more: str) -> Iterator[Gateway]:
    """A gateway for the length of a block; ``more`` are environment variables."""
    gateway = Gateway(port, **more)
    try:
        yield gateway
    finally:
        gateway.stop()
