"""Alarm rules: listed, made, changed, deleted."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from envmap.accounts.roles import May
from layers.catalogue.models import Layer
from layers.sensors import actions, queries

from ..doors import asker_of, page
from ..forms import Form
from ..sending import bound, submit
from .forms import RuleForm
from .shell import show

PAGE = 50


@page(May.EDIT_RULES)
def rules(request: HttpRequest) -> HttpResponse:
    """All rules, by layer and factor."""
    asker = asker_of(request)
    layer, factor = (request.GET.get(name, "").strip()[:64] for name in ("layer", "factor"))
    rows = queries.rules(asker, layer=layer or None, factor=factor or None)
    context = {
        "rows": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "layers": Layer.objects.visible_to(asker).order_by("position", "key"),
        "factors": queries.factors(),
        "layer": layer, "factor": factor,
    }  # fmt: skip
    return show(request, "rules.html", context)


@page(May.EDIT_RULES)
def new_rule(request: HttpRequest) -> HttpResponse:
    """One more rule."""
    asker = asker_of(request)
    form = RuleForm(asker=asker, **bound(request))

    def act() -> str:
        actions.make_rule(by=asker, **form.arguments())
        messages.success(request, _("The rule judges every reading from now on."))
        return "/manage/rules/"

    done, status = submit(request, form, act, {"scope": "layer", "condition": "above"})
    return done or show(request, "new.html", {"form": form, "title": _("New rule"), "back": "/manage/rules/"}, status)


@page(May.EDIT_RULES)
def rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule; where it watches something else afterwards, its open alarms are cleared."""
    asker = asker_of(request)
    found = queries.rule_of(asker, rule_id)
    form = RuleForm(asker=asker, initial=RuleForm.initial_of(found), **bound(request))

    def act() -> str:
        actions.update_rule(by=asker, rule_id=rule_id, **form.arguments())
        messages.success(request, _("Saved."))
        return "/manage/rules/"

    done, status = submit(request, form, act, {"scope": "layer", "condition": "above"})
    context = {"form": form, "title": found.name, "back": "/manage/rules/", "saves": True, "rule": found}
    return done or show(request, "rule.html", context, status)


@require_POST
@page(May.EDIT_RULES)
def delete_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Deletes a rule; its alarms are cleared and stay on record."""
    form = Form(data=request.POST)

    def act() -> str:
        actions.delete_rule(by=asker_of(request), rule_id=rule_id)
        messages.success(request, _("The rule is deleted; its alarms stay on record."))
        return "/manage/rules/"

    done, _status = submit(request, form, act)
    return done or rule(request, rule_id)
