"""Hurries the sockets of a person whose rights moved; what is lost here is noticed with the next fact, or after some seconds."""

from typing import Any

from django.dispatch import receiver

from envmap.accounts.signals import rights_changed
from envmap.core import nudges


@receiver(rights_changed, dispatch_uid="live.hurry_sockets")
def hurry_sockets(sender: object, user_id: int, **kwargs: Any) -> None:
    """Wakes the sockets of all processes, which look at their rights again."""
    nudges.publish("rights", {"user_id": user_id})
