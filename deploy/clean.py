"""`make clean`: remove what `make run` made outside the tree and `var/`, after asking."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import processes
from .accounts import HOMES, system_name
from .errors import Trouble
from .instance import var_mark
from .run import RUNS, say
from .settings import Settings


def clean(settings: Settings) -> int:
    """Name what would be removed, ask, remove it. System packages stay: others may use them by now."""
    words = (settings.var / RUNS).read_text(encoding="ascii").split() if (settings.var / RUNS).is_file() else []
    if len(words) == 2 and processes.start_time(int(words[0])) == words[1]:
        raise Trouble("The instance runs; `make stop` first.")
    name = system_name(settings.root)
    account = account_of(name)
    folders = [path for path in outside(settings, name) if path.exists()]
    if not folders and not account:
        say("Nothing lies outside the tree.")
        return 0
    for path in folders:
        say(f"Folder {path}" + (" – with the DATABASE of this clone" if any(path.glob("pg-*")) else ""))
    if account:
        say(f"System account {name}")
    if account and os.geteuid() != 0:
        raise Trouble("Removing these needs root.")
    if sys.stdin is None or not sys.stdin.isatty():
        answer = os.environ.get("YES", "")
        if answer != "1":
            raise Trouble("Nothing was removed: there is no terminal to ask at. YES=1 make clean removes them.")
    elif input("Remove all of this? [y/N] ").strip().lower() not in ("y", "yes"):
        say("Nothing was removed.")
        return 1
    for path in folders:
        shutil.rmtree(path)
    if account:
        done = subprocess.run(["userdel", name], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Trouble(f"userdel could not remove {name}: {done.stderr.strip()}")
    say("Removed.")
    return 0


def account_of(name: str) -> bool:
    """Whether this machine has the account."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def outside(settings: Settings, name: str) -> list[Path]:
    """The folders that a start may have made outside the tree."""
    variants = (settings.var, settings.var / "test", settings.var / "bench" / "instance")
    return [HOMES / name, *(Path(tempfile.gettempdir()) / f"envmap-{var_mark(var)}" for var in variants)]
