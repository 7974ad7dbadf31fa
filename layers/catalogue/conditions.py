"""How a feature can be doing: five conditions, the worst that holds is shown. Pure."""

from enum import StrEnum

from django.utils.translation import pgettext_lazy


class Condition(StrEnum):
    """From worst to best: alarm, rectifying, silent, attention, normal."""

    ALARM = "alarm"
    RECTIFYING = "rectifying"
    SILENT = "silent"
    ATTENTION = "attention"
    NORMAL = "normal"


WORST_FIRST = list(Condition)
RANK = {condition: len(WORST_FIRST) - 1 - n for n, condition in enumerate(WORST_FIRST)}
"""alarm 4, rectifying 3, silent 2, attention 1, normal 0: the number that the database keeps, so that max() is the worst."""
BY_RANK = {rank: condition for condition, rank in RANK.items()}

CONDITION_NAMES = {
    Condition.ALARM: pgettext_lazy("condition", "Alarm"),
    Condition.RECTIFYING: pgettext_lazy("condition", "Rectifying"),
    Condition.SILENT: pgettext_lazy("condition", "Silent"),
    Condition.ATTENTION: pgettext_lazy("condition", "Attention"),
    Condition.NORMAL: pgettext_lazy("condition", "Normal"),
}
"""For people; the keys are what data and the API say."""


class Source(StrEnum):
    """Which room says so; each has at most one open condition for a feature."""

    SENSORS = "sensors"
    ISSUES = "issues"
    ORDERS = "orders"


def worst(conditions: list[Condition]) -> Condition:
    """The one that is shown; normal when none holds."""
    return max(conditions, key=RANK.__getitem__, default=Condition.NORMAL)
