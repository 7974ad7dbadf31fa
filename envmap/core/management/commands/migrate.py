"""`migrate` as Django's, by the owner's role where ENVMAP_MIGRATE_URL names one; triggers cannot be switched off after it."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

# django-pgtrigger has every trigger ask this function whether the session set `pgtrigger.ignore`. Any session could, so
# an append-only trail would be append-only by courtesy. And where the setting is missing, the function raises and
# catches within each row's trigger: the server then walks all waiting foreign key checks again, and ten thousand rows
# took 4.4 times as long as they do now (200,000 did not end within ten minutes).
NO_TRIGGER_IS_IGNORED = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name)
    RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'
"""


class Command(DjangoMigrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in settings.DATABASES:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> str | None:
        said: str | None = super().handle(*args, **options)
        connection = connections[options["database"]]
        if not options.get("plan") and not options.get("check_unapplied"):
            with connection.cursor() as cursor:
                # Installing a trigger writes the function anew, so this follows every migration.
                cursor.execute("SELECT 1 FROM pg_proc WHERE proname = '_pgtrigger_should_ignore'")
                if cursor.fetchone():
                    cursor.execute(NO_TRIGGER_IS_IGNORED)
        return said
