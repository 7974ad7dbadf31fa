"""A nudge from below: alarms were raised. What must not be lost is the alarm's row; the job asks for it anyway."""

import logging
from typing import Any

from django.dispatch import receiver
from kombu.exceptions import OperationalError

from layers.sensors.signals import alarm_raised

from .jobs import open_from_alarms

log = logging.getLogger(__name__)


@receiver(alarm_raised, dispatch_uid="issues.open_from_alarms")
def hurry(sender: object, **kwargs: Any) -> None:
    """Rings the job. Without a broker the next round of the scheduler does it: readings must not fail for it."""
    try:
        # Whoever sent the readings is waiting for their answer: one try.
        open_from_alarms.apply_async(retry=False)
    except OperationalError as gone:
        log.warning("The broker did not take the nudge for alarms (%s); the next round opens their issues.", gone)
