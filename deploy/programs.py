"""The table of an instance's long-running programs, in the order in which they start."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import nginx, redis
from .accounts import Account
from .instance import Instance
from .postgres import Postgres


@dataclass(frozen=True)
class Program:
    """One program under the supervisor.

    `stage` orders start (ascending) and end (descending); programs of one stage start and end together. `on_orphan` is
    the signal that the kernel sends when the supervisor itself is killed.
    """

    name: str
    command: list[str]
    stage: str
    account: Account
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    kill_group: bool = True
    on_orphan: str = "TERM"
    environment: dict[str, str] = field(default_factory=dict)


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

    def application(name: str, *command: str, on_orphan: str = "TERM", seconds: int = 15) -> None:
        programs.append(Program(name, list(command), "application", own, stop_seconds=seconds, on_orphan=on_orphan))

    application(
        "wsgi", python, "-m", "granian", "--interface", "wsgi", "envmap.wsgi:application",
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
    # QUIT is Celery's cold shutdown: an orphaned worker does not wait for its jobs, which are rows and start again.
    application(
        "worker", python, "-m", "celery", "-A", "envmap", "worker", "--loglevel", "info", "--concurrency", "2",
        on_orphan="QUIT",
    )  # fmt: skip
    application(
        "beat", python, "-m", "celery", "-A", "envmap", "beat", "--loglevel", "info",
        "--schedule", str(instance.var / "beat.db"), "--pidfile", "",
    )  # fmt: skip
    if instance.settings.demo:
        application("heartbeat", *manage, "simulate", "--demo")
    # TERM, not KILL: workers of a killed nginx would go on serving.
    programs.append(Program("nginx", nginx.command(instance), "front", own))
    return programs
