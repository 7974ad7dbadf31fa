"""A backup of the whole instance, and its restoring into an empty one: everything or nothing.

A backup is a folder: `database.dump` (pg_dump's custom format, one snapshot), `media/` (attachments and exports),
`roots.log` (the trails' roots) and `manifest.json` with the versions and the SHA-256 of every file. Files are copied
after the snapshot: an attachment's file is there before its row, so no row of the snapshot lacks its file.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from .clock import now
from .errors import BadInput, Conflict

FORMAT = 1
# An instance counts as empty while nobody has put anything of their own into it; reference data are replaced.
OWN_THINGS = (
    "accounts.User",
    "catalogue.Feature",
    "catalogue.Attachment",
    "sensors.Station",
    "issues.Issue",
    "orders.Order",
)
# What the database's superuser has made beforehand, or what is not ours to make.
NOT_OURS = re.compile(
    r"^\d+; \d+ \d+ (EXTENSION|COMMENT - EXTENSION|SCHEMA|COMMENT - SCHEMA|ACL - SCHEMA|TABLE DATA public spatial_ref_sys) "
)

DROP_ALL = """
SET LOCAL lock_timeout = '60s';
DO $$
DECLARE thing record;
BEGIN
  FOR thing IN
    SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_class WHERE oid = thing.name);
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', thing.kind, thing.name);
  END LOOP;
  FOR thing IN
    SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_proc WHERE oid = thing.name); -- it went with one that it calls
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', thing.name);
  END LOOP;
  FOR thing IN
    SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP SEQUENCE IF EXISTS %s CASCADE', thing.name);
  END LOOP;
END $$;
"""


class File(TypedDict):
    """One file of a backup."""

    sha256: str
    size: int


class Manifest(TypedDict):
    """`manifest.json`."""

    format: int
    id: str
    made_at: str
    postgresql: str
    postgis: str
    migrations: list[str]
    roles: list[str]
    files: dict[str, File]


def make(folder: Path) -> Manifest:
    """Write a backup into `folder`, which must not exist or be empty; it gets its name when it is whole.

    Raises Conflict when the folder holds something, BadInput when PostgreSQL's programs refuse.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not empty; give a folder that does not exist yet.")
    building = folder.with_name(folder.name + ".partial")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(mode=0o700, parents=True)
    dump = ["--format=custom", "--no-owner", "--lock-wait-timeout=60s", f"--file={building / 'database.dump'}"]
    _run([_program("pg_dump"), *dump])
    media = Path(settings.MEDIA_ROOT)
    if media.is_dir():
        shutil.copytree(media, building / "media")
    if settings.TRAIL_ROOTS.is_file():
        shutil.copyfile(settings.TRAIL_ROOTS, building / "roots.log")
    with connections[_alias()].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), postgis_lib_version()")
        postgresql, postgis = cursor.fetchone()
    manifest = Manifest(
        format=FORMAT,
        id=str(uuid.uuid4()),
        made_at=now().isoformat(),
        postgresql=postgresql,
        postgis=postgis,
        migrations=_applied(),
        roles=_roles(),
        files={name: _file(building / name) for name in _names(building)},
    )
    (building / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    with contextlib.suppress(FileNotFoundError):
        folder.rmdir()
    building.rename(folder)
    return manifest


def restore(folder: Path) -> Manifest:
    """Put a backup into this instance, which must be empty; afterwards it is migrated to this version.

    Raises BadInput when the backup is damaged, newer or of other roles, Conflict when the instance is not empty; the
    instance is then as it was.
    """
    manifest = read(folder)
    unknown = sorted(set(manifest["migrations"]) - _known())
    if unknown:
        raise BadInput(f"The backup was made by a newer version: this one does not know {unknown[0]}.")
    missing = sorted(set(manifest["roles"]) - _existing_roles())
    if missing:
        raise BadInput(f"The backup grants rights to the database role {missing[0]}, which this server does not have.")
    target = Path(settings.MEDIA_ROOT)
    mark = settings.VAR / "restoring"
    if things := _own_things():
        raise Conflict(
            f"This instance is not empty (there are {', '.join(things)}); a backup goes into an empty one only."
        )
    if any(target.glob("*")):
        if not mark.exists():
            raise Conflict(f"{target} is not empty; a backup goes into an empty instance only.")
        _empty(target)  # a restore before this one was killed
    mark.touch()
    try:
        if (folder / "media").is_dir():
            _copy_as_owner(folder / "media", target)
        _load(folder / "database.dump")
    except BaseException:
        _empty(target)
        mark.unlink()
        raise
    if (folder / "roots.log").is_file():
        settings.TRAIL_ROOTS.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "roots.log", settings.TRAIL_ROOTS)
        _give(settings.TRAIL_ROOTS, settings.VAR)
    mark.unlink()
    call_command("migrate", verbosity=0, interactive=False)
    return manifest


def read(folder: Path) -> Manifest:
    """The manifest of a backup whose files are all there and unchanged; BadInput names the first that is not."""
    file = folder / "manifest.json"
    if not file.is_file():
        raise BadInput(f"{folder} is no backup: it has no manifest.json.")
    try:
        manifest: Manifest = json.loads(file.read_text(encoding="utf-8"))
        expected = dict(manifest["files"])
        kind = manifest["format"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{file} cannot be read; the backup is damaged.") from None
    if kind != FORMAT:
        raise BadInput(f"{folder} is a backup of format {kind}; this version reads {FORMAT}.")
    present = set(_names(folder)) - {"manifest.json"}
    for name in sorted(present ^ set(expected)):
        raise BadInput(f"{folder / name} is {'missing' if name in expected else 'not part of the backup'}.")
    for name, entry in expected.items():
        if _file(folder / name) != entry:
            raise BadInput(f"{folder / name} was changed since the backup was made (its SHA-256 differs).")
    return manifest


def _load(dump: Path) -> None:
    """Replace all of our tables by those of the dump, in one transaction."""
    restore_program = _program("pg_restore")
    listing = subprocess.run([restore_program, "--list", str(dump)], capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        raise BadInput(f"{dump} cannot be read: {listing.stderr.strip()}")
    with contextlib.ExitStack() as stack:
        # Not beside the dump: a backup may lie on a medium that cannot be written.
        chosen = Path(settings.VAR) / f"restore-{os.getpid()}.list"
        stack.callback(chosen.unlink, missing_ok=True)
        lines = [line for line in listing.stdout.splitlines() if not NOT_OURS.match(line)]
        chosen.write_text("\n".join(lines) + "\n", encoding="utf-8")
        script = [restore_program, "--no-owner", f"--use-list={chosen}", "--file=-", str(dump)]
        psql = [_program("psql"), "-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-o", os.devnull]
        _pipe(script, psql)


def _pipe(script: Sequence[str], psql: Sequence[str]) -> None:
    reader = subprocess.Popen(psql, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment())
    assert reader.stdin
    with contextlib.suppress(BrokenPipeError):
        reader.stdin.write(DROP_ALL.encode())
        reader.stdin.flush()
    writer = subprocess.Popen(script, stdout=reader.stdin, stderr=subprocess.PIPE)
    # When the script breaks off, psql must not commit what it has: it is ended before it sees the end of its input.
    _, complaint = writer.communicate()
    if writer.returncode != 0:
        reader.kill()
    with contextlib.suppress(BrokenPipeError):
        reader.stdin.close()
    answer = reader.stderr.read() if reader.stderr else b""
    if reader.wait() != 0 or writer.returncode != 0:
        why = (answer or complaint).decode("utf-8", "replace").strip()
        raise BadInput(f"The database refused the backup, nothing was changed: {why[-600:]}")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BadInput(f"{Path(command[0]).name} failed: {done.stderr.strip()[-600:]}")


def _program(name: str) -> str:
    """PostgreSQL's newest client program of this machine: it reads older servers, not the other way."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    program = str(found[-1]) if found else shutil.which(name)
    if not program:
        raise BadInput(f"{name} is not installed; it comes with PostgreSQL's client programs.")
    return program


def _alias() -> str:
    """The connection that owns the tables."""
    return "owner" if "owner" in settings.DATABASES else "default"


def _environment() -> dict[str, str]:
    """How PostgreSQL's programs connect; a password is never an argument, which every local user can read."""
    told: dict[str, Any] = connections[_alias()].settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    kept |= {name: str(told[key]) for name, key in names.items() if told.get(key)}
    for option in ("sslmode", "sslrootcert", "sslcert", "sslkey"):
        if option in (told.get("OPTIONS") or {}):
            kept[f"PG{option.upper()}"] = str(told["OPTIONS"][option])
    return kept | {
        "PGCLIENTENCODING": "UTF8",
        "PGAPPNAME": "envmap backup",
        "PGOPTIONS": "-c client_min_messages=warning",
    }


def _applied() -> list[str]:
    loader = MigrationLoader(connections[_alias()])
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations)


def _known() -> set[str]:
    loader = MigrationLoader(connections[_alias()])
    known = set(loader.disk_migrations or {})
    replaced = {key for migration in (loader.disk_migrations or {}).values() for key in migration.replaces}
    return {f"{app}.{name}" for app, name in known | replaced} | {
        f"{app}.{name}" for app, name in loader.applied_migrations if app not in loader.migrated_apps
    }


def _roles() -> list[str]:
    return sorted({str(connections[alias].settings_dict["USER"]) for alias in ("default", _alias())})


def _existing_roles() -> set[str]:
    with connections[_alias()].cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        return {name for (name,) in cursor.fetchall()}


def _own_things() -> list[str]:
    models = [apps.get_model(label) for label in OWN_THINGS]
    return [str(model._meta.verbose_name_plural) for model in models if model._default_manager.exists()]


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _file(path: Path) -> File:
    whole = hashlib.sha256()
    size = 0
    for block in _blocks(path):
        whole.update(block)
        size += len(block)
    return {"sha256": whole.hexdigest(), "size": size}


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(2**20):
            yield block


def _empty(folder: Path) -> None:
    for path in folder.glob("*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _copy_as_owner(source: Path, target: Path) -> None:
    """Copy a tree's contents into a folder, for that folder's owner (root may restore for the instance's account)."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(exist_ok=True)
        else:
            shutil.copy2(path, copy)
        _give(copy, target)


def _give(path: Path, like: Path) -> None:
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
