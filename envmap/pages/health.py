"""Whether the process lives, whether the instance is ready, and its figures for Prometheus."""

import ipaddress
import socket
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from envmap.accounts.models import User
from envmap.accounts.roles import Role
from envmap.core.addresses import client_address
from envmap.core.errors import EnvmapError
from envmap.core.models import OutboxFact, OutboxHead
from layers.catalogue.models import Feature, Layer
from layers.sensors.models import Alarm, DeadLetterCount, Factor, Limit, Reading, Station
from layers.sensors.queries import gateway_figures
from tasks.issues.models import Category
from tasks.orders.models import OfficeHours

from .doors import asker_of

GATEWAY_TIMEOUT = 1.0  # seconds


def _is_loopback(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(client_address(request)).is_loopback
    except ValueError:
        return False


def _is_trusted(request: HttpRequest) -> bool:
    """Loopback, or an officer's or administrator's session or token."""
    if _is_loopback(request):
        return True
    try:
        return asker_of(request).role in {Role.OFFICER, Role.ADMIN}
    except EnvmapError:
        return False


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def _database() -> bool:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT postgis_lib_version()")
        return bool(cursor.fetchone())


def _redis() -> bool:
    cache.set("readyz", "1", 5)
    return bool(cache.get("readyz") == "1")


def _migrations() -> bool:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _reference() -> bool:
    return Layer.objects.filter(builtin=True).exists() and all(
        model._default_manager.exists() for model in (Factor, Limit, Category, OfficeHours)
    )


def _demo() -> bool:
    if not settings.DEMO:
        return True
    return User.objects.filter(is_demo=True).exists() and Feature.objects.exists() and Station.objects.exists()


def _gateway() -> bool:
    host = "127.0.0.1" if settings.HJ212_BIND in {"0.0.0.0", ""} else settings.HJ212_BIND  # noqa: S104  compared, not bound
    with socket.create_connection((host, settings.HJ212_PORT), timeout=GATEWAY_TIMEOUT):
        return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
    "reference": _reference,
    "demo": _demo,
    "gateway": _gateway,
}


def checks() -> dict[str, str]:
    """Each check with `ok` or what is wrong; a check that cannot be made is not passed."""
    found: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            found[name] = "ok" if check() else "missing"
        except Exception as error:  # a driver's own error must be an answer too, not a 500
            found[name] = type(error).__name__
    return found


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 only when database, Redis, migrations, reference and demo data and gateway are there, else 503; details for the trusted."""
    found = checks()
    is_ready = all(state == "ok" for state in found.values())
    body: dict[str, object] = {"ready": is_ready}
    # Without a database nobody's role can be asked for; loopback is believed all the same.
    if _is_loopback(request) or (found.get("database") == "ok" and _is_trusted(request)):
        body["checks"] = found
    return JsonResponse(body, status=200 if is_ready else 503)


class DeadLetters(Collector):
    """Refused frames by reason since the beginning; counted in the database, so a restart loses none."""

    def collect(self):
        family = CounterMetricFamily("envmap_dead_letters", "Frames refused, by reason", labels=["reason"])
        for row in DeadLetterCount.objects.order_by("reason"):
            family.add_metric([row.reason], row.total)
        yield family


EXACT_UP_TO = 1_000_000


def _readings() -> int:
    """Rows of all partitions: counted while they are few, else the planner's estimate, because a count would take minutes."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = %s::regclass",
            [Reading._meta.db_table],
        )
        estimate = int(cursor.fetchone()[0])
    return estimate if estimate > EXACT_UP_TO else Reading.objects.count()


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for loopback, officers and administrators only."""
    if not _is_trusted(request):
        return HttpResponse("403\n", status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    registry.register(DeadLetters())

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(name, text, registry=registry).set(value)

    gauge("envmap_readings", "Readings stored (an estimate above a million)", _readings())
    gauge("envmap_alarms_open", "Alarms not cleared", Alarm.objects.filter(cleared_at=None).count())
    gauge("envmap_stations", "Stations", Station.objects.count())
    gauge("envmap_stations_silent", "Stations silent now", Station.objects.filter(silent_since__isnull=False).count())
    gauge("envmap_outbox_backlog", "Facts committed and not yet numbered", OutboxFact.objects.filter(seq=None).count())
    for name, value in (gateway_figures() or {}).items():
        gauge(f"envmap_gateway_{name}", f"The running gateway's own count: {name}", value)
    head = OutboxHead.objects.values_list("seq", flat=True).first() or 0
    gauge("envmap_outbox_head", "Number of the last fact given out", head)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
