"""Start-up checks: what would fail later in a stranger place is said here in a sentence."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import connection
from django.db.utils import OperationalError


@register(Tags.compatibility)
def wheels(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Prints which GDAL and GEOS serve the process: the wheels' own, one of each."""
    # Here, not above: pyogrio brings pandas, which would cost every process of the product two seconds at its start.
    import pyogrio
    import shapely

    gdal = ".".join(map(str, pyogrio.__gdal_version__))
    return [
        Info(
            f"pyogrio {pyogrio.__version__} with GDAL {gdal}, shapely {shapely.__version__} with GEOS {shapely.geos_version_string}.",
            id="envmap.I001",
        )
    ]


@register(Tags.security, deploy=True)
def owner(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without an owner's role of its own the trail is guarded by triggers alone."""
    if settings.HAS_OWNER:
        return []
    return [
        Warning(
            "ENVMAP_MIGRATE_URL is not set: the application's role owns its tables, so the trail is guarded by triggers alone.",
            hint="Make a second role that owns the tables and name it there; see docs/operations.md.",
            id="envmap.W001",
        )
    ]


@register(Tags.database)
def character_type(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A database whose character type is C knows no Chinese letters, and search would find nothing."""
    if not databases:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datctype FROM pg_database WHERE datname = current_database()")
            kind = cursor.fetchone()[0]
    except OperationalError:
        return []
    if kind in {"C", "POSIX"}:
        return [
            Error(
                f"The database's character type is {kind}; Chinese text cannot be searched in it.",
                hint="Create the database with LC_CTYPE 'C.UTF-8' (or another UTF-8 locale).",
                id="envmap.E001",
            )
        ]
    return []
