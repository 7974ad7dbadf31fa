"""When people last looked at a list: what has come since is marked on the next look."""

from datetime import datetime

from django.utils.translation import gettext as _

from envmap.core.errors import NotVisible

from .asker import Asker
from .models import LastLook


def last_look(asker: Asker, place: str) -> datetime | None:
    """The instant (UTC) at which the asker last left the list `place` (`LastLook.Place`); None before the first time."""
    return LastLook.objects.visible_to(asker).filter(place=place).values_list("at", flat=True).first()


def note_look(*, by: Asker, place: str, at: datetime) -> None:
    """The asker leaves a list at `at`. Only ever moves forward: two tabs left in the wrong order lose nothing.

    Raises NotSignedIn, NotVisible for an unknown place.
    """
    by.require_signed_in()
    if place not in LastLook.Place.values or by.user_id is None:
        raise NotVisible(_("There is no such list."))
    look, made = LastLook.objects.get_or_create(user_id=by.user_id, place=place, defaults={"at": at})
    if not made:
        LastLook.objects.filter(pk=look.pk, at__lt=at).update(at=at)
