"""Writes a backup of the whole instance into a new folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from envmap.core import backup
from envmap.core.errors import EnvmapError


class Command(BaseCommand):
    help = "Writes database, media files and trail roots into a new folder, with versions and checksums."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that does not exist yet")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            manifest = backup.make(folder.absolute())
        except EnvmapError as refused:
            raise CommandError(refused.detail) from None
        size = sum(file["size"] for file in manifest["files"].values())
        self.stdout.write(f"{folder}: {len(manifest['files'])} files, {size / 2**20:.1f} MB. SECRET_KEY is not in it.")
