"""What issues and orders have in common: who knows of work at all, and what every verb may carry."""

from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field

from envmap.accounts.asker import Asker
from envmap.accounts.roles import Role
from envmap.core.errors import NotVisible

from .bodies import Instant, Repeatable, instant
from .paging import Key, Ordering

BY_SEQ = Ordering("trail", (Key("seq", "int"),))
TIMES = frozenset({"happened_at", "report_by"})


class Verb(Repeatable):
    """What every verb may carry."""

    note: str | None = Field(None, description="For the trail.")
    version: int | None = Field(None, description="The version that was looked at; a stale one is 412.")
    happened_at: Instant | None = Field(
        None, description="When it happened, where that was earlier; deadlines are judged by arrival."
    )


class VerbWithNote(Verb):
    """A verb that needs a word."""

    note: str = Field(description="For the trail.", min_length=1)


def require_work(asker: Asker) -> None:
    """An administrator keeps the house and knows of no work in it. Raises NotVisible."""
    if asker.role is Role.ADMIN:
        raise NotVisible(_("There is nothing here for your role."))


def arguments(body: Verb) -> dict[str, Any]:
    """The body as keyword arguments of an action: instants made, what was not said left out."""
    said = body.model_dump(exclude_none=True, exclude={"client_uuid"})
    return {name: instant(value) if name in TIMES else value for name, value in said.items()}


def no_such_verb(verb: str, known: list[str]) -> NotVisible:
    """The refusal of an unknown verb, to be raised."""
    return NotVisible(
        _("There is no verb %(verb)s; there are: %(known)s.") % {"verb": verb[:40], "known": ", ".join(known)}
    )
