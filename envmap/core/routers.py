"""Which connection makes tables."""

from typing import Any

from django.conf import settings


class OwnerOnlyMigrates:
    """Tables are made by the owner's role where there is one; all reading and writing goes through the application's."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db == "owner" if "owner" in settings.DATABASES else None
