"""What a filter may name: only things that the asker can know of; anything else is refused and told what there is."""

from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.core.errors import NotVisible
from layers.catalogue import queries as catalogue
from layers.catalogue.models import Feature
from layers.sensors import queries as sensors

from . import params

SHOWN = 60
"""So many allowed values are named at most; a longer list helps nobody."""


def layer(asker: Asker, key: str | None) -> None:
    """A layer's key, if given. Raises BadQuery."""
    if key is not None:
        known = [layer.key for layer in catalogue.layers(asker)]
        if key not in known:
            raise params.unknown("layer", key, known)


def feature(asker: Asker, key: str | None, code: str | None) -> Feature | None:
    """A layer's key and a feature's code together, if given. Raises BadQuery."""
    layer(asker, key)
    if code is None:
        return None
    if key is None:
        raise params.bad("feature", _("A filter feature needs layer, because codes are unique in their layer only."))
    try:
        return catalogue.feature_by_code(asker, key, code)
    except NotVisible as refusal:
        raise params.bad("feature", refusal.detail) from None


def station(asker: Asker, mn: str | None) -> None:
    """A station's MN, if given. Raises BadQuery."""
    if mn is not None:
        try:
            sensors.station_of(asker, mn)
        except NotVisible as refusal:
            raise params.bad("station", refusal.detail) from None


def factor(code: str | None) -> None:
    """A factor's code, if given. Raises BadQuery."""
    if code is not None and not sensors.factors().filter(code=code).exists():
        raise params.unknown("factor", code, sensors.factors().values_list("code", flat=True)[:SHOWN])
