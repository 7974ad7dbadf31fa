"""`manage.py load_area FILE`: another district's boundary, with its towns and streams where the file names them."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from envmap.core.errors import EnvmapError
from envmap.demo import reference


class Command(BaseCommand):
    help = "Loads a district: an area.json that names its GeoJSON files, or a GeoJSON boundary alone (EPSG:4326)."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *, file, **options):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            here = reference.load_area(file.resolve())
        except (ImproperlyConfigured, EnvmapError) as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"{here.names['zh-hans']} ({here.code}) is loaded. Set ENVMAP_AREA={file} to make it the map's area."
        )
