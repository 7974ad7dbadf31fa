"""The further tabs of a feature's panel, each fetched when it is opened: alarms, orders, history, photos, what lies nearby."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department
from envmap.core.errors import NotVisible
from layers.catalogue import queries as catalogue
from layers.catalogue.models import Area, Feature, FeatureHistory
from layers.sensors import queries as sensors
from tasks.issues import queries as issues
from tasks.orders import queries as orders
from tasks.orders.models import Order

from .alarm_facts import facts_of
from .doors import asker_or_visitor, for_everybody
from .feature_panel import title_of, value_in_words
from .orders import rows_of

MOST = 50
AROUND = 1_000  # metres
NEAREST = 20
PHOTOS = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a version changed: its title, what it was and what it became, in words."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a feature: when, by which department and role, and what it changed."""

    number: int
    row: FeatureHistory
    department: str
    changes: list[Change]


def alarms_of(asker: Asker, feature: Feature) -> dict[str, Any]:
    """The alarms of the feature, open ones first, then those that ended last, with their issues."""
    seen = sensors.alarms(asker, layer=feature.layer.key, feature=feature.code)
    found = list(seen.order_by(F("cleared_at").desc(nulls_first=True), "-opened_at", "-pk")[:MOST])
    numbers = issues.issue_numbers_of(found, asker)
    return {"facts": [(fact, numbers.get(fact.id)) for fact in facts_of(found)]}


def orders_of(asker: Asker, feature: Feature) -> dict[str, Any]:
    """The orders and issues of the feature, newest first."""
    if not asker.signed_in:
        return {"order_rows": [], "issues": []}
    found = orders.orders(asker, layer=feature.layer.key, feature=feature.code)[:MOST]
    return {
        "order_rows": rows_of(asker, list(found)),
        "issues": list(issues.issues(asker, layer=feature.layer.key, feature=feature.code)[:MOST]),
    }


def history_of(asker: Asker, feature: Feature) -> dict[str, Any]:
    """Who changed what, newest first; actors are resolved to departments on reading, in one query."""
    if not asker.signed_in:
        return {"versions": []}
    rows = catalogue.history_of(asker, feature)
    codes = {by for row in rows if (by := _unit_of(row))}
    codes |= {row.department_code for row in rows}  # type: ignore[attr-defined]
    names = {d.code: d.name for d in Department.objects.filter(code__in=codes)}
    towns = {a.code: a.name for a in Area.objects.filter(code__in={row.town_code for row in rows})}  # type: ignore[attr-defined]
    versions = []
    for before, row in zip([None, *rows], rows, strict=False):
        by = _unit_of(row)
        versions.append(Version(row.version, row, names.get(by, by), _changes(feature, before, row, names, towns)))
    return {"versions": versions[::-1][:MOST]}


def _unit_of(row: FeatureHistory) -> str:
    """The code of the department that made a version; empty for the product itself."""
    return str((row.actor or {}).get("department") or "")


def _changes(
    feature: Feature, before: FeatureHistory | None, row: FeatureHistory, names: dict[str, str], towns: dict[str, str]
) -> list[Change]:
    if before is None:
        return []
    found = []
    for title, attribute, table in (
        (_("Name"), "name", None),
        (_("Code"), "code", None),
        (_("Duty unit"), "department_code", names),
        (_("Town"), "town_code", towns),
    ):
        old, new = getattr(before, attribute) or "", getattr(row, attribute) or ""
        if old != new:
            found.append(Change(title, (table or {}).get(old, old), (table or {}).get(new, new)))
    if before.geometry != row.geometry:
        found.append(Change(_("Position"), _spot(before), _spot(row)))
    schema = feature.layer.schema.get("properties", {})
    for key in sorted(set(before.attributes) | set(row.attributes)):
        old, new = before.attributes.get(key), row.attributes.get(key)
        if old != new:
            part = schema.get(key, {})
            found.append(Change(title_of(part, key), value_in_words(part, old), value_in_words(part, new)))
    if (before.deleted_at is None) != (row.deleted_at is None):
        found.append(Change(_("On the map"), "", _("removed") if row.deleted_at else _("back again")))
    return found


def _spot(row: FeatureHistory) -> str:
    point = catalogue.representative_point(row.geometry)
    return f"{point.y:.5f}, {point.x:.5f}"


def photos_of(asker: Asker, feature: Feature) -> dict[str, Any]:
    """The newest photos of the feature's orders and issues that the asker sees."""
    shots: list[dict[str, Any]] = []
    if asker.signed_in:
        seen = Order.objects.visible_to(asker).filter(feature=feature)
        for order in seen.prefetch_related("order_attachments__attachment").order_by("-created_at")[:MOST]:
            base = f"/api/v1/orders/{order.number}/attachments"
            shots += [_shot(row.attachment, base, order.number) for row in order.order_attachments.all()]
        reported = issues.issues(asker, layer=feature.layer.key, feature=feature.code)
        for issue in reported.prefetch_related("issue_attachments__attachment")[:MOST]:
            base = f"/api/v1/issues/{issue.number}/attachments"
            shots += [_shot(row.attachment, base, issue.number) for row in issue.issue_attachments.all()]
    images = [shot for shot in shots if shot["type"].startswith("image/")]
    return {"shots": sorted(images, key=lambda shot: shot["at"], reverse=True)[:PHOTOS]}


def _shot(attachment: Any, base: str, number: str) -> dict[str, Any]:
    return {
        "id": attachment.pk,
        "url": f"{base}/{attachment.pk}",
        "type": attachment.content_type,
        "at": attachment.taken_at or attachment.uploaded_at,
        "number": number,
    }


def nearby_of(asker: Asker, feature: Feature) -> dict[str, Any]:
    """What else lies within a kilometre, nearest first."""
    return {"near": catalogue.nearby(asker, feature, metres=AROUND, limit=NEAREST), "around": AROUND}


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its word and what its part of the page shows."""

    word: Promise
    context: Callable[[Asker, Feature], dict[str, Any]]


TABS = {
    "alarms": Tab(pgettext_lazy("tab", "Alarms"), alarms_of),
    "orders": Tab(pgettext_lazy("tab", "Orders"), orders_of),
    "history": Tab(pgettext_lazy("tab", "History"), history_of),
    "photos": Tab(pgettext_lazy("tab", "Photos"), photos_of),
    "nearby": Tab(pgettext_lazy("tab", "Nearby"), nearby_of),
}


@require_safe
@never_cache
@for_everybody
def tab(request: HttpRequest, layer: str, feature_id: int, name: str) -> HttpResponse:
    """`GET /map/<layer>/<id>/<tab>/`: that part of the panel."""
    asker = asker_or_visitor(request)
    feature = catalogue.feature_of(asker, layer, feature_id)
    if name not in TABS:
        raise NotVisible(_("There is no such page, or it is not for you to see."))
    context = {"asker": asker, "feature": feature, "tab": name} | TABS[name].context(asker, feature)
    return render(request, f"pages/map/tab_{name}.html", context)
