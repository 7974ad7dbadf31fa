"""Deadlines in words and as a bar: grey, amber in the last quarter, red after. Wall time; what counts is decided elsewhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from envmap.core import clock
from tasks.orders.models import Order
from tasks.orders.states import OrderState

Tone = Literal["ok", "amber", "red"]
LAST_QUARTER = 0.75


@dataclass(frozen=True, slots=True)
class Deadline:
    """One clock of an order: what is awaited, from when and until when."""

    kind: Literal["accept", "report"]
    since: datetime
    due: datetime
    is_provisional: bool = False

    def used(self, now: datetime) -> float:
        """The part of the time that is used up, 0 to 1."""
        whole = (self.due - self.since).total_seconds()
        return 1.0 if whole <= 0 else min(max((now - self.since).total_seconds() / whole, 0.0), 1.0)

    def tone(self, now: datetime) -> Tone:
        """Red from the deadline on, amber in the last quarter before it."""
        if now >= self.due:
            return "red"
        return "amber" if self.used(now) >= LAST_QUARTER else "ok"

    def text(self, now: datetime) -> str:
        """`Accept: 21 min left`, `Overdue by 1 h 06 min`."""
        if now >= self.due:
            return _("Overdue by %(span)s") % {"span": span(now - self.due)}
        left = span(self.due - now)
        if self.kind == "accept":
            return _("%(span)s left to accept") % {"span": left}
        return _("%(span)s left") % {"span": left}


def span(amount: timedelta) -> str:
    """A length of time in one pair of units at most: days and hours, hours and minutes, or minutes."""
    minutes = int(amount.total_seconds() // 60)
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days >= 1:
        if not hours or days >= 10:
            return pgettext("span of time", "%(days)s d") % {"days": days}
        return pgettext("span of time", "%(days)s d %(hours)s h") % {"days": days, "hours": hours}
    if hours >= 1:
        return pgettext("span of time", "%(hours)s h %(minutes)02d min") % {"hours": hours, "minutes": minutes % 60}
    return pgettext("span of time", "%(minutes)s min") % {"minutes": minutes}


def deadlines(order: Order) -> list[Deadline]:
    """The clocks that run on an order now: the one for accepting first, then the one for reporting; none once it is reported."""
    found = []
    if order.state == OrderState.SENT and order.accept_by:
        found.append(Deadline("accept", order.created_at, order.accept_by, order.is_provisional))
    if order.state in {OrderState.SENT, OrderState.ACCEPTED} and order.report_by:
        since = order.reported_at if order.rework_count and order.reported_at else order.created_at
        found.append(Deadline("report", since, order.report_by, order.is_provisional))
    return found


def running(order: Order) -> Deadline | None:
    """The clock that a list shows: the next one to strike."""
    return next(iter(deadlines(order)), None)


def now() -> datetime:
    """One instant for a whole page."""
    return clock.now()


def words_for_script() -> dict[str, str]:
    """The same words for static/js/clocks.js, which goes on counting on an open page."""
    return {
        "days": pgettext("span of time", "%(days)s d") % {"days": "{d}"},
        "daysHours": pgettext("span of time", "%(days)s d %(hours)s h") % {"days": "{d}", "hours": "{h}"},
        "hoursMinutes": (
            pgettext("span of time", "%(hours)s h %(minutes)02d min").replace("%(minutes)02d", "%(minutes)s")
        )
        % {"hours": "{h}", "minutes": "{m}"},
        "minutes": pgettext("span of time", "%(minutes)s min") % {"minutes": "{m}"},
        "left": _("%(span)s left") % {"span": "{s}"},
        "leftToAccept": _("%(span)s left to accept") % {"span": "{s}"},
        "over": _("Overdue by %(span)s") % {"span": "{s}"},
    }
