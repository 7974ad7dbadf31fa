"""What is made once for a clone: system packages, virtual environment, front-end files, translations."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import packages, vendor
from .accounts import Account
from .environment import FrontEndPackages, PythonEnvironment, choose_interpreter
from .errors import Trouble
from .settings import Settings

Say = Callable[[str], None]


@contextmanager
def locked(root: Path, say: Say) -> Iterator[None]:
    """Hold the clone while inside, so that two instances of one clone do not install at once."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another start of this clone to finish installing")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def prepare(settings: Settings, account: Account, say: Say, *, for_tests: bool = False) -> None:
    """Install what is missing, nothing else; with everything in place it needs no network and takes no time.

    `account` is who will run the programs; installing itself is done by the caller.
    """
    root = settings.root
    with locked(root, say):
        environment = PythonEnvironment(root)
        needs = packages.base_needs()
        if not settings.database_url:
            needs += packages.database_needs()
        if not settings.redis_url:
            needs += packages.redis_needs()
        if for_tests:
            needs += packages.test_needs()
        finished = environment.is_complete()
        interpreter = None if finished else choose_interpreter(account)
        if interpreter is not None:
            needs += packages.python_needs(interpreter)
        packages.ensure(needs, say)
        _must_be_writable(root, finished and vendor.is_complete(root))
        if interpreter is not None:
            environment.make(interpreter, say, compile_code=account.uid != os.geteuid())
        if not vendor.is_complete(root):
            front_end = FrontEndPackages(root, environment)
            if not front_end.is_complete():
                front_end.make(say)
            vendor.copy(root)
        compile_messages(root, account, say)


def _must_be_writable(root: Path, complete: bool) -> None:
    if not complete and not os.access(root, os.W_OK):
        raise Trouble(f"{root} is not yet prepared and cannot be written by this account; run it once as its owner.")


def compile_messages(root: Path, account: Account, say: Say) -> None:
    """Make the .mo files that are older than their .po, each whole or not at all."""
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        building = target.with_suffix(".mo.new")
        msgfmt = packages.find_program("msgfmt") or "msgfmt"
        done = subprocess.run(
            [msgfmt, "--check-format", "-o", str(building), str(source)], capture_output=True, text=True, umask=0o022, check=False
        )  # fmt: skip
        if done.returncode != 0:
            raise Trouble(f"{source} cannot be compiled: {done.stderr.strip()[-300:]}")
        building.rename(target)
