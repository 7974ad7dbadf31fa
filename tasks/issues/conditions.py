"""What issues say of a feature: `attention` while one is open without an order."""

from envmap.core import clock
from layers.catalogue.actions import lock_condition, set_condition
from layers.catalogue.conditions import Condition, Source
from layers.catalogue.models import Feature

from .models import Issue
from .states import WITHOUT_ORDER


def refresh_attention(feature: Feature | None) -> None:
    """Says anew, from the issues as they are, whether a feature needs attention. Inside an action, after its change.

    The lock comes before the look: of two actions that each end one of two issues the second sees both ended.
    """
    if feature is None:
        return
    lock_condition(feature.pk, Source.ISSUES)
    waiting = Issue.objects.filter(feature=feature, state__in=WITHOUT_ORDER).exists()
    level = Condition.ATTENTION if waiting else Condition.NORMAL
    set_condition(feature, Source.ISSUES, level, at=clock.now())
