"""Small file helpers: whole writes and digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, text: str, *, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Write a file so that a reader, or a kill in the middle, sees the old text or the new one, never half of it.

    `owner` is (uid, gid), given before the file gets its name; None keeps the caller's.
    """
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(building, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    building.chmod(mode)
    if owner is not None and os.geteuid() == 0:
        os.chown(building, *owner)
    building.rename(path)


def digest(paths: Iterable[Path], *words: str) -> str:
    """SHA-256 over the names and contents of files (absent ones count as absent) and further words."""
    whole = hashlib.sha256()
    for path in paths:
        body = path.read_bytes() if path.is_file() else b"\0absent"
        whole.update(f"{path.name}\0{len(body)}\0".encode() + body)
    for word in words:
        whole.update(word.encode() + b"\0")
    return whole.hexdigest()
