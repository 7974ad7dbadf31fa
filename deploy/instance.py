"""Where one instance keeps its things: folders, sockets, and the settings it hands to Django."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from . import settings as settings_module
from .accounts import Accounts
from .errors import Trouble
from .files import write_whole
from .settings import Settings

SOCKET_LIMIT = 107  # bytes of sun_path without the closing zero (unix(7))
PG_PORT = 5432  # only names the socket file; nothing listens on TCP
LONGEST_SOCKET = f".s.PGSQL.{PG_PORT}"
DATABASE, OWNER, APPLICATION, SUPERUSER = "envmap", "envmap_owner", "envmap", "postgres"


@dataclass(frozen=True)
class Instance:
    """An instance of envmap on this machine: `settings.var` with all that belongs to it."""

    settings: Settings
    accounts: Accounts
    sockets: Path
    for_tests: bool = False

    @property
    def root(self) -> Path:
        return self.settings.root

    @property
    def var(self) -> Path:
        return self.settings.var

    @property
    def python(self) -> Path:
        """The interpreter of the environment; programs start by `-m`, since a script's first line breaks at spaces."""
        return self.root / ".venv" / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def private_database(self) -> bool:
        return not self.settings.database_url

    @property
    def private_redis(self) -> bool:
        return not self.settings.redis_url

    @property
    def pg_data(self) -> Path:
        """The cluster's folder: in `var`, or below the system account's home when that account cannot enter `var`."""
        home = self.accounts.outside_home
        return home / f"pg-{var_mark(self.var)}" if home else self.var / "pg"

    @property
    def pg_sockets(self) -> Path:
        """The folder of PostgreSQL's socket, beside the data, because nobody else may enter the data."""
        home = self.accounts.outside_home
        return home / f"run-{var_mark(self.var)}" if home else self.sockets

    def database_url(self, role: str, database: str = DATABASE) -> str:
        """A URL into the private cluster over its socket, with the port that names the socket's file."""
        return f"postgres://{role}@{quote(str(self.pg_sockets), safe='')}:{PG_PORT}/{database}"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def redis_url(self) -> str:
        return self.settings.redis_url or f"unix://{quote(str(self.redis_socket))}?db=0"

    @property
    def private_env(self) -> Path:
        return self.var / "private.env"

    def make_folders(self) -> None:
        """Make the instance's folders with their owners and modes."""
        programs, database = self.accounts.programs, self.accounts.database
        _folder(self.var, programs.uid, programs.gid, 0o750)
        for name in ("log", "media", "static", "trail", "nginx", "redis", "stamps", "bench"):
            _folder(self.var / name, programs.uid, programs.gid, 0o750)
        # The application trusts what nginx says about the client, so nobody else may reach its sockets.
        _folder(self.sockets, programs.uid, programs.gid, 0o700)
        if self.private_database and self.pg_sockets != self.sockets:
            _folder(self.pg_sockets, database.uid, database.gid, 0o700)

    def write_private_env(self) -> None:
        """Write `private.env` (0600): the private servers' addresses and the SECRET_KEY, which is made once."""
        old = {}
        if self.private_env.is_file():
            old = settings_module.parse_env(self.private_env.read_text(encoding="utf-8"), str(self.private_env))
        pairs = {"SECRET_KEY": old.get("SECRET_KEY") or secrets.token_urlsafe(50)}
        if self.private_database:
            pairs["DATABASE_URL"] = self.database_url(APPLICATION)
            pairs["ENVMAP_MIGRATE_URL"] = self.database_url(OWNER)
        if self.private_redis:
            pairs["REDIS_URL"] = self.redis_url
        text = "# Written by every start; put your own settings into .env.\n"
        text += "".join(f"{name}='{value}'\n" for name, value in pairs.items())
        owner = self.accounts.programs
        write_whole(self.private_env, text, mode=0o600, owner=(owner.uid, owner.gid))


def open_instance(settings: Settings, accounts: Accounts, *, for_tests: bool = False) -> Instance:
    """The instance for these settings, with a short socket folder when `var` is too deep for a socket's name."""
    sockets = settings.var / "run"
    if len(os.fsencode(sockets / LONGEST_SOCKET)) > SOCKET_LIMIT:
        sockets = short_sockets(settings.var, accounts)
    return Instance(settings, accounts, sockets, for_tests)


def var_mark(var: Path) -> str:
    """A short mark of an instance, for names outside its folder."""
    return hashlib.sha256(os.fsencode(var)).hexdigest()[:12]


def short_sockets(var: Path, accounts: Accounts) -> Path:
    """A folder with a short path in the temporary folder, known by the instance; refused when somebody else made it."""
    path = Path(tempfile.gettempdir()) / f"envmap-{var_mark(var)}"
    try:
        info = path.lstat()
    except FileNotFoundError:
        return path
    if not stat.S_ISDIR(info.st_mode) or info.st_uid not in (0, accounts.programs.uid) or info.st_mode & 0o022:
        raise Trouble(f"{path} is needed for sockets but belongs to somebody else; remove it, or set TMPDIR.")
    return path


def _folder(path: Path, uid: int, gid: int, mode: int) -> None:
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    info = path.stat()
    if os.geteuid() == 0 and (info.st_uid, info.st_gid) != (uid, gid):
        os.chown(path, uid, gid)
    if info.st_uid in (os.geteuid(), uid) and stat.S_IMODE(info.st_mode) != mode:
        path.chmod(mode)
