"""Layers: their names, whether everybody sees them, and with which departments they are shared."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from envmap.accounts.roles import May
from layers.catalogue import actions, queries
from layers.catalogue.models import Layer, LayerShare

from ..doors import asker_of, page
from ..forms import Form
from ..sending import bound, submit
from .forms import LayerForm, ShareForm
from .shell import show


@page(May.EDIT_LAYERS)
def layers(request: HttpRequest) -> HttpResponse:
    """All layers with how many features each has."""
    asker = asker_of(request)
    counts = queries.counts(asker)
    rows = Layer.objects.visible_to(asker).annotate(shared=Count("shares")).order_by("position", "key")
    return show(request, "layers.html", {"rows": [(layer, counts[layer.key]) for layer in rows]})


@page(May.EDIT_LAYERS)
def layer(request: HttpRequest, key: str) -> HttpResponse:
    """One layer."""
    asker = asker_of(request)
    found = queries.layer_of(asker, key)
    initial = {"name_zh": found.names.get("zh-hans", ""), "name_en": found.names.get("en", ""), "public": found.public}
    form = LayerForm(initial=initial, **bound(request))

    def act() -> str:
        data = form.cleaned_data
        names = {"zh-hans": data["name_zh"], "en": data["name_en"]}
        actions.update_layer(by=asker, key=key, names=names, public=data["public"])
        messages.success(request, _("Saved."))
        return f"/manage/layers/{key}/"

    done, status = submit(request, form, act, {"names": "name_zh"})
    return done or _show(request, key, status, form)


def _show(
    request: HttpRequest, key: str, status: int = 200, form: Form | None = None, refused: Form | None = None
) -> HttpResponse:
    asker = asker_of(request)
    found = queries.layer_of(asker, key)
    initial = {"name_zh": found.names.get("zh-hans", ""), "name_en": found.names.get("en", ""), "public": found.public}
    context = {
        "layer": found,
        "form": form or LayerForm(initial=initial),
        "share_form": ShareForm(asker=asker),
        "shares": LayerShare.objects.filter(layer=found).select_related("department").order_by("department__code"),
        "attributes": list(found.schema.get("properties", {}).items()),
        "refused": refused,
    }
    return show(request, "layer.html", context, status)


@require_POST
@page(May.EDIT_LAYERS)
def share(request: HttpRequest, key: str) -> HttpResponse:
    """One more department sees the layer."""
    asker = asker_of(request)
    form = ShareForm(asker=asker, data=request.POST)

    def act() -> str:
        actions.share_layer(by=asker, key=key, department=form.cleaned_data["department"])
        messages.success(request, _("The layer is shared."))
        return f"/manage/layers/{key}/"

    done, status = submit(request, form, act)
    return done or _show(request, key, status, refused=form)


@require_POST
@page(May.EDIT_LAYERS)
def unshare(request: HttpRequest, key: str, department: str) -> HttpResponse:
    """A department sees the layer no more."""
    form = Form(data=request.POST)

    def act() -> str:
        actions.unshare_layer(by=asker_of(request), key=key, department=department)
        messages.success(request, _("The layer is no longer shared."))
        return f"/manage/layers/{key}/"

    done, status = submit(request, form, act)
    return done or _show(request, key, status, refused=form)
