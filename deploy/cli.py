"""The commands behind the Makefile's targets."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from . import run, settings
from .errors import Trouble

ROOT = Path(__file__).resolve().parents[1]


def main(argv: list[str]) -> int:
    """Run one command; a Trouble becomes one sentence on standard error and status 1."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="install, start and stay until Ctrl-C")
    runs.add_argument("--no-install", action="store_true", help="install nothing; everything must be there")
    tests = commands.add_parser("test", help="run the test suite")
    tests.add_argument("arguments", nargs="?", default="", help="pytest's arguments as one shell-quoted text")
    walk = commands.add_parser("gallery", help="every page in every role, language, theme and width")
    walk.add_argument("arguments", nargs="?", default="", help="words for the walk as one shell-quoted text")
    for name in ("check", "bench", "stop", "clean", "vendor"):
        commands.add_parser(name)
    demo = commands.add_parser("demo", help="reset the demo data to a stage")
    demo.add_argument("stage")
    options = parser.parse_args(argv)
    try:
        return _dispatch(options)
    except run.Interrupted:
        return 130
    except Trouble as trouble:
        print(f"envmap: {trouble}", file=sys.stderr, flush=True)
        return 1


def _dispatch(options: argparse.Namespace) -> int:
    os.umask(0o022)
    told = settings.read(ROOT, os.environ)
    match options.command:
        case "run":
            return run.run(told, install=not options.no_install)
        case "stop":
            return run.stop(told)
        case "test":
            from .test import test

            return test(told, shlex.split(options.arguments))
        case "check":
            from .check import check

            return check(told)
        case "bench":
            from .bench import bench

            return bench(told)
        case "gallery":
            from .gallery import gallery

            return gallery(told, shlex.split(options.arguments))
        case "demo":
            from .demo import demo

            return demo(told, options.stage)
        case "clean":
            from .clean import clean

            return clean(told)
        case "vendor":
            from . import vendor

            vendor.copy(ROOT)
            return 0
    raise AssertionError(options.command)
