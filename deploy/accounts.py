"""Who the programs run as. Nothing serves as root where it can be helped."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import Trouble

HOMES = Path("/var/lib")


@dataclass(frozen=True)
class Account:
    """An account of the operating system."""

    name: str
    uid: int
    gid: int
    home: Path

    @classmethod
    def of(cls, uid: int) -> Account:
        """The account with this uid; an unnamed uid (a container's) gets its number as name."""
        try:
            row = pwd.getpwuid(uid)
        except KeyError:
            return cls(str(uid), uid, os.getgid(), Path(os.environ.get("HOME", "/")))
        return cls(row.pw_name, row.pw_uid, row.pw_gid, Path(row.pw_dir))

    def command(self, *argv: str) -> list[str]:
        """The command as this account: prefixed with setpriv when the caller is root and this is somebody else."""
        if os.geteuid() != 0 or self.uid == 0:
            return list(argv)
        who = [f"--reuid={self.uid}", f"--regid={self.gid}"]
        groups = "--clear-groups" if self.name == str(self.uid) else "--init-groups"
        return ["setpriv", *who, groups, "--", *argv]

    def can(self, *test: str) -> bool:
        """Whether `test …` holds for this account, for example `can("-x", path)`."""
        return subprocess.run(self.command("test", *test), cwd="/", check=False).returncode == 0


@dataclass(frozen=True)
class Accounts:
    """The caller, who the programs run as, and who PostgreSQL runs as (it refuses root)."""

    caller: Account
    programs: Account
    database: Account
    note: str = ""

    @property
    def outside_home(self) -> Path | None:
        """Where the database's data lies when its account cannot enter the tree, else None."""
        return self.database.home if self.database.uid != self.programs.uid else None


def system_name(root: Path) -> str:
    """The system account of a clone: one for each folder, so that two clones do not share data."""
    return f"envmap-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}"


def decide(root: Path, var: Path, python: Path | None) -> Accounts:
    """Choose the accounts, making the clone's system account when root starts it.

    `python` is the interpreter of the finished environment (None before there is one): an account that cannot run it
    cannot run the programs.
    """
    caller = Account.of(os.geteuid())
    if caller.uid != 0:
        if (var.exists() and var.stat().st_uid not in (caller.uid, 0)) or not _writable(var):
            raise Trouble(
                f"{var} cannot be written by {caller.name}; run as its owner, or set ENVMAP_VAR to a folder of your own."
            )
        return Accounts(caller, caller, caller)
    owner = var.stat().st_uid if var.exists() else 0
    account = Account.of(owner) if owner else _system_account(root)
    obstacle = _obstacle(account, root, var, python)
    if not obstacle:
        return Accounts(caller, account, account)
    note = f"{account.name} cannot {obstacle}, so the programs run as root and only PostgreSQL as {account.name}."
    return Accounts(caller, caller, account, note)


def _writable(path: Path) -> bool:
    """Whether the caller can write this folder, or make it."""
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK | os.X_OK)


def _obstacle(account: Account, root: Path, var: Path, python: Path | None) -> str:
    """What keeps an account from running the programs, or an empty text."""
    above = var
    while not above.exists():
        above = above.parent
    if not (account.can("-r", str(root / "deploy" / "__init__.py")) and account.can("-x", str(root))):
        return f"read {root}"
    if not account.can("-x", str(above)):
        return f"enter {above}"
    if python is not None and python.exists() and not account.can("-x", str(python)):
        return f"run {python}"
    return ""


def _system_account(root: Path) -> Account:
    name = system_name(root)
    try:
        row = pwd.getpwnam(name)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if not useradd:
            raise Trouble("useradd is missing, so no system account can be made; run as an ordinary user.") from None
        options = ["--system", "--user-group", "--home-dir", str(HOMES / name), "--shell", "/usr/sbin/nologin"]
        done = subprocess.run([useradd, *options, name], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 9):  # 9: made by another start in the same moment
            raise Trouble(f"useradd could not make the system account {name}: {done.stderr.strip()}") from None
        row = pwd.getpwnam(name)
    home = Path(row.pw_dir)
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    if home.parent == HOMES:
        os.chown(home, row.pw_uid, row.pw_gid)
    return Account(row.pw_name, row.pw_uid, row.pw_gid, home)
