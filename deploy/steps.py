"""What is done in a fresh or changed instance before its programs start: migrate, load, collect.

Each step has a stamp with the digest of what it was made from, written when the step has ended well; a start with all
stamps in place skips them and takes seconds. A stamp is bound to the cluster, so that a new one is filled again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from . import processes
from .errors import Trouble
from .files import digest, write_whole
from .instance import Instance
from .postgres import Postgres

Say = Callable[[str], None]
CODE = ("envmap", "layers", "tasks")


class Steps:
    """The steps of one instance, run as the account of its programs."""

    def __init__(self, instance: Instance, environment: dict[str, str], say: Say) -> None:
        self.instance = instance
        self.environment = environment
        self.say = say

    def all(self) -> None:
        """Bring the database and the static files to this version; raises Trouble naming the step that failed."""
        root = self.instance.root
        migrations = files_below([root / room for room in CODE], "*/migrations/*.py")
        lock = [root / "requirements.lock"]
        self._stamped("migrate", "Migrating the database", [*lock, *migrations], self.manage, "migrate", "--noinput",
                      "--verbosity", "0")  # fmt: skip
        fixtures = files_below([root / "fixtures"], "*")
        self._stamped(
            "load_reference", "Loading reference data", [*migrations, *fixtures], self.manage, "load_reference"
        )
        if self.instance.settings.demo:
            self._stamped("demo", "Building the demo district", [], self.manage, "demo")
        else:
            self.first_administrator()
        statics = files_below([root / "static", *(root / room for room in CODE)], "*")
        statics = [path for path in statics if "static" in path.relative_to(root).parts]
        self._stamped("collectstatic", "Collecting static files", [*lock, *statics], self.manage, "collectstatic",
                      "--noinput", "--verbosity", "0", tied_to_cluster=False)  # fmt: skip

    def first_administrator(self) -> None:
        """Lead through making the first administrator; without a terminal the command says what to run."""
        asks = sys.stdin is not None and sys.stdin.isatty()
        for _ in range(3 if asks else 1):
            if self.manage("first_admin", *([] if asks else ["--no-input"]), ask=asks) == 0:
                return
        raise Trouble("The first administrator was not made; run the command again.")

    def manage(self, *arguments: str, ask: bool = False) -> int:
        """Run `manage.py …` as the instance's account; its output goes to ours. `ask` leaves it the terminal."""
        command = [str(self.instance.python), str(self.instance.root / "manage.py"), *arguments]
        return processes.run_as(
            self.instance.accounts.programs, command, cwd=self.instance.root, environment=self.environment, ask=ask
        )

    def _stamped(
        self, name: str, sentence: str, sources: Iterable[Path], do: Callable[..., int], *arguments: str,
        tied_to_cluster: bool = True,
    ) -> None:  # fmt: skip
        stamp = self.instance.var / "stamps" / name
        words = [str(path.relative_to(self.instance.root)) for path in sources]
        if tied_to_cluster:
            words.append(self._cluster())
        wanted = digest(sources, *words)
        # A database that is not ours may have been changed by others, so nothing is assumed about it.
        known = self.instance.private_database or not tied_to_cluster
        if known and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
            return
        self.say(sentence)
        if do(*arguments) != 0:
            raise Trouble(f"`manage.py {' '.join(arguments)}` failed; its message stands above.")
        owner = self.instance.accounts.programs
        write_whole(stamp, wanted, owner=(owner.uid, owner.gid))

    def _cluster(self) -> str:
        """What tells this database from an earlier one in the same place."""
        if not self.instance.private_database:
            return self.instance.settings.database_url
        file = Postgres(self.instance).data / "global" / "pg_control"
        return file.read_bytes()[:8].hex()  # the system identifier (pg_control.h)


def files_below(folders: Iterable[Path], pattern: str) -> list[Path]:
    """Regular files below the folders that match, sorted; without Python's caches."""
    found = (path for folder in folders for path in folder.rglob(pattern))
    return sorted(
        path for path in found if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )
