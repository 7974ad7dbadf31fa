"""`manage.py demo [--stage quiet|alarm-day|month-end]`: fills an empty database, or resets one to a stage."""

from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from envmap.core import area
from envmap.core.errors import EnvmapError
from envmap.demo.build import DEFAULT_STAGE, MOODS, build
from envmap.demo.reset import reset
from envmap.demo.sheet import Sheet, SheetIncomplete
from envmap.demo.stories import STAGES
from layers.catalogue.models import Feature


class Command(BaseCommand):
    help = "Builds the demo through the actions that users call. Without --stage only into an empty database."

    def add_arguments(self, parser):
        parser.add_argument(
            "--stage", choices=STAGES, help=f"reset to this stage; without it, {DEFAULT_STAGE} if empty"
        )

    def handle(self, *, stage, **options):
        assert set(STAGES) == set(MOODS)
        if not settings.DEMO:
            raise CommandError("ENVMAP_DEMO is 0: no demo data are made here; set it to 1 for an instance of the demo.")
        started = monotonic()
        try:
            if stage is None:
                if Feature.objects.exists():
                    self.stdout.write("There are features already; nothing was changed.")
                    return
                stage = DEFAULT_STAGE
            else:
                Sheet.read(area.area_path())  # what cannot be built again is not emptied
                reset()
            build(stage, lambda line: self.stdout.write(f"  {line}"))
        except EnvmapError as refused:
            raise CommandError(refused.detail) from refused
        except SheetIncomplete as incomplete:
            raise CommandError(str(incomplete)) from incomplete
        self.stdout.write(f"The demo stands at {stage}, built in {monotonic() - started:.1f} s.")
