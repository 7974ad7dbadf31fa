"""Open maps of those who see no orders learn all the same how a feature is doing."""

import pytest

from envmap.accounts.asker import SYSTEM
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.models import OutboxFact
from layers.catalogue.actions import set_condition
from layers.catalogue.conditions import Condition, Source

pytestmark = pytest.mark.django_db


def say(feature, source: Source, level: Condition) -> list[tuple[str, str]]:
    """The facts that saying so wrote."""
    OutboxFact.objects.all().delete()
    with acting(SYSTEM.actor):
        set_condition(feature, source, level, at=clock.now())
    return [(fact.type, fact.feature) for fact in OutboxFact.objects.all()]


def test_an_order_that_changes_what_is_shown_is_told_as_a_change_of_the_feature_to_all_who_see_it(cast):
    outfall, told = cast.feature["outfalls"], [("feature.changed", "outfalls-1")]
    assert say(outfall, Source.ISSUES, Condition.ATTENTION) == told
    assert "public" in OutboxFact.objects.get().audience
    assert say(outfall, Source.ORDERS, Condition.RECTIFYING) == told
    assert say(outfall, Source.ISSUES, Condition.NORMAL) == [], "rectifying is shown before and after"
    assert say(outfall, Source.ORDERS, Condition.RECTIFYING) == []
    assert say(outfall, Source.ORDERS, Condition.NORMAL) == told


def test_what_a_station_says_has_facts_of_its_own(cast):
    assert say(cast.feature["outfalls"], Source.SENSORS, Condition.ALARM) == []
    assert say(cast.feature["outfalls"], Source.ORDERS, Condition.RECTIFYING) == [], "the alarm is shown"
