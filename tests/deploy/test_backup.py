"""A backup goes into an empty instance, whole or not at all."""

import json
import shutil
from pathlib import Path

import psycopg
import pytest

from tests.stack import Stack, start_stack

pytestmark = pytest.mark.stack

# Tables that a running instance writes by itself, so that they differ between two looks.
RESTLESS = {"core_outboxhead", "django_session", "core_idempotentreply", "core_outboxfact"}


def row_counts(running: Stack) -> dict[str, int]:
    """Table → rows, of all our tables."""
    with psycopg.connect(running.superuser_dsn) as connection:
        tables = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND r.rolname = 'envmap_owner' AND c.relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in tables
            if name not in RESTLESS
        }


@pytest.fixture(scope="module")
def full():
    """An instance with an administrator and a file, without the demo's heartbeat."""
    running = start_stack(ENVMAP_DEMO="0")
    made = running.manage("first_admin", "--username", "chief", "--name", "陈局", "--bureau", "环保局",
                          ENVMAP_ADMIN_PASSWORD="a long enough passphrase")  # fmt: skip
    assert made.returncode == 0, made.stderr
    folder = running.var / "media" / "attachments" / "2026"
    folder.mkdir(parents=True)
    (folder / "照片 1.jpg").write_bytes(b"\xff\xd8 not really a photo")
    (running.var / "trail" / "roots.log").write_text("a root\n")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def empty():
    running = start_stack(ENVMAP_DEMO="0")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def backup(full, tmp_path_factory):
    folder = full.var.parent / "backups" / "today"
    folder.parent.mkdir()
    folder.parent.chmod(0o777)
    done = full.manage("backup", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def copy_of(backup: Path, name: str) -> Path:
    """A copy to damage, which the instance's account may read whoever runs the test."""
    copy = backup.with_name(name)
    shutil.copytree(backup, copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def test_the_manifest_names_versions_and_every_file(backup):
    manifest = json.loads((backup / "manifest.json").read_text())
    assert sorted(manifest["files"]) == ["database.dump", "media/attachments/2026/照片 1.jpg", "roots.log"]
    assert "accounts.0001_initial" in manifest["migrations"]
    assert manifest["roles"] == ["envmap", "envmap_owner"]


def test_a_backup_never_overwrites_another(full, backup):
    done = full.manage("backup", str(backup))
    assert done.returncode == 1
    assert "is not empty" in done.stderr


def test_a_damaged_backup_changes_nothing(backup, empty):
    damaged = copy_of(backup, "damaged")
    photo = damaged / "media/attachments/2026/照片 1.jpg"
    photo.write_bytes(b"\xff\xd8 really a photo not")
    before = row_counts(empty)
    done = empty.manage("restore", str(damaged))
    assert done.returncode == 1
    assert "照片 1.jpg was changed since" in done.stderr
    assert row_counts(empty) == before
    assert list((empty.var / "media").iterdir()) == []


def test_a_dump_that_the_database_refuses_leaves_the_instance_as_it_was(backup, empty):
    """Its checksums are right, its end is missing: the tables before it are put back."""
    import hashlib

    broken = copy_of(backup, "broken")
    dump = broken / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-2000])
    manifest = json.loads((broken / "manifest.json").read_text())
    manifest["files"]["database.dump"] = {
        "sha256": hashlib.sha256(dump.read_bytes()).hexdigest(), "size": dump.stat().st_size,
    }  # fmt: skip
    (broken / "manifest.json").write_text(json.dumps(manifest))
    before = row_counts(empty)
    done = empty.manage("restore", str(broken))
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert row_counts(empty) == before
    assert list((empty.var / "media").iterdir()) == []


def test_a_backup_of_a_newer_version_is_refused(backup, empty):
    newer = copy_of(backup, "newer")
    manifest = json.loads((newer / "manifest.json").read_text())
    manifest["migrations"].append("accounts.9999_from_the_future")
    (newer / "manifest.json").write_text(json.dumps(manifest))
    done = empty.manage("restore", str(newer))
    assert done.returncode == 1
    assert "newer version" in done.stderr


def test_an_instance_with_people_in_it_is_not_overwritten(full, backup):
    done = full.manage("restore", str(backup))
    assert done.returncode == 1
    assert "is not empty" in done.stderr


def test_a_restored_instance_has_every_row_and_file_and_keeps_its_guards(full, backup, empty):
    done = empty.manage("restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert row_counts(empty) == row_counts(full)
    assert (empty.var / "media/attachments/2026/照片 1.jpg").read_bytes() == b"\xff\xd8 not really a photo"
    assert (empty.var / "trail" / "roots.log").read_text() == "a root\n"
    assert empty.manage("check").returncode == 0
    with psycopg.connect(empty.application_dsn) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("TRUNCATE core_auditrow")
        connection.rollback()
        with pytest.raises(psycopg.Error):
            connection.execute("UPDATE core_auditrow SET id = id")
        connection.rollback()
        assert connection.execute("SELECT username FROM accounts_user WHERE username = 'chief'").fetchone()
