"""`make check`: everything that can be judged without running the product."""

from __future__ import annotations

import os
import subprocess
import tempfile

from . import processes, tree
from .accounts import Account
from .run import choose_accounts, say
from .settings import Settings, parse_env

NOWHERE = "postgres://nobody@%2Fnonexistent/none"


def check(settings: Settings) -> int:
    """Run every check, also after one has failed; status 1 when any did."""
    chosen = choose_accounts(settings, install=True)
    tree.prepare(settings, chosen.programs, say)
    root, caller = settings.root, chosen.caller
    python = str(root / ".venv" / "bin" / "python")
    manage = [python, "manage.py"]
    failed = []
    with tempfile.TemporaryDirectory(prefix="envmap-check-") as folder:
        plain = offline_environment(caller, folder)
        example = parse_env((root / "deploy" / "example.env").read_text(encoding="utf-8"), "deploy/example.env")
        # What `make run` would add by private.env; one role migrates, another runs.
        private = {"ENVMAP_VAR": folder, "ENVMAP_MIGRATE_URL": NOWHERE, "DJANGO_SETTINGS_MODULE": "envmap.settings"}
        production = {**plain, **example, **private}
        for name, command, environment in (
            ("format", [python, "-m", "ruff", "format", "--check", "."], plain),
            ("lint", [python, "-m", "ruff", "check", "."], plain),
            ("types", [python, "-m", "mypy"], plain),
            ("import contracts", [python, "-c", "from importlinter.cli import lint_imports_command as c; c()"], plain),
            (
                "missing migrations",
                [python, "-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"],
                plain,
            ),
            ("translations", [*manage, "check_translations"], plain),
            ("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
        ):
            say(f"Checking {name}")
            if subprocess.run(command, cwd=root, env=environment, check=False).returncode != 0:
                failed.append(name)
    say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def offline_environment(caller: Account, folder: str) -> dict[str, str]:
    """Settings that let Django start without a server: nothing of these checks asks the database."""
    return processes.environment_for(
        caller,
        os.environ,
        ENVMAP_VAR=folder,
        DJANGO_SETTINGS_MODULE="envmap.settings.testing",
        SECRET_KEY="only-for-checks-" + "x" * 50,
        DATABASE_URL=os.environ.get("DATABASE_URL") or NOWHERE,
        REDIS_URL=os.environ.get("REDIS_URL") or "unix:///nonexistent?db=0",
    )
