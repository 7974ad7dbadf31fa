"""The supervisor: `supervisord` with one entry a program, asked over its unix socket.

It decides the order of start and end, starts what dies again, and writes the logs. Each program is started through
`setpriv --pdeathsig`, so that the kernel ends it when the supervisor itself is killed.
"""

from __future__ import annotations

import http.client
import resource
import shlex
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any

from .accounts import Account
from .files import write_whole
from .instance import Instance
from .packages import find_program
from .programs import STAGES, Program

RUNNING, FATAL, EXITED = "RUNNING", "FATAL", "EXITED"


def configuration(instance: Instance, programs: list[Program]) -> str:
    """The text of `supervisord.conf`: a group for each stage, so that a stage ends together, in reverse order."""
    lines = [
        "; Written by every start from deploy/supervise.py.",
        "[unix_http_server]",
        f"file = {escaped(str(instance.sockets / 'supervisor.sock'))}",
        "chmod = 0700",
        "[supervisord]",
        "nodaemon = true",
        "silent = true",
        f"logfile = {escaped(str(instance.logs / 'supervisord.log'))}",
        "logfile_maxbytes = 5MB",
        f"pidfile = {escaped(str(instance.sockets / 'supervisord.pid'))}",
        f"childlogdir = {escaped(str(instance.logs))}",
        f"directory = {escaped(str(instance.root))}",
        "umask = 027",
        f"minfds = {open_files()}",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for number, stage in enumerate(STAGES):
        members = [program for program in programs if program.stage == stage]
        if not members:
            continue
        lines += [f"[group:{stage}]", f"programs = {','.join(p.name for p in members)}", f"priority = {number * 10}"]
        for program in members:
            lines += _entry(instance, program)
    return "\n".join(lines) + "\n"


def _entry(instance: Instance, program: Program) -> list[str]:
    command = orphan_safe(program.command, program.on_orphan)
    if program.account.uid != instance.accounts.programs.uid:
        # The change of account comes first: it clears the signal.
        command = program.account.command(*command)
    return [
        f"[program:{program.name}]",
        f"command = {escaped(shlex.join(command))}",
        f"directory = {'/' if program.name == 'postgres' else escaped(str(instance.root))}",
        "autostart = false",
        "autorestart = true",
        # Long enough for Django to fail on an import: what ends sooner counts as a failed start.
        f"startsecs = {8 if program.stage == 'application' else 1}",
        "startretries = 2",
        f"stopsignal = {program.stop_signal}",
        f"stopwaitsecs = {program.stop_seconds}",
        f"killasgroup = {'true' if program.kill_group else 'false'}",
        "redirect_stderr = true",
        f"stdout_logfile = {escaped(str(log_of(instance, program.name)))}",
        "stdout_logfile_maxbytes = 20MB",
        "stdout_logfile_backups = 3",
    ]


def open_files() -> int:
    """How many files a program may open: a connection is one, and the usual soft limit of 1024 is soon reached."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)


def log_of(instance: Instance, name: str) -> Path:
    """The file with what a program writes."""
    return instance.logs / f"{name}.log"


def orphan_safe(command: list[str], signal: str) -> list[str]:
    """The command, which the kernel sends `signal` when its parent dies."""
    return [find_program("setpriv") or "setpriv", "--pdeathsig", signal, "--", *command]


def escaped(text: str) -> str:
    """A value for supervisord's configuration, in which % begins an expansion."""
    return text.replace("%", "%%")


def write_configuration(instance: Instance, programs: list[Program]) -> Path:
    """Write `supervisord.conf` and give its path."""
    owner: Account = instance.accounts.programs
    path = instance.var / "supervisord.conf"
    write_whole(path, configuration(instance, programs), mode=0o600, owner=(owner.uid, owner.gid))
    return path


class Supervisor:
    """The running supervisor of an instance, asked over its socket."""

    def __init__(self, path: Path) -> None:
        self._server = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=_UnixTransport(path))

    def call(self, method: str, *arguments: Any) -> Any:
        """Call `supervisor.<method>`; OSError when nobody listens, xmlrpc.client.Fault when it refuses."""
        return getattr(self._server.supervisor, method)(*arguments)

    def is_up(self) -> bool:
        """Whether the supervisor answers."""
        try:
            return bool(self.call("getState")["statename"] == "RUNNING")
        except (OSError, http.client.HTTPException):
            return False

    def states(self) -> dict[str, str]:
        """Name → state of every program (RUNNING, STARTING, BACKOFF, FATAL, …)."""
        return {row["name"]: row["statename"] for row in self.call("getAllProcessInfo")}

    def pids(self) -> dict[str, int]:
        """Name → pid of every program that runs."""
        return {row["name"]: row["pid"] for row in self.call("getAllProcessInfo") if row["pid"]}

    def start_stage(self, stage: str) -> None:
        """Start a stage's programs without waiting for them."""
        self.call("startProcessGroup", stage, False)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)
