"""The shortcuts as the help prints them. `?` on a page lists those that are bound there (static/js/keys.js)."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Key(NamedTuple):
    """Keys that do the same, and what they do."""

    keys: tuple[str, ...]
    does: Promise


KEYS = (
    Key(("?",), _("list the keys of this page")),
    Key(("J", "K"), _("next and previous row of a list")),
    Key(("Enter",), _("open the row")),
    Key(("X",), _("choose the row for all at once")),
    Key(("D",), _("go to the dispatch of what is selected")),
    Key(("V", "B"), _("verify and close, or send back, on an order")),
    Key(("1", "…", "5"), _("hide or show a condition on the map")),
    Key(("0",), _("all conditions again")),
    Key(("L",), _("fold the layers")),
    Key(("A",), _("the newest alarm")),
    Key(("T",), _("the table of a chart")),
    Key(("+", "-"), _("zoom the map; arrow keys move it")),
    Key(("Esc",), _("close what is on top")),
)
