"""Which unit an issue naturally goes to: by party of the wanted kind, then by town, else none; always with the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from envmap.accounts.models import Department
from layers.catalogue.models import FeatureParty
from layers.catalogue.queries import town_of

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


def suggested_unit(issue: Issue) -> Suggestion:
    """The unit to suggest for an issue; needs category, feature and layer selected. At most four queries."""
    category, feature = issue.category, issue.feature
    wanted = category.unit_kind if category else ""
    hints = set(category.unit_hint.split()) if category else set()
    passed: list[PassedOver] = []
    reasons: list[str] = []
    kinds = dict(Department.Kind.choices)
    if category is None:
        reasons.append(_("The issue has no category, so no kind of unit is wanted."))
    elif not wanted:
        reasons.append(_("The category %(name)s names no kind of unit.") % {"name": category.name})
    elif feature is not None:
        fitting: list[tuple[bool, Department, str]] = []
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
                fitting.append((department.sector_hint in hints, department, part))
        # Stable: among equals a named party goes before the duty unit, as `_around` gives them.
        fitting.sort(key=lambda one: not one[0])
        if fitting:
            _first, chosen, part = fitting[0]
            passed += [PassedOver(d, _("fits as well, but another one fits better")) for _m, d, _p in fitting[1:]]
            reasons.append(
                _("%(unit)s is %(part)s of %(feature)s and of the wanted kind “%(wanted)s”.")
                % {"unit": chosen.name, "part": part, "feature": feature.name, "wanted": kinds[wanted]}
            )
            return Suggestion(chosen, reasons, passed)
        reasons.append(
            _("%(feature)s has no party of the wanted kind “%(wanted)s”.")
            % {"feature": feature.name, "wanted": kinds[wanted]}
        )
    else:
        reasons.append(_("The issue is about a place, which has no parties."))
    town = feature.town if feature is not None else (town_of(issue.location) if issue.location else None)
    if town is None:
        return Suggestion(None, [*reasons, _("It lies in no known town.")], passed)
    if town.department is None or not town.department.is_active:
        return Suggestion(None, [*reasons, _("%(town)s has no unit.") % {"town": town.name}], passed)
    reasons.append(
        _("It lies in %(town)s, which is the area of %(unit)s.") % {"town": town.name, "unit": town.department.name}
    )
    return Suggestion(town.department, reasons, passed)


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
