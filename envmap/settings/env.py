"""Reads settings from the environment and refuses, in a sentence, what it does not understand."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def load(root: Path) -> None:
    """Puts `.env` and then the private instance's `private.env` under what the environment already says."""
    for path in (
        root / ".env",
        var_folder(root, dotenv_values(root / ".env")) / "private.env",
    ):
        if os.access(path, os.R_OK):
            for name, value in dotenv_values(path).items():
                os.environ.setdefault(name, value or "")


def var_folder(root: Path, dotenv: dict[str, str | None] | None = None) -> Path:
    """The folder of everything that the instance writes: `ENVMAP_VAR`, relative to the root."""
    return root / (os.environ.get("ENVMAP_VAR") or (dotenv or {}).get("ENVMAP_VAR") or "var")


def text(name: str, default: str = "") -> str:
    """The setting as it stands, stripped; `default` where it is missing or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """A yes or a no; anything else stops the start."""
    raw = text(name).lower()
    if not raw:
        return default
    if raw in TRUE | FALSE:
        return raw in TRUE
    raise ImproperlyConfigured(
        f"{name} is {raw!r}; write 1 or 0 (true, false, yes, no, on and off are understood too)."
    )


def port(name: str, default: int) -> int:
    """A TCP port, 1 to 65535."""
    raw = text(name, str(default))
    if raw.isdecimal() and 1 <= int(raw) <= 65535:
        return int(raw)
    raise ImproperlyConfigured(f"{name} is {raw!r}; write a port number from 1 to 65535.")


def words(name: str, default: Iterable[str] = ()) -> list[str]:
    """A list written with commas."""
    raw = text(name)
    return [word.strip() for word in raw.split(",") if word.strip()] if raw else list(default)


def url(name: str, schemes: set[str], default: str = "") -> str:
    """An address whose scheme is one of `schemes`, or empty."""
    raw = text(name, default)
    if raw and urlsplit(raw).scheme not in schemes:
        raise ImproperlyConfigured(
            f"{name} begins with {raw.split(':')[0]!r}; write one of {', '.join(sorted(schemes))}://…."
        )
    return raw


def basemap(name: str) -> str:
    """`offline`, `tianditu`, `amap` or a tile address with {x}, {y} and {z}."""
    raw = text(name, "offline")
    if raw in {"offline", "tianditu", "amap"}:
        return raw
    if urlsplit(raw).scheme in {"http", "https"} and all(part in raw for part in ("{x}", "{y}", "{z}")):
        return raw
    raise ImproperlyConfigured(
        f"{name} is {raw!r}; write offline, tianditu, amap or a tile address such as https://tiles.example/{{z}}/{{x}}/{{y}}.png."
    )
