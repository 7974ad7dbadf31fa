"""`make test`: the whole suite on a cluster and a Redis of its own, browser tests too."""

from __future__ import annotations

import dataclasses
import os
import secrets
import signal
import subprocess

from . import processes, tree
from .instance import OWNER, Instance, open_instance, var_mark
from .packages import find_program
from .run import Interrupted, Signals, choose_accounts, only_one, say, stop_begun
from .run import begin as begin_stack
from .settings import Settings, read_environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def test(settings: Settings, arguments: list[str]) -> int:
    """Install what is missing, start the services below `<ENVMAP_VAR>/test`, run pytest; its exit status."""
    processes.adopt_orphans()
    signals = Signals()
    chosen = choose_accounts(settings, install=True)
    inner = dataclasses.replace(settings, var=settings.var / "test")
    outer = open_instance(settings, chosen)
    outer.make_folders()
    instance = open_instance(inner, chosen, for_tests=True)
    instance.make_folders()
    with only_one(instance):
        try:
            tree.prepare(settings, chosen.programs, say, for_tests=True)
            stack = begin_stack(instance, services_only=True)
            stack.start_services()
            return _pytest(instance, arguments)
        finally:
            with signals.ending():
                stop_begun()


def test_environment(instance: Instance) -> dict[str, str]:
    """The environment of pytest: the test cluster as the role that may make databases, named after the instance."""
    more = {"ENVMAP_VAR": str(instance.var), "DJANGO_SETTINGS_MODULE": "envmap.settings.testing"}
    more["SECRET_KEY"] = secrets.token_urlsafe(50)
    if instance.private_database:
        # The database need not exist: Django makes test_<name> beside it. The name tells two runs apart on one server.
        more["DATABASE_URL"] = instance.database_url(OWNER, f"envmap_{var_mark(instance.var)}")
        more["ENVMAP_MIGRATE_URL"] = ""
    if instance.private_redis:
        more["REDIS_URL"] = instance.redis_url
    browser = find_program(*BROWSERS)
    if browser:
        more["ENVMAP_CHROMIUM"] = browser
    told = read_environment(instance.root, os.environ)
    return processes.environment_for(instance.accounts.caller, told, **more)


def _pytest(instance: Instance, arguments: list[str]) -> int:
    """Run pytest as the caller: it writes caches and reports into the tree."""
    caches = ["-o", f"cache_dir={instance.var / 'pytest_cache'}"]
    command = [str(instance.python), "-m", "pytest", *caches, *arguments]
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", "--", *command], cwd=instance.root, env=test_environment(instance)
    )
    try:
        return process.wait()
    except Interrupted:
        # A typed Ctrl-C reached pytest too; a signal to us alone is handed on. Its fixtures end what they started.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
