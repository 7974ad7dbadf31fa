"""What a category asks for as evidence, and what of it the reports of an order have brought. Shown, not yet enforced."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from layers.catalogue.geometry import metres_from, point_of
from tasks.orders.models import Order

from . import words

NEAR = 50  # metres: `LOC`, a position within 50 m (domain practice §10.1)


@dataclass(frozen=True, slots=True)
class Piece:
    """One kind of evidence: its code and word, whether it is there (None: only a person can tell), and a sentence."""

    code: str
    word: str
    given: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the reports brought, taken together."""

    photos: int
    papers: int
    answers: dict[str, Any]
    nearest: float | None  # metres from the feature or the order's place to the nearest reported position
    accuracy: float | None  # metres, of that position
    cleared: bool | None  # whether every alarm behind the issue has cleared; None without an alarm


def given_by(order: Order, events: Iterable[dict[str, Any]], *, types: dict[int, str], cleared: bool | None) -> Given:
    """Reads the trail of `order`; `types` are the content types of its attachments by id."""
    photos = papers = 0
    answers: dict[str, Any] = {}
    nearest: tuple[float, float | None] | None = None
    for event in events:
        if event["verb"] != "report":
            continue
        for attachment in event["attachments"]:
            if types.get(attachment["id"], "").startswith("image/"):
                photos += 1
            else:
                papers += 1
        answers |= event["answers"] or {}
        place = order.feature.geometry if order.feature else order.location
        if event["location"] and place:
            length = metres_from(place, point_of(event["location"]))
            if nearest is None or length < nearest[0]:
                nearest = (length, event["accuracy"])
    near, accuracy = nearest or (None, None)
    return Given(photos, papers, answers, near, accuracy, cleared)


def pieces(codes: Iterable[str], given: Given) -> list[Piece]:
    """Each kind of evidence that the category asks for, in its order."""
    return [Piece(code, str(words.EVIDENCE.get(code, code)), *_judge(code, given)) for code in codes]


def _judge(code: str, given: Given) -> tuple[bool | None, str]:
    if code in given.answers:
        return True, str(given.answers[code])
    if code == "P2":
        said = ngettext("%(n)s photo reported", "%(n)s photos reported", given.photos) % {"n": given.photos}
        return given.photos >= 2, said  # a pair
    if code == "LOC":
        if given.nearest is None:
            return False, _("no position reported")
        said = _("%(metres)s m away") % {"metres": round(given.nearest)}
        if given.accuracy is not None:
            said = _("%(away)s, accurate to ±%(metres)s m") % {"away": said, "metres": round(given.accuracy)}
        return given.nearest <= NEAR, said
    if code == "MEAS" and given.cleared is not None:
        return given.cleared, _("the alarm has cleared") if given.cleared else _("the alarm has not cleared")
    if code in {"LAB", "LOG", "DOC", "SIGN"} and given.papers:
        said = ngettext("%(n)s paper or recording reported", "%(n)s papers or recordings reported", given.papers)
        return None, said % {"n": given.papers}
    return (None, _("look into the photos and the note")) if given.photos else (False, _("nothing reported yet"))
