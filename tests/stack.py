"""A whole running instance for tests that knock at the outside doors: started by `make run`'s own code.

Use the session-scoped fixture `stack`, or `start_stack()` for an instance that a test may break. Synchronous commit is on,
so acknowledged readings must survive a killed PostgreSQL.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy import settings as deploy_settings
from deploy.accounts import decide
from deploy.environment import PythonEnvironment
from deploy.instance import APPLICATION, OWNER, SUPERUSER, Instance, open_instance
from deploy.supervise import Supervisor

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 600
# What would lead the instance elsewhere, to the test's own database for example.
ELSEWHERE = ("DATABASE_URL", "ENVMAP_MIGRATE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "ENVMAP_DEMO")


@dataclass
class Stack:
    """A running instance.

    `base_url` and `ws_url` end without a slash; `env` is what a `manage.py` of this instance needs; `superuser_dsn` goes
    behind the application's back.
    """

    instance: Instance
    process: subprocess.Popen[bytes]
    env: dict[str, str]
    output: Path
    _stopped: bool = field(default=False, repr=False)

    @property
    def base_url(self) -> str:
        return self.instance.settings.address.rstrip("/")

    @property
    def ws_url(self) -> str:
        return self.base_url.replace("http", "ws", 1)

    @property
    def hj212_port(self) -> int:
        return self.instance.settings.hj212_port

    @property
    def var(self) -> Path:
        return self.instance.var

    @property
    def superuser_dsn(self) -> str:
        return self.instance.database_url(SUPERUSER)

    @property
    def owner_dsn(self) -> str:
        return self.instance.database_url(OWNER)

    @property
    def application_dsn(self) -> str:
        return self.instance.database_url(APPLICATION)

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.instance.sockets / "supervisor.sock")

    def pid(self, name: str) -> int:
        """The pid of a program: postgres, redis, wsgi, asgi, relay, gateway, worker, beat, heartbeat, nginx, or
        supervisor."""
        if name == "supervisor":
            return int(self.supervisor.call("getPID"))
        return self.supervisor.pids()[name]

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a program a signal; gives the pid it had. The supervisor starts it again (`wait_back`)."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def wait_back(self, name: str, old_pid: int, seconds: float = 60) -> int:
        """Wait until a killed program runs under a new pid, and `/readyz` answers 200."""
        wait_for(lambda: self.supervisor.pids().get(name, old_pid) != old_pid, seconds, f"{name} to be started again")
        wait_for(lambda: status_of(self.base_url + "/readyz") == 200, seconds, "/readyz to answer 200")
        return self.pid(name)

    def manage(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` of this instance; its output and status."""
        command = self.instance.accounts.programs.command(str(self.instance.python), "manage.py", *arguments)
        return subprocess.run(command, cwd=ROOT, env={**self.env, **more}, capture_output=True, text=True, check=False)

    def end(self) -> None:
        """End the instance as Ctrl-C does; `start_again` starts the same one."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=180)

    def start_again(self) -> None:
        """Start the instance again after it has ended or was killed, with all that it had."""
        assert self.process.poll() is not None, "it still runs"
        self.process = _start(self.env, self.output)

    def stop(self) -> None:
        """End the instance and remove it."""
        if self._stopped:
            return
        self._stopped = True
        self.end()
        remove(self.env)


def start_stack(**settings: str) -> Stack:
    """Start an instance with its own folder and free ports and wait until it is ready; `settings` are environment
    variables. Raises AssertionError with the start's output when it does not come up."""
    folder = make_folder()
    env = instance_environment(folder / "var", **settings)
    try:
        process = _start(env, folder / "output")
    except BaseException:
        remove(env)
        raise
    return Stack(open_like(env), process, env, folder / "output")


def _start(env: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy", "run", "--no-install"],
            cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def text() -> str:
        return output.read_text(encoding="utf-8", errors="replace")

    logs = Path(env["ENVMAP_VAR"]) / "log"
    try:
        wait_for(
            lambda: "envmap: Ready" in text() or process.poll() is not None, START_SECONDS, "the instance to start"
        )
        assert process.poll() is None, f"the instance did not start:\n{text()}\n{_logs(logs)}"
    except BaseException:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=180)
        raise
    return process


def make_folder() -> Path:
    """A temporary folder that other accounts may enter, since started as root the programs run as one of them."""
    folder = Path(tempfile.mkdtemp(prefix="envmap-stack-"))
    folder.chmod(0o755)
    return folder


def instance_environment(var: Path, **settings: str) -> dict[str, str]:
    """The environment of an instance in `var` on free ports."""
    env = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    http, hj212 = free_ports(2)
    env |= {"ENVMAP_VAR": str(var), "ENVMAP_HTTP_PORT": str(http), "ENVMAP_HJ212_PORT": str(hj212), "ENVMAP_DEMO": "1"}
    return env | settings


def open_like(env: dict[str, str]) -> Instance:
    """The instance that a start with this environment opens."""
    told = deploy_settings.read(ROOT, env)
    return open_instance(told, decide(ROOT, told.var, PythonEnvironment(ROOT).python))


def remove(env: dict[str, str]) -> None:
    """Remove what an ended instance has left: the folder of `make_folder`, and a database that lies outside of it."""
    instance = open_like(env)
    shutil.rmtree(instance.var.parent, ignore_errors=True)
    if instance.accounts.outside_home:
        for path in (instance.pg_data, instance.pg_sockets):
            shutil.rmtree(path, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """TCP ports of 127.0.0.1 that nobody listens on."""
    trials = [socket.socket() for _ in range(count)]
    for trial in trials:
        trial.bind(("127.0.0.1", 0))
    ports = [trial.getsockname()[1] for trial in trials]
    for trial in trials:
        trial.close()
    return ports


def wait_for(condition, seconds: float, what: str) -> None:
    """Ask until the condition holds; AssertionError naming `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)


def status_of(url: str) -> int:
    """The HTTP status of a GET, 0 when nobody answers."""
    import httpx

    try:
        return httpx.get(url, timeout=10).status_code
    except httpx.HTTPError:
        return 0


def _logs(folder: Path) -> str:
    parts = []
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        parts.append(f"--- {log.name}\n" + "\n".join(lines))
    return "\n".join(parts)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The one running instance of a test session, with the demo district."""
    running = start_stack()
    yield running
    running.stop()
