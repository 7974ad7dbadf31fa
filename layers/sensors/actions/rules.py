"""Alarm rules are made, changed and deleted here; what an ended rule left open is cleared with it."""

from collections.abc import Mapping
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.errors import NotVisible
from layers.catalogue import queries as catalogue

from .. import queries
from ..models import AlarmRule, Factor, Limit, RuleState, Severity
from ..rules import Wrong, check_rule, decimal_of
from .alarms import clear_alarms

_CONDITION: Final = frozenset({"above", "for_minutes", "clear_below"})
_CHANGEABLE: Final = frozenset({"name", "scope", "factor", "kind", "condition", "severity", "enabled", "auto_issue"})


def make_rule(
    *,
    by: Asker,
    name: str,
    scope: Mapping[str, str],
    factor: str,
    kind: str,
    condition: Mapping[str, object],
    severity: str = Severity.MINOR,
    enabled: bool = True,
    auto_issue: bool = True,
    is_warning: bool = True,
    limit: Limit | None = None,
    builtin: str | None = None,
) -> AlarmRule:
    """Make a rule.

    :param scope: ``{"layer"}``, ``{"layer", "feature"}`` or ``{"station"}``.
    :param condition: ``{"above", "for_minutes", "clear_below"}`` in the factor's stored unit.
    :param limit: the number of a standard that the rule stands for, if any.
    :raises BadInput: naming every wrong field.
    """
    by.require(May.EDIT_RULES)
    rule = AlarmRule(is_warning=is_warning, limit=limit, builtin=builtin)
    with acting(by.actor):
        _change(
            rule,
            {
                "name": name,
                "scope": scope,
                "factor": factor,
                "kind": kind,
                "condition": condition,
                "severity": severity,
                "enabled": enabled,
                "auto_issue": auto_issue,
            },
            by=by,
            is_new=True,
        )
        rule.save()
    return rule


def update_rule(*, by: Asker, rule_id: int, **changes: object) -> AlarmRule:
    """Change a rule. Where it watches something else than before, or nothing any more, its open alarms are cleared.

    :raises NotVisible: if there is none. :raises BadInput: naming every wrong field.
    """
    by.require(May.EDIT_RULES)
    with acting(by.actor):
        rule = _locked(by, rule_id)
        watched = _watched(rule)
        _change(rule, changes, by=by)
        rule.save()
        if watched != _watched(rule) or not rule.enabled:
            _end(rule)
    return rule


def delete_rule(*, by: Asker, rule_id: int) -> None:
    """Delete a rule: it judges no more, its alarms are cleared and stay on record.

    :raises NotVisible: if there is none.
    """
    by.require(May.EDIT_RULES)
    with acting(by.actor):
        rule = _locked(by, rule_id)
        rule.deleted_at = clock.now()
        rule.enabled = False
        rule.save()
        _end(rule)


def _locked(by: Asker, rule_id: int) -> AlarmRule:
    rule = AlarmRule.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=rule_id).first()
    if rule is None:
        raise NotVisible(_("There is no rule %(id)s.") % {"id": rule_id})
    return rule


def _watched(rule: AlarmRule) -> tuple[object, ...]:
    return (rule.layer_id, rule.feature_id, rule.station_id, rule.factor_id, rule.kind)


def _end(rule: AlarmRule) -> None:
    """Clear what the rule left open. Its row is locked, and who judges by it holds it: nobody does at this moment."""
    clear_alarms(Q(rule=rule), at=clock.now())
    RuleState.objects.filter(rule=rule).delete()


def _change(rule: AlarmRule, changes: Mapping[str, object], *, by: Asker, is_new: bool = False) -> None:
    wrong = Wrong()
    for name in sorted(set(changes) - _CHANGEABLE):
        wrong.add(name, _("This cannot be set."))
    for name in ("name", "kind", "severity", "enabled", "auto_issue"):
        if name in changes:
            value = changes[name]
            if name in ("name", "kind", "severity") and not isinstance(value, str):
                wrong.add(name, _("A text was expected."))
            else:
                setattr(rule, name, value)
    if "factor" in changes:
        factor = Factor.objects.filter(code=changes["factor"]).first() if isinstance(changes["factor"], str) else None
        if factor is None:
            wrong.add("factor", _("There is no factor with this code."))
        else:
            rule.factor = factor
    if "scope" in changes:
        _scope(rule, changes["scope"], by, wrong)
    if "condition" in changes:
        _condition(rule, changes["condition"], wrong, is_new=is_new)
    check_rule(rule, wrong)
    wrong.stop(_("The rule cannot be kept like this."))


def _scope(rule: AlarmRule, scope: object, by: Asker, wrong: Wrong) -> None:
    sentence = _("A scope is {layer}, {layer, feature} or {station}.")
    if not isinstance(scope, Mapping) or not all(isinstance(value, str) for value in scope.values()):
        wrong.add("scope", sentence)
        return
    rule.layer = rule.feature = rule.station = None
    try:
        if set(scope) == {"layer"}:
            rule.layer = catalogue.layer_of(by, scope["layer"])
        elif set(scope) == {"layer", "feature"}:
            rule.feature = catalogue.feature_by_code(by, scope["layer"], scope["feature"])
        elif set(scope) == {"station"}:
            rule.station = queries.station_of(by, scope["station"])
        else:
            wrong.add("scope", sentence)
    except NotVisible as unknown:
        wrong.add("scope", unknown.detail)


def _condition(rule: AlarmRule, condition: object, wrong: Wrong, *, is_new: bool) -> None:
    if not isinstance(condition, Mapping):
        wrong.add("condition", _("An object with above, for_minutes and clear_below was expected."))
        return
    for name in sorted(set(condition) - _CONDITION):
        wrong.add("condition", _("%(name)s is not a known condition.") % {"name": name})
    above = condition.get("above")
    if above is not None:
        number = decimal_of(above, "condition", wrong)
        if number is not None:
            rule.above = number
            if is_new and condition.get("clear_below") is None:
                rule.clear_below = number
    elif is_new:
        wrong.add("condition", _("above is missing."))
    if condition.get("clear_below") is not None:
        number = decimal_of(condition["clear_below"], "condition", wrong)
        if number is not None:
            rule.clear_below = number
    if condition.get("for_minutes") is not None:
        rule.for_minutes = condition["for_minutes"]
