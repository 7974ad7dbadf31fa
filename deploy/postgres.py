"""The private PostgreSQL: a cluster on a unix socket, its roles, its extensions and its database."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .errors import Trouble
from .files import digest, write_whole
from .instance import APPLICATION, DATABASE, OWNER, PG_PORT, SUPERUSER, Instance
from .packages import postgresql_versions

MAP = "envmap"
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")

SERVER = {
    "listen_addresses": "",
    "port": str(PG_PORT),
    "max_connections": "120",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    # Tile and list queries are short; compiling or splitting them costs more than it saves (docs/performance.md).
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # A refused statement stands in the log with all of its values: a station's password, a telephone number, a note.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# Only for tests that never kill PostgreSQL: acknowledged rows are lost with it.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

PRIVILEGES = f"""
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {APPLICATION};
GRANT USAGE ON SCHEMA public TO {APPLICATION};
"""


def roles_sql(*, for_tests: bool) -> str:
    """The two roles: one owns and migrates, the other is the application and can change no table's definition."""
    may_create = "CREATEDB" if for_tests else "NOCREATEDB"
    statements = []
    for role, right in ((OWNER, may_create), (APPLICATION, "NOCREATEDB")):
        statements.append(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') "
            f"THEN CREATE ROLE {role}; END IF; END $$;\n"
            f"ALTER ROLE {role} LOGIN NOSUPERUSER {right} NOCREATEROLE NOREPLICATION NOBYPASSRLS;"
        )
    return "\n".join(statements)


def template_sql() -> str:
    """What every new database has, test databases too: the extensions (trusted to the superuser) and the grants."""
    return "".join(f"CREATE EXTENSION IF NOT EXISTS {name};\n" for name in EXTENSIONS) + PRIVILEGES


class Postgres:
    """The private cluster of an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.account = instance.accounts.database
        self.data = instance.pg_data
        self.bin = self._bin()

    def _bin(self) -> Path:
        """The folder of the programs; a cluster stays with the version that made it."""
        versions = postgresql_versions(with_postgis=True)
        version_file = self.data / "PG_VERSION"
        if version_file.exists():
            made_by = int(version_file.read_text(encoding="ascii"))
            if made_by not in versions:
                raise Trouble(
                    f"{self.data} was made by PostgreSQL {made_by}, which is not here with PostGIS. Install "
                    f"postgresql-{made_by}-postgis-3, or move the data with `manage.py backup` and `restore`."
                )
            return Path(f"/usr/lib/postgresql/{made_by}/bin")
        if not versions:
            raise Trouble("PostgreSQL with PostGIS is not installed; `make run` as root or with sudo installs it.")
        return Path(f"/usr/lib/postgresql/{versions[-1]}/bin")

    def create(self) -> None:
        """Make the cluster when there is none: built under another name, then renamed, so that a kill leaves none."""
        if not (self.data / "PG_VERSION").exists():
            building = self.data.with_name(self.data.name + ".new")
            shutil.rmtree(building, ignore_errors=True)
            # initdb wants to make its own folder, and only the folder's owner may.
            building.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(building, self.account.uid, self.account.gid)
            self._call("initdb", "-D", str(building), "-U", SUPERUSER, "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8")
            shutil.rmtree(self.data, ignore_errors=True)
            building.rename(self.data)
        self._write_access()

    def _write_access(self) -> None:
        """Who may connect: only the instance's accounts, told apart by the kernel (`peer`), mapped to the three roles.

        Not `trust`: with it any local user is superuser and runs commands through COPY FROM PROGRAM.
        """
        owner = (self.account.uid, self.account.gid)
        accounts = self.instance.accounts
        names = dict.fromkeys([accounts.programs.name, accounts.database.name, accounts.caller.name])
        lines = [f'{MAP} "{name}" {role}' for name in names for role in (APPLICATION, OWNER, SUPERUSER)]
        write_whole(self.data / "pg_ident.conf", "\n".join(lines) + "\n", mode=0o600, owner=owner)
        hba = f"local all all peer map={MAP}\n"
        write_whole(self.data / "pg_hba.conf", hba, mode=0o600, owner=owner)

    def command(self) -> list[str]:
        """The server in the foreground. Its folder and socket are given here, so that the tree can be moved."""
        options = {**SERVER, "unix_socket_directories": quoted(self.instance.pg_sockets)}
        if self.instance.for_tests:
            options |= HASTY
        arguments = [f"--{name}={value}" for name, value in options.items()]
        return [str(self.bin / "postgres"), "-D", str(self.data), *arguments]

    def is_ready(self) -> bool:
        """Whether the server answers."""
        command = [str(self.bin / "pg_isready"), "-q", "-h", str(self.instance.pg_sockets), "-p", str(PG_PORT)]
        command = self.account.command(*command, "-U", SUPERUSER, "-d", "postgres")
        return subprocess.run(command, cwd="/", check=False, capture_output=True).returncode == 0

    def set_up(self) -> None:
        """Make roles, extensions and the database in the running server; done once, and again when this text changes."""
        roles, template = roles_sql(for_tests=self.instance.for_tests), template_sql()
        stamp, wanted = self.data / "envmap.stamp", digest([], roles, template)
        if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
            return
        self._sql("postgres", roles)
        self._sql("template1", template)
        exists = self._sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")
        if not exists.strip():
            self._sql("postgres", f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template1")
        self._sql(DATABASE, template)
        write_whole(stamp, wanted, mode=0o600, owner=(self.account.uid, self.account.gid))

    def _sql(self, database: str, text: str) -> str:
        """Run SQL as the superuser in one transaction (CREATE DATABASE alone cannot be in one); what it prints."""
        command = [str(self.bin / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        command += [
            "-h",
            str(self.instance.pg_sockets),
            "-p",
            str(PG_PORT),
            "-U",
            SUPERUSER,
            "-d",
            database,
            "-c",
            text,
        ]
        done = subprocess.run(
            self.account.command(*command),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(),
        )
        if done.returncode != 0:
            raise Trouble(f"PostgreSQL refused the set-up of {database}: {done.stderr.strip()}")
        return done.stdout

    def _call(self, program: str, *arguments: str) -> None:
        command = self.account.command(str(self.bin / program), *arguments)
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, env=clean_environment())
        if done.returncode != 0:
            raise Trouble(f"{program} could not make {self.data}: {(done.stderr or done.stdout).strip()[-400:]}")


def quoted(path: Path) -> str:
    """A path as one item of a list setting such as unix_socket_directories: quoted, since a space or comma ends one."""
    return f'"{path}"'


def clean_environment() -> dict[str, str]:
    """The environment without variables that would lead PostgreSQL's programs elsewhere, and with a plain locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
