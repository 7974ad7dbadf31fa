"""`make run`: from whatever this machine has to a running instance, and `make stop`, which ends one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from . import accounts, lan, ports, processes, tree
from .accounts import Accounts
from .environment import PythonEnvironment, choose_interpreter
from .errors import Trouble
from .instance import Instance, open_instance
from .settings import Settings, read_environment
from .stack import Stack
from .steps import Steps

DEMO_ACCOUNTS = "officer field field2 supervisor manager partner viewer admin"
DEMO_PASSWORD = "envmap-demo"  # public: the sign-in page shows it
RUNS = "run.pid"
HOUR = 3600.0  # seconds


def say(sentence: str) -> None:
    """Print one line of progress."""
    print(f"envmap: {sentence}", flush=True)


class Interrupted(Exception):
    """Ctrl-C or TERM arrived."""


class Signals:
    """Turns INT, TERM and HUP into an orderly end: an exception while we prepare, a flag while we end."""

    def __init__(self) -> None:
        self.stopping = False
        self._ending = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup is respected
                signal.signal(number, self._arrived)

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        first, self.stopping = not self.stopping, True
        if first and not self._ending:
            raise Interrupted

    @contextlib.contextmanager
    def ending(self) -> Iterator[None]:
        """While inside, a signal interrupts nothing: the end has begun already."""
        self._ending = True
        yield


class Watch:
    """Asked several times a second whether to stop; once an hour it looks after the local network's certificate."""

    def __init__(self, stack: Stack, signals: Signals) -> None:
        self._stack, self._signals = stack, signals
        self._next = time.monotonic() + HOUR

    def __call__(self) -> bool:
        if self._stack.instance.settings.lan and time.monotonic() > self._next:
            self._next = time.monotonic() + HOUR
            if lan.renew(self._stack.instance):
                self._stack.supervisor.call("signalProcess", "front:nginx", "HUP")
                say("Renewed the local network's certificate")
        return self._signals.stopping


def choose_accounts(settings: Settings, *, install: bool) -> Accounts:
    """The accounts for these settings; a fresh clone is judged by the Python its environment will be made with."""
    environment = PythonEnvironment(settings.root)
    python = environment.python
    if not environment.is_complete() and install and not environment.has_everything():
        caller_only = os.geteuid() != 0
        probe = None if caller_only else accounts.decide(settings.root, settings.var, None).programs
        python = choose_interpreter(probe)
    return accounts.decide(settings.root, settings.var, python)


def run(settings: Settings, *, install: bool = True) -> int:
    """Run an instance until Ctrl-C; the exit status."""
    processes.adopt_orphans()
    signals = Signals()
    try:
        chosen = choose_accounts(settings, install=install)
        instance = open_instance(settings, chosen)
        instance.make_folders()
        with only_one(instance) as killed:
            try:
                ports.check(settings, patience=20 if killed else 0)
                if install:
                    tree.prepare(settings, chosen.programs, say)
                if settings.lan:
                    lan.prepare(instance, say)
                check_certificate(instance)
                if chosen.note:
                    say(chosen.note)
                stack = start(instance, say)
                announce(instance)
                stack.watch(Watch(stack, signals))
            finally:
                with signals.ending():
                    if _begun:
                        say("Stopping")
                    stop_begun()
    except Interrupted:
        pass
    return 0


def check_certificate(instance: Instance) -> None:
    """Trouble when the account that nginx runs as cannot read the certificate or its key."""
    for name, path in (("ENVMAP_TLS_CERT", instance.settings.tls_cert), ("ENVMAP_TLS_KEY", instance.settings.tls_key)):
        if path is not None and not instance.accounts.programs.can("-r", str(path)):
            raise Trouble(
                f"{instance.accounts.programs.name} cannot read {path} ({name}); give that account the right."
            )


_begun: list[Stack] = []  # what was started, also when starting failed half-way


def start(instance: Instance, say: Callable[[str], None]) -> Stack:
    """Start everything of an instance and wait until it is ready."""
    stack = begin(instance)
    say("Starting PostgreSQL and Redis")
    stack.start_services()
    instance.write_private_env()
    Steps(instance, stack.environment, say).all()
    say("Starting the application")
    stack.start_application()
    return stack


def begin(instance: Instance, *, services_only: bool = False) -> Stack:
    """Start the instance's supervisor with no program yet; `stop_begun` ends it."""
    stack = Stack(instance, program_environment(instance), services_only=services_only)
    _begun.append(stack)
    stack.start_supervisor()
    return stack


def stop_begun() -> None:
    """End whatever `start` began."""
    while _begun:
        _begun.pop().stop()


def program_environment(instance: Instance, **more: str) -> dict[str, str]:
    """The environment of the instance's programs: the caller's, with what tells instances apart made explicit."""
    told = instance.settings
    explicit = {
        "ENVMAP_VAR": str(instance.var),
        "ENVMAP_DEMO": "1" if told.demo else "0",
        "ENVMAP_BIND": told.bind,
        "ENVMAP_HTTP_PORT": str(told.http_port),
        "ENVMAP_HJ212_BIND": told.hj212_bind,
        "ENVMAP_HJ212_PORT": str(told.hj212_port),
    }
    if told.lan:
        hosts = read_environment(instance.root, os.environ).get("ALLOWED_HOSTS", "")
        explicit |= {
            "ENVMAP_LAN": "1",
            "ENVMAP_HTTPS_PORT": str(told.https_port),
            "ALLOWED_HOSTS": ",".join(filter(None, [hosts, *lan.served_hosts()])),
        }
    # `.env` is handed on too: the account of the programs may not be able to read it.
    told_by_file = read_environment(instance.root, os.environ)
    return processes.environment_for(instance.accounts.programs, told_by_file, **explicit, **more)


def announce(instance: Instance) -> None:
    """Print where the instance is to be found."""
    settings = instance.settings
    say(f"Ready: {settings.address}")
    if settings.lan:
        for host in lan.addresses() or [settings.local_host]:
            say(f"Phones in this network begin at http://{host}:{settings.http_port}/start/")
            say(f"and go on at https://{host}:{settings.https_port}/")
    if settings.demo:
        say(f"Demo accounts: {DEMO_ACCOUNTS} – password {DEMO_PASSWORD}")
    say(f"Ports: {settings.pages_port} (pages and API), {settings.hj212_port} (HJ 212)")
    say(f"Logs: {instance.logs} – Ctrl-C stops all of it")


@contextlib.contextmanager
def only_one(instance: Instance) -> Iterator[bool]:
    """Hold the instance while inside, with our pid for `make stop`; Trouble when it runs already.

    Gives whether an earlier start was killed.
    """
    path = instance.var / RUNS
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"This instance ({instance.var}) runs already; `make stop` ends it. For a second one set ENVMAP_VAR, "
                "ENVMAP_HTTP_PORT and ENVMAP_HJ212_PORT."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {processes.start_time(os.getpid())}\n".encode(), 0)
        yield _wait_for_remains(instance)
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _wait_for_remains(instance: Instance) -> bool:
    """After a killed start its programs are still ending; wait for the supervisor that the kernel told to end.

    Gives whether there was such a start: a supervisor that ends well removes its pid.
    """
    file = instance.sockets / "supervisord.pid"
    killed = file.exists()

    def gone() -> bool:
        text = file.read_text(encoding="ascii").strip() if file.exists() else ""
        return not text.isdigit() or not _is_supervisor(int(text), instance.var)

    if not gone():
        say("Waiting for the programs of an earlier start to end")
        if not processes.wait_until(gone, 120):
            raise Trouble(f"The supervisor of an earlier start does not end; see {instance.logs / 'supervisord.log'}.")
    return killed


def _is_supervisor(pid: int, var: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(var / "supervisord.conf") in words


def stop(settings: Settings) -> int:
    """`make stop`: end what runs and wait until it has ended."""
    path = settings.var / RUNS
    words = path.read_text(encoding="ascii").split() if path.is_file() else []
    if len(words) != 2 or processes.start_time(int(words[0])) != words[1]:
        say("Nothing runs here.")
        return 0
    pid, started = int(words[0]), words[1]
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError:
        raise Trouble(f"It was started by another account (pid {pid}); stop it as that one or as root.") from None
    if not processes.wait_until(lambda: processes.start_time(pid) != started, 180, pause=0.2):
        raise Trouble(f"Process {pid} did not end within three minutes; see {settings.var / 'log'}.")
    say("Stopped.")
    return 0
