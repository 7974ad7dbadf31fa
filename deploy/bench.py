"""`make bench`: the benchmarks under `benchmarks/`, on a running instance of their own."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
from pathlib import Path

from . import processes, tree
from .errors import Trouble
from .instance import open_instance
from .run import Signals, choose_accounts, only_one, program_environment, say, start, stop_begun
from .settings import Settings


def bench(settings: Settings) -> int:
    """Run each `benchmarks/bench_*.py` against an instance below `<ENVMAP_VAR>/bench/instance`; JSON lands beside it."""
    scripts = sorted((settings.root / "benchmarks").glob("bench_*.py"))
    if not scripts:
        raise Trouble("There is no benchmarks/bench_*.py.")
    processes.adopt_orphans()
    signals = Signals()
    chosen = choose_accounts(settings, install=True)
    open_instance(settings, chosen).make_folders()
    results = settings.var / "bench"
    inner = dataclasses.replace(
        settings, var=results / "instance", http_port=free_port(), hj212_port=free_port(), demo=True
    )
    instance = open_instance(inner, chosen)
    instance.make_folders()
    failed = []
    with only_one(instance):
        try:
            tree.prepare(settings, chosen.programs, say)
            start(instance, say)
            environment = program_environment(instance, ENVMAP_BENCH_RESULTS=str(results))
            environment |= {"ENVMAP_BENCH_URL": inner.address, "PYTHONPATH": str(settings.root)}
            for script in scripts:
                say(f"Running {script.relative_to(settings.root)}")
                if run_script(instance.python, script, environment) != 0:
                    failed.append(script.name)
        finally:
            with signals.ending():
                stop_begun()
    if failed:
        raise Trouble(f"{', '.join(failed)} failed; its message stands above.")
    return 0


def run_script(python: Path, script: Path, environment: dict[str, str]) -> int:
    """Run one benchmark; its exit status."""
    return subprocess.run([str(python), str(script)], env=environment, check=False).returncode


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
