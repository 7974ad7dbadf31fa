"""`manage.py relay`: numbers committed facts and nudges those who listen; run it once, a second one only waits."""

from typing import Any

from django.core.management.base import BaseCommand

from envmap.core.relay import run_until_signalled


class Command(BaseCommand):
    help = "Number committed facts of the outbox and tell open maps that there are some. A second relay waits its turn."

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs until SIGTERM or SIGINT."""
        run_until_signalled()
