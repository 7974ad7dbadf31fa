"""Prints the OpenAPI document: `manage.py openapi > docs/openapi.json`."""

from django.core.management.base import BaseCommand

from envmap.api.docs import document_bytes


class Command(BaseCommand):
    help = "Prints the OpenAPI document of /api/v1/, as docs/openapi.json keeps it."
    requires_system_checks = ()

    def handle(self, *args, **options):
        self.stdout.write(document_bytes().decode(), ending="")
