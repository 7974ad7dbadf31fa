"""Processes: running a step, adopting and ending whatever it leaves behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .accounts import Account

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
# What make and an outer supervisor leave in the environment, and what would lead PostgreSQL's clients elsewhere.
NOT_PASSED_ON = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKE_TERMOUT", "MAKE_TERMERR", "PYTHONDONTWRITEBYTECODE", "PGHOST",
                 "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"}  # fmt: skip


def adopt_orphans() -> None:
    """Make this process the parent of what its children leave behind, so that it can end them."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def environment_for(account: Account, environ: Mapping[str, str], **more: str) -> dict[str, str]:
    """The environment of a program that runs as `account`."""
    passed = {n: v for n, v in environ.items() if n not in NOT_PASSED_ON and not n.startswith("SUPERVISOR_")}
    passed |= {"PYTHONUNBUFFERED": "1", **more}
    if account.uid != os.geteuid():
        passed |= {"HOME": str(account.home), "USER": account.name, "LOGNAME": account.name}
        for name in ("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SUDO_USER", "SUDO_COMMAND"):
            passed.pop(name, None)
    return passed


def parents() -> dict[int, int]:
    """pid → parent's pid of all processes that can be seen."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue  # it ended meanwhile
    return found


def children(pid: int) -> list[int]:
    """The living processes whose parent is `pid`."""
    return [child for child, parent in parents().items() if parent == pid]


def descendants(pid: int) -> list[int]:
    """All living processes below `pid`."""
    above = parents()
    below: list[int] = []
    front = {pid}
    while front:
        front = {child for child, parent in above.items() if parent in front}
        below += sorted(front)
    return below


def end_descendants(seconds: float) -> None:
    """End what is left below this process: TERM at once, KILL after the time."""
    deadline = time.monotonic() + seconds
    send(descendants(os.getpid()), signal.SIGTERM)
    while True:
        reap()
        left = descendants(os.getpid())
        if not left:
            return
        if time.monotonic() > deadline:
            send(left, signal.SIGKILL)
        time.sleep(0.05)


def reap() -> None:
    """Collect ended children that nobody waits for."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may have ended."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def start_time(pid: int) -> str:
    """The kernel's start time of a process: with the pid it names one process for ever. Empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Ask until the condition holds; False when it did not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def run_as(
    account: Account, command: list[str], *, cwd: Path, environment: Mapping[str, str], log: Path | None = None,
    ask: bool = False,
) -> int:  # fmt: skip
    """Run a step to its end as `account`, ended by the kernel when we die; its exit status.

    With `log` its output goes into that file, else to ours. `ask` leaves it our standard input.
    """
    whole = account.command("setpriv", "--pdeathsig", "TERM", "--", *command)
    stdin = None if ask else subprocess.DEVNULL
    if log is None:
        return subprocess.run(whole, cwd=cwd, env=dict(environment), stdin=stdin, check=False).returncode
    with log.open("ab") as file:
        return subprocess.run(
            whole, cwd=cwd, env=dict(environment), stdin=stdin, stdout=file, stderr=subprocess.STDOUT, check=False
        ).returncode
