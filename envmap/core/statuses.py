"""The one table from an error of the house to its HTTP status; API and pages, side by side above, both read it."""

from . import errors
from .errors import EnvmapError

STATUS: dict[type[EnvmapError], int] = {
    errors.BadQuery: 400,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotVisible: 404,
    errors.WrongState: 409,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.UnknownKind: 415,
    errors.BadInput: 422,
    errors.VersionMissing: 428,
    errors.Throttled: 429,
}


def status_of(error: EnvmapError) -> int:
    """The HTTP status of a refusal; a subclass counts as the nearest class that is listed, 500 where none is."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
