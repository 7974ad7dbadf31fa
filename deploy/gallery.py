"""`make gallery`: every page in every role, language, theme and width in Chromium, on an instance of its own.

`var/gallery/` then holds a picture of each load, `index.html` to look at them and `counts.json`. With
`ARGS="--screenshots"` the pictures under docs/screenshots are made anew instead; other words in ARGS go to the walk
(`--few`, `--pages map,orders`, `--roles officer`, `--workers 4`).
"""

from __future__ import annotations

import dataclasses
import os
import subprocess

from . import processes, tree
from .bench import free_port
from .instance import open_instance
from .packages import find_program
from .run import Interrupted, Signals, choose_accounts, only_one, say, start, stop_begun
from .settings import Settings, read_environment
from .test import BROWSERS


def gallery(settings: Settings, arguments: list[str]) -> int:
    """Start an instance with the demo below `<ENVMAP_VAR>/gallery/instance`, walk through it; 1 when a page has a fault."""
    processes.adopt_orphans()
    signals = Signals()
    chosen = choose_accounts(settings, install=True)
    open_instance(settings, chosen).make_folders()
    results = settings.var / "gallery"
    inner = dataclasses.replace(
        settings, var=results / "instance", http_port=free_port(), hj212_port=free_port(), demo=True
    )
    instance = open_instance(inner, chosen)
    instance.make_folders()
    more = {"PYTHONPATH": str(settings.root)}
    browser = find_program(*BROWSERS)
    if browser:
        more["ENVMAP_CHROMIUM"] = browser
    with only_one(instance):
        try:
            tree.prepare(settings, chosen.programs, say, for_tests=True)
            start(instance, say)
            say(f"Walking through every page; pictures land in {results}")
            environment = processes.environment_for(chosen.caller, read_environment(settings.root, os.environ), **more)
            command = [str(instance.python), "-m", "tests.browser.gallery.run", "--url", inner.address.rstrip("/")]
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command, "--out", str(results), *arguments],
                cwd=settings.root, env=environment,
            )  # fmt: skip
            try:
                return process.wait()
            except Interrupted:
                process.terminate()
                process.wait(timeout=60)
                raise
        finally:
            with signals.ending():
                stop_begun()
