"""The project about itself: its rooms, walls, jobs and files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from envmap.celery import app as celery_app

ROOT = Path(__file__).resolve().parents[1]


def tracked() -> list[Path]:
    """Files that git knows or would know."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def texts(*suffixes: str) -> list[tuple[Path, str]]:
    """Tracked text files of these suffixes with their content."""
    return [(path, path.read_text()) for path in tracked() if path.suffix in suffixes]


def test_imports_run_downward_only():
    """The contracts in pyproject.toml, each with the sentence that says why."""
    run = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_every_room_is_an_app_under_contract():
    contracts = (ROOT / "pyproject.toml").read_text()
    for root in ("envmap", "layers", "tasks"):
        rooms = {p.name for p in (ROOT / root).iterdir() if (p / "__init__.py").exists()} - {"settings"}
        for room in rooms:
            assert apps.get_app_config(room).name == f"{root}.{room}"
            assert re.search(rf'"[^"]*\b{room}\b[^"]*"', contracts), f"{root}.{room} stands in no import contract"


def test_the_root_holds_only_the_rooms_that_the_design_names():
    packages = {p.name for p in ROOT.iterdir() if p.is_dir() and any(t.is_relative_to(p) for t in tracked())}
    assert packages <= {
        ".ci", "envmap", "layers", "tasks", "static", "fixtures", "tests", "docs", "deploy", "benchmarks", "locale",
    }  # fmt: skip


def test_the_registered_jobs_are_these():
    celery_app.loader.import_default_modules()
    assert {name for name in celery_app.tasks if not name.startswith("celery.")} == {
        "catalogue.gather_touches",
        "catalogue.remove_unused_attachments",
        "core.anchor_trails",
        "core.forget_old_rows",
        "issues.open_from_alarms",
        "sensors.make_partitions",
        "sensors.note_silence",
    }


def test_every_scheduled_job_is_registered():
    celery_app.loader.import_default_modules()
    assert {entry["task"] for entry in celery_app.conf.beat_schedule.values()} <= set(celery_app.tasks)


HIDDEN_BY_THEIR_PARENT = {
    # Rows that are only ever reached through a thing whose visible_to decides.
    "accounts.Membership", "accounts.Token", "catalogue.LayerShare", "catalogue.FeatureHistory",
    "catalogue.FeatureCondition", "catalogue.FeatureParty", "catalogue.FeatureGrant", "catalogue.Attachment",
    "catalogue.LayerTouch",
    "sensors.Reading", "sensors.RuleState", "sensors.DeadLetter", "sensors.DeadLetterCount", "issues.AlarmCategory",
    "issues.IssueAlarm", "issues.IssueAttachment", "issues.IssueEvent", "issues.IssueEventNote",
    "orders.OrderAttachment", "orders.OrderEvent", "orders.OrderEventNote",
    # The floor's own tables, read by rooms that intersect them with what the asker sees.
    "core.OutboxFact", "core.OutboxHead", "core.IdempotentReply", "core.AuditRow", "core.Counter",
    # Reference data, the same for everybody.
    "catalogue.Area", "sensors.Factor", "sensors.Limit", "issues.Category", "orders.CalendarDay", "orders.OfficeHours",
}  # fmt: skip


def test_every_model_says_who_may_see_it():
    ours = [m for m in apps.get_models() if m.__module__.split(".")[0] in {"envmap", "layers", "tasks"}]
    for model in ours:
        if model._meta.label not in HIDDEN_BY_THEIR_PARENT:
            assert hasattr(model.objects.all(), "visible_to"), f"{model._meta.label} has no visible_to"
    assert {m._meta.label for m in ours} >= HIDDEN_BY_THEIR_PARENT, "a name in the list is no model any more"


def test_every_foreign_key_says_what_happens_to_a_trail():
    """Nothing that an order or issue stands on is removed with it by accident."""
    for model in apps.get_models():
        if model._meta.app_label in {"issues", "orders"}:
            for field in model._meta.get_fields():
                if isinstance(field, models.ForeignKey) and model._meta.label != "issues.AlarmCategory":
                    assert field.remote_field.on_delete is models.PROTECT, f"{model._meta.label}.{field.name}"


def test_no_code_outside_the_fixtures_knows_the_district():
    """Another district must be loadable: neither the code of this one nor coordinates in it stand in code."""
    inside = re.compile(r"\b118\.[0-4]\d*\s*,\s*24\.[4-8]\d*")
    for path, text in texts(".py", ".js", ".html", ".sql", ".toml", ".sh"):
        place = path.relative_to(ROOT)
        if place.parts[0] in {"fixtures", "tests", "docs", "benchmarks"}:
            continue
        assert "350213" not in text, f"{place} names the district"
        assert not inside.search(text), f"{place} holds coordinates of the district"


@pytest.mark.parametrize("name", ["requirements.lock", "package-lock.json", ".npmrc", "pyproject.toml"])
def test_locks_name_no_host(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if re.search(r"https?://", line)]
    assert [line for line in lines if '"url"' not in line] == [], f"{name} names a host"


def test_no_file_carries_a_path_of_somebodys_machine():
    for path, text in texts(".py", ".js", ".html", ".md", ".toml", ".sh", ".css", ".json", ".cfg", ".conf", ""):
        if path == Path(__file__):
            continue
        found = re.search(r"(?<![\w./])/(?:home|root|work)/[a-z]", text)
        assert found is None, f"{path.relative_to(ROOT)}: {text[max(0, found.start() - 30) : found.end() + 30]!r}"


def test_no_order_or_feature_is_written_past_the_actions():
    """Pages, API and demo change nothing by the ORM."""
    writes = re.compile(
        r"\.objects\.(create|bulk_create|update_or_create|get_or_create)\(|\.save\((update_fields|\))|\.delete\(\)"
    )
    for path, text in texts(".py"):
        place = path.relative_to(ROOT).as_posix()
        if place.startswith(("envmap/api/", "envmap/pages/", "envmap/demo/", "envmap/live/", "envmap/statistics/")):
            assert not writes.search(text), f"{place} writes past the actions"
