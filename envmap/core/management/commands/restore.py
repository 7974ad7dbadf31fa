"""Puts a backup into an empty instance, everything or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from envmap.core import backup
from envmap.core.errors import EnvmapError


class Command(BaseCommand):
    help = "Puts a backup into this instance, which must be empty; everything or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder written by `manage.py backup`")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            manifest = backup.restore(folder.absolute())
        except EnvmapError as refused:
            raise CommandError(refused.detail) from None
        self.stdout.write(
            f"Restored the backup of {manifest['made_at']}. Start the instance again now (make stop, make run)."
        )
