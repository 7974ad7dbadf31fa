"""Empties an instance that holds nothing but demo data, so that another stage can be built into it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connections, transaction

from envmap.accounts.models import User
from envmap.core import clock
from envmap.core.errors import NotAllowed
from envmap.core.models import AuditRow, OutboxFact, OutboxHead
from layers.catalogue.models import Attachment

KEPT = frozenset({"django_migrations", "django_content_type", OutboxHead._meta.db_table, AuditRow._meta.db_table})
"""What outlives a reset: the audit, and the head of the facts, because a number once given out is never given again."""


def refuse_real_data() -> None:
    """Raises NotAllowed, in a sentence, where somebody other than the demo's people works here."""
    if not settings.DEMO:
        raise NotAllowed("ENVMAP_DEMO is 0: this instance holds real data and is not reset.")
    real = User.objects.filter(is_demo=False).order_by("username").values_list("username", flat=True)[:3]
    if real:
        raise NotAllowed(
            f"People who are not of the demo work here ({', '.join(real)}); an instance with real people is not reset."
        )


def reset() -> None:
    """Empties every table but KEPT and removes the attachments' files.

    By the owner's role where there is one: the application's can empty no table, which is what keeps trails safe. The
    roots of the trails are moved aside, because the chains that they prove are gone.
    """
    refuse_real_data()
    files = [name for pair in Attachment.objects.values_list("file", "thumbnail") for name in pair if name]
    owner = connections["owner" if "owner" in settings.DATABASES else "default"]
    # Asked of the owner's connection: the router says of the application's that it makes no tables.
    tables = sorted(set(owner.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
    with transaction.atomic(using=owner.alias), owner.cursor() as cursor:
        cursor.execute("TRUNCATE {} CASCADE".format(", ".join(owner.ops.quote_name(table) for table in tables)))
        # Clients that come back with an older number are told to read everything again.
        cursor.execute(f"UPDATE {OutboxHead._meta.db_table} SET forgotten = seq")
    assert OutboxFact._meta.db_table in tables
    for name in files:
        (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)
    roots = Path(settings.TRAIL_ROOTS)
    if roots.is_file():
        roots.rename(roots.with_name(f"{roots.name}.{clock.now():%Y%m%dT%H%M%SZ}"))
