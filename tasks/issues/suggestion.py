"""Which unit an issue naturally goes to: by party of the wanted kind, then by town, else none; always with the reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from django.apps import apps
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from envmap.accounts.models import Department
from layers.catalogue.geometry import metres_between
from layers.catalogue.models import FeatureParty
from layers.catalogue.queries import representative_point, town_of

from .models import Issue


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A unit that was looked at and not taken, with the sentence why."""

    department: Department
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A unit or None, the sentences that led there, and who was passed over. A person decides."""

    department: Department | None
    reasons: list[str]
    passed_over: list[PassedOver] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit with what speaks for and against it: whether its trade fits, what it is to the feature, how far, how busy."""

    department: Department
    part: str
    is_hinted: bool
    metres: float | None  # from its seat to the place; None where no seat is known
    open_orders: int

    def said(self) -> str:
        """Distance and load in words: `1.8 km away, 3 open orders`."""
        orders = ngettext("%(n)s open order", "%(n)s open orders", self.open_orders) % {"n": self.open_orders}
        if self.metres is None:
            return orders
        return _("%(km)s km away, %(orders)s") % {"km": f"{self.metres / 1000:.1f}", "orders": orders}


def suggested_unit(issue: Issue) -> Suggestion:
    """The unit to suggest for an issue; needs category, feature and layer selected. At most five queries.

    A party of the wanted kind goes first: the one whose trade the category hints at, among those the less busy, then
    the nearer. Without one it is the unit of the town in which the place lies.
    """
    category, feature = issue.category, issue.feature
    wanted = category.unit_kind if category else ""
    passed: list[PassedOver] = []
    reasons: list[str] = []
    kinds = dict(Department.Kind.choices)
    if category is None:
        reasons.append(_("The issue has no category, so no kind of unit is wanted."))
    elif not wanted:
        reasons.append(_("The category %(name)s names no kind of unit.") % {"name": category.name})
    elif feature is None:
        reasons.append(_("The issue is about a place, which has no parties."))
    else:
        fitting = _fitting(issue, passed)
        if fitting:
            chosen, *others = fitting
            passed += [PassedOver(other.department, _why_not(other, chosen)) for other in others]
            reasons.append(
                _("%(unit)s is %(part)s of %(feature)s and of the wanted kind “%(wanted)s”.")
                % {
                    "unit": chosen.department.name,
                    "part": chosen.part,
                    "feature": feature.name,
                    "wanted": kinds[wanted],
                }
            )
            return Suggestion(chosen.department, [*reasons, chosen.said()], passed)
        reasons.append(
            _("%(feature)s has no party of the wanted kind “%(wanted)s”.")
            % {"feature": feature.name, "wanted": kinds[wanted]}
        )
    town = feature.town if feature is not None else (town_of(issue.location) if issue.location else None)
    if town is None:
        return Suggestion(None, [*reasons, _("It lies in no known town.")], passed)
    if town.department is None or not town.department.is_active:
        return Suggestion(None, [*reasons, _("%(town)s has no unit.") % {"town": town.name}], passed)
    reasons.append(
        _("It lies in %(town)s, which is the area of %(unit)s.") % {"town": town.name, "unit": town.department.name}
    )
    [candidate] = _weighed(issue, [(town.department, "")])
    return Suggestion(town.department, [*reasons, candidate.said()], passed)


def _fitting(issue: Issue, passed: list[PassedOver]) -> list[Candidate]:
    """The units around the feature that are of the wanted kind, best first; the others go to `passed` with their reason."""
    assert issue.category is not None
    wanted, kinds = issue.category.unit_kind, dict(Department.Kind.choices)
    fitting = []
    for department, part in _around(issue):
        if not department.is_active:
            passed.append(PassedOver(department, _("is no longer active")))
        elif department.kind != wanted:
            passed.append(
                PassedOver(
                    department,
                    _("is %(part)s, but of the kind “%(kind)s”; “%(wanted)s” is wanted")
                    % {"part": part, "kind": kinds[department.kind], "wanted": kinds[wanted]},
                )
            )
        else:
            fitting.append((department, part))
    # Stable: among equals a named party goes before the duty unit, as `_around` gives them.
    return sorted(
        _weighed(issue, fitting),
        key=lambda one: (not one.is_hinted, one.open_orders, math.inf if one.metres is None else one.metres),
    )


def _weighed(issue: Issue, units: list[tuple[Department, str]]) -> list[Candidate]:
    """The same units with distance and load; one query for the loads of all."""
    hints = set(issue.category.unit_hint.split()) if issue.category else set()
    loads = _open_orders([department.pk for department, _part in units])
    place = issue.location or (representative_point(issue.feature.geometry) if issue.feature else None)
    return [
        Candidate(
            department,
            part,
            department.sector_hint in hints,
            metres_between(department.seat, place) if department.seat and place else None,
            loads.get(department.pk, 0),
        )
        for department, part in units
    ]


def _open_orders(departments: list[int]) -> dict[int, int]:
    """How many orders that have not ended each department holds."""
    if not departments:
        return {}
    # The room above is reached through the registry, so that this one does not know it.
    orders = apps.get_model("orders", "Order")._default_manager.filter(department__in=departments, ended_at=None)
    return dict(orders.order_by().values_list("department").annotate(n=Count("pk")))


def _why_not(other: Candidate, chosen: Candidate) -> str:
    """What the chosen one has before another that fits as well."""
    if chosen.is_hinted and not other.is_hinted:
        return _("fits as well, but its trade is not the one that the category names (%(said)s)") % {
            "said": other.said()
        }
    if other.open_orders != chosen.open_orders:
        return _("fits as well, but is busier (%(said)s)") % {"said": other.said()}
    if other.metres is not None and chosen.metres is not None and other.metres > chosen.metres:
        return _("fits as well, but is farther away (%(said)s)") % {"said": other.said()}
    return _("fits as well, but another one fits better")


def _around(issue: Issue) -> list[tuple[Department, str]]:
    """The units that have to do with the feature, each once: its parties, then its duty unit; and what they are."""
    assert issue.feature is not None
    found: dict[int, tuple[Department, str]] = {}
    parts = dict(FeatureParty.Part.choices)
    for party in issue.feature.parties.select_related("department").order_by("pk"):
        found.setdefault(party.department_id, (party.department, str(parts[party.part])))
    if issue.feature.department is not None:
        found.setdefault(issue.feature.department.pk, (issue.feature.department, _("duty unit")))
    return list(found.values())
