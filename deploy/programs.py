"""The table of an instance's long-running programs, in the order in which they start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from . import nginx, redis
from .accounts import Account
from .instance import Instance
from .postgres import Postgres


@dataclass(frozen=True)
class Program:
    """One program under the supervisor.

    `stage` orders start (ascending) and end (descending); programs of one stage start and end together. `on_orphan` is
    the signal that the kernel sends when the supervisor itself is killed: KILL where nothing can be lost by it and an
    orderly end could wait for a neighbour that is gone (Celery for Redis), since nobody would be left to insist.
    """

    name: str
    command: list[str]
    stage: str
    account: Account
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    kill_group: bool = True
    on_orphan: str = "KILL"
    environment: dict[str, str] = field(default_factory=dict)


def fresh_socket(path: Path) -> list[str]:
    """Words before a command that must not find the socket of its killed predecessor, which it would not replace."""
    return ["/bin/sh", "-c", 'rm -f -- "$0"; exec "$@"', str(path)]


STAGES = ("database", "broker", "application", "front")


def table(instance: Instance, *, services_only: bool = False) -> list[Program]:
    """All programs of the instance; `services_only` leaves PostgreSQL and Redis alone (for tests and set-up)."""
    programs: list[Program] = []
    own, accounts = instance.accounts.programs, instance.accounts
    if instance.private_database:
        postgres = Postgres(instance)
        # INT is PostgreSQL's fast shutdown; TERM would wait for every session to end by itself. Its processes lead
        # groups of their own, and killing them is never clean, so the group is left alone.
        programs.append(Program("postgres", postgres.command(), "database", accounts.database, "INT", 60, False, "INT"))
    if instance.private_redis:
        programs.append(Program("redis", redis.command(instance), "broker", own))
    if services_only:
        return programs
    python, sockets = str(instance.python), instance.sockets
    manage = [python, str(instance.root / "manage.py")]

    def application(name: str, *command: str) -> None:
        programs.append(Program(name, list(command), "application", own))

    application(
        "wsgi", *fresh_socket(sockets / "wsgi.sock"), python, "-m", "granian", "--interface", "wsgi", "envmap.wsgi:application",
        "--uds", str(sockets / "wsgi.sock"), "--uds-permissions", "0600", "--workers", "2", "--blocking-threads", "4",
        "--backlog", "512", "--respawn-failed-workers", "--workers-kill-timeout", "10", "--no-ws", "--log-level", "warning",
    )  # fmt: skip
    application(
        "asgi", python, "-m", "uvicorn", "envmap.asgi:application", "--uds", str(sockets / "asgi.sock"),
        "--lifespan", "off", "--no-access-log", "--no-server-header", "--proxy-headers", "--forwarded-allow-ips", "*",
        "--ws-max-size", "16384", "--timeout-graceful-shutdown", "5", "--log-level", "warning",
    )  # fmt: skip
    application("relay", *manage, "relay")
    application("gateway", *manage, "gateway")
    application(
        "worker", python, "-m", "celery", "-A", "envmap", "worker", "--loglevel", "info", "--concurrency", "2",
    )  # fmt: skip
    application(
        "beat", python, "-m", "celery", "-A", "envmap", "beat", "--loglevel", "info",
        "--schedule", str(instance.var / "beat.db"), "--pidfile", "",
    )  # fmt: skip
    if instance.settings.demo:
        application("heartbeat", *manage, "simulate", "--demo")
    # TERM, not KILL: workers of a killed nginx would go on serving.
    programs.append(Program("nginx", nginx.command(instance), "front", own, on_orphan="TERM"))
    return programs
