"""Where the bytes of attachments lie: below MEDIA_ROOT, by their content's hash, each content once."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings


def place_of(digest: str, extension: str) -> str:
    """The place of a content below MEDIA_ROOT."""
    return f"attachments/{digest[:2]}/{digest[2:4]}/{digest}{extension}"


def thumbnail_place_of(digest: str) -> str:
    """The place of the small picture of a content below MEDIA_ROOT."""
    return f"thumbnails/{digest[:2]}/{digest[2:4]}/{digest}.jpg"


def path_of(place: str) -> Path:
    """The file of a place that `place_of` gave."""
    return Path(settings.MEDIA_ROOT) / place


def put(place: str, source: IO[bytes] | Any) -> None:
    """Writes a content to its place, whole or not at all; what lies there already is the same and stays."""
    target = path_of(place)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".coming-")
    coming = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            source.seek(0)
            while chunk := source.read(2**20):
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        coming.chmod(0o640)
        coming.replace(target)
    except BaseException:
        coming.unlink(missing_ok=True)
        raise
    # The new name must outlive a power cut as surely as the row that tells of it.
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def stale(before: float) -> Iterator[Path]:
    """Files written before an instant (seconds since 1970): contents, small pictures, and what a killed process left."""
    root = Path(settings.MEDIA_ROOT)
    for kind in ("attachments", "thumbnails"):
        for path in (root / kind).glob("*/*/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    yield path


def digest_of(path: Path) -> str | None:
    """The hash after which a stored file is called; None for what was never finished."""
    return None if path.name.startswith(".") else path.name.partition(".")[0]


def remove(*places: str) -> None:
    """Removes contents that no row tells of any more."""
    for place in filter(None, places):
        path_of(place).unlink(missing_ok=True)
