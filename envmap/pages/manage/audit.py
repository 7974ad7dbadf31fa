"""The audit: who did what to whom, append-only, for administrators."""

from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date

from envmap.accounts.models import Department, User
from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.models import AuditRow

from ..doors import page
from .shell import show

PAGE = 100


def _day(raw: str) -> datetime | None:
    try:
        day = parse_date(raw)
    except ValueError:
        return None
    return clock.midnight(day) if day else None


@page(May.SEE_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Rows, newest first; by kind, person, subject and day."""
    get = {name: request.GET.get(name, "").strip()[:100] for name in ("kind", "who", "subject", "from", "to")}
    rows = AuditRow.objects.order_by("-at", "-pk")
    if get["kind"]:
        rows = rows.filter(kind=get["kind"])
    if get["who"]:
        ids = list(User.objects.filter(username__iexact=get["who"]).values_list("pk", flat=True))
        rows = rows.filter(actor__id__in=ids) if ids else rows.none()
    if get["subject"]:
        rows = rows.filter(subject__icontains=get["subject"])
    if start := _day(get["from"]):
        rows = rows.filter(at__gte=start)
    if end := _day(get["to"]):
        rows = rows.filter(at__lt=end + timedelta(days=1))
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    names = _names(list(shown.object_list))
    context: dict[str, Any] = {
        "rows": shown,
        "lines": [(row, *_who(row, names), list((row.detail or {}).items())) for row in shown.object_list],
        "kinds": AuditRow.objects.order_by("kind").values_list("kind", flat=True).distinct(),
        "get": get,
    }
    return show(request, "audit.html", context)


def _names(rows: list[AuditRow]) -> tuple[dict[int, str], dict[str, str]]:
    """Names of people and departments in the snapshots, two queries a page."""
    people = {row.actor["id"] for row in rows if row.actor and row.actor.get("id")}
    codes = {row.actor["department"] for row in rows if row.actor and row.actor.get("department")}
    return (
        dict(User.objects.filter(pk__in=people).values_list("pk", "username")),
        {d.code: d.name for d in Department.objects.filter(code__in=codes)},
    )


def _who(row: AuditRow, names: tuple[dict[int, str], dict[str, str]]) -> tuple[str, str]:
    actor = row.actor or {}
    return names[0].get(actor.get("id") or 0, ""), names[1].get(actor.get("department") or "", "")
