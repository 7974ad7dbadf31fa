"""A running instance: started stage by stage, watched, and ended in reverse order."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import ssl
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path

from . import nginx, processes, redis, supervise
from .errors import Trouble
from .instance import Instance
from .postgres import Postgres
from .programs import Program, table
from .supervise import FATAL, Supervisor

Say = Callable[[str], None]
READY_SECONDS = 300.0
ORPHAN_SECONDS = 3.0


class Stack:
    """The supervisor of one instance with its programs."""

    def __init__(self, instance: Instance, environment: dict[str, str], *, services_only: bool = False) -> None:
        self.instance = instance
        self.environment = environment
        self.programs: list[Program] = table(instance, services_only=services_only)
        self.supervisor = Supervisor(instance.sockets / "supervisor.sock")
        self._process: subprocess.Popen[bytes] | None = None
        self._orphans: dict[int, float] = {}

    # -- start ---------------------------------------------------------------------------------------------------

    def start_supervisor(self) -> None:
        """Start supervisord with no program yet, in a session of its own, so that a typed Ctrl-C reaches us alone."""
        instance = self.instance
        path = supervise.write_configuration(instance, self.programs)
        (instance.sockets / "supervisor.sock").unlink(missing_ok=True)
        command = [str(instance.python), "-m", "supervisor.supervisord", "-c", str(path)]
        programs = instance.accounts.programs
        with (instance.logs / "supervisord.out").open("ab") as log:
            self._process = subprocess.Popen(
                programs.command(*supervise.orphan_safe(command, "TERM")),
                cwd=instance.root, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        if not processes.wait_until(lambda: self.supervisor.is_up() or not self.alive(), 30) or not self.alive():
            raise Trouble(f"The supervisor did not start; {instance.logs / 'supervisord.log'} and .out say why.")

    def alive(self) -> bool:
        """Whether the supervisor runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The supervisor's pid."""
        return self._process.pid if self._process else 0

    def start_services(self) -> None:
        """Start PostgreSQL and Redis where they are ours, and wait until both answer."""
        instance = self.instance
        if instance.private_database:
            postgres = Postgres(instance)
            postgres.create()
            self._clear_stale_lock(postgres.data)
            self.supervisor.start_stage("database")
            self._wait("postgres", postgres.is_ready)
            postgres.set_up()
        if instance.private_redis:
            redis.write_configuration(instance)
            self.supervisor.start_stage("broker")
            self._wait("redis", lambda: redis.is_ready(instance))

    def start_application(self) -> None:
        """Start the application's programs, then nginx in front, and wait until `/readyz` says that all is there."""
        nginx.write_configuration(self.instance)
        for name in ("wsgi.sock", "asgi.sock"):
            (self.instance.sockets / name).unlink(missing_ok=True)
        self.supervisor.start_stage("application")
        sockets = [self.instance.sockets / name for name in ("wsgi.sock", "asgi.sock")]
        self._wait("wsgi", lambda: all(answers(path) for path in sockets))
        self.supervisor.start_stage("front")
        self._wait("nginx", self.is_ready, complaint=self._not_ready)

    def _clear_stale_lock(self, data: Path) -> None:
        """Remove `postmaster.pid` of a server that was killed, when its pid belongs to somebody else today."""
        lock = data / "postmaster.pid"
        if not lock.exists():
            return
        pid = lock.read_text(encoding="utf-8").split("\n", 1)[0]
        ours = pid.isdigit() and _is_postgres_of(int(pid), data)
        if ours and not processes.wait_until(lambda: not _is_postgres_of(int(pid), data), 60):
            raise Trouble(f"PostgreSQL of an earlier start still runs (pid {pid}); `make stop` ends it.")
        lock.unlink(missing_ok=True)

    def _wait(self, name: str, ready: Callable[[], bool], complaint: Callable[[], str] | None = None) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if not self.alive():
                raise Trouble(f"The supervisor ended; {self.instance.logs / 'supervisord.log'} says why.")
            self.check()
            if time.monotonic() > deadline:
                why = f" ({complaint()})" if complaint else ""
                raise Trouble(
                    f"{name} did not answer within {READY_SECONDS:.0f} seconds{why}; "
                    f"{supervise.log_of(self.instance, name)} says why."
                )
            time.sleep(0.2)

    def check(self) -> None:
        """Raise Trouble when a program could not be started: it is named with its log and that log's last line."""
        self._end_orphans()
        for name, state in self.supervisor.states().items():
            if state == FATAL:
                log = supervise.log_of(self.instance, name)
                raise Trouble(f"{name} cannot start: {last_line(log)!r}. The whole story is in {log}.")

    def _end_orphans(self) -> None:
        """End what a killed program has left behind (workers of nginx, granian or Celery): it became our child.

        They hold its port or its jobs, so that the program's successor could not start.
        """
        processes.reap()
        left = [pid for pid in processes.children(os.getpid()) if pid != self.pid]
        for pid in left:
            first_seen = self._orphans.setdefault(pid, time.monotonic())
            late = time.monotonic() - first_seen > ORPHAN_SECONDS
            processes.send([pid], signal.SIGKILL if late else signal.SIGTERM)
        self._orphans = {pid: seen for pid, seen in self._orphans.items() if pid in left}

    # -- ready ---------------------------------------------------------------------------------------------------

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200 through nginx."""
        return self.ask("/readyz")[0] == 200

    def _not_ready(self) -> str:
        status, body = self.ask("/readyz")
        return f"/readyz answers {status or 'nothing'}: {' '.join(body.split())[:300]}"

    def ask(self, path: str) -> tuple[int, str]:
        """GET a path through nginx from this machine: (status, text), (0, '') when nobody answers."""
        settings = self.instance.settings
        host = settings.local_host
        try:
            connection: http.client.HTTPConnection
            if settings.tls_cert:
                # The certificate names the public host; here we only ask our own nginx whether it is up.
                context = ssl._create_unverified_context()  # noqa: S323
                connection = http.client.HTTPSConnection(host, settings.pages_port, timeout=10, context=context)
            else:
                connection = http.client.HTTPConnection(host, settings.pages_port, timeout=10)
            connection.request("GET", path, headers={"Host": settings.own_host})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return 0, ""

    # -- end -----------------------------------------------------------------------------------------------------

    def watch(self, stopping: Callable[[], bool]) -> None:
        """Stay until asked to stop; Trouble when the supervisor dies or a program cannot be kept running."""
        while not stopping():
            if not self.alive():
                raise Trouble("The supervisor was killed; everything under it has been ended. `make run` starts again.")
            with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
                self.check()  # a supervisor that is busy or about to end is asked again
            for _ in range(10):
                if stopping() or not self.alive():
                    break
                time.sleep(0.1)

    def stop(self) -> None:
        """End all programs in reverse order, then whatever they left behind. Can be called at any moment, and twice."""
        if self._process is None:
            return
        if self.alive():
            processes.send([self._process.pid], signal.SIGTERM)
            try:
                self._process.wait(timeout=120)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        processes.end_descendants(20)


def answers(path: Path) -> bool:
    """Whether somebody accepts connections on a unix socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
            return True
    except OSError:
        return False


def last_line(log: Path) -> str:
    """The last line of a log that is not empty."""
    if not log.is_file():
        return "it wrote nothing"
    with log.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 4000))
        lines = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it wrote nothing"


def _is_postgres_of(pid: int, data: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(data) in words
