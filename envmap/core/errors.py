"""What can go wrong, by name. Each carries a sentence for a person; `core.statuses` alone knows their HTTP status."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict


class FieldError(TypedDict):
    """One wrong place of an input: its field, row or line, and the sentence."""

    detail: str
    field: NotRequired[str]
    index: NotRequired[int]
    line: NotRequired[int]


class EnvmapError(Exception):
    """A refusal with a sentence; `errors` lists the places where there are several."""

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors: list[FieldError] = list(errors)


class NotSignedIn(EnvmapError):
    """Credentials are missing or bad where some are needed."""


class NotVisible(EnvmapError):
    """It does not exist, or the asker may not know that it does."""


class NotAllowed(EnvmapError):
    """It is visible, but this is never for this role or person, whatever its state."""


class WrongState(EnvmapError):
    """Legal for the asker, but not from the state that the thing is in now."""


class Conflict(EnvmapError):
    """Something of that name, code or client_uuid is there already."""


class StaleVersion(EnvmapError):
    """The asker's version is not the newest."""


class VersionMissing(EnvmapError):
    """A version is demanded (`If-Match`) and was not given."""


class BadInput(EnvmapError):
    """The input is not what was expected; says where and what was."""


class BadQuery(EnvmapError):
    """A parameter or its value is unknown; names what is allowed."""


class TooLarge(EnvmapError):
    """More bytes or pixels than are taken."""


class UnknownKind(EnvmapError):
    """A file or body of a type that is not taken."""


class Throttled(EnvmapError):
    """Too many attempts; `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Gone(EnvmapError):
    """It was there once and is no longer kept."""
