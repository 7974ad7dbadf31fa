"""`manage.py load_reference`: departments, areas, layers, factors, limits, rules, categories and the calendar."""

from django.core.management.base import BaseCommand

from envmap.demo import reference


class Command(BaseCommand):
    help = "Loads the reference data of fixtures/; may be run again at any time and keeps what the bureau has edited."

    def handle(self, **options):
        counts = reference.load_all()
        self.stdout.write("Reference data: " + ", ".join(f"{n} {what}" for what, n in counts.items()) + ".")
