"""Reads settings from the environment and refuses, in a sentence, what it does not understand."""

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

KNOWN = {
    "ENVMAP_ADMIN_PASSWORD", "ENVMAP_AREA", "ENVMAP_BASEMAP", "ENVMAP_BENCH_RESULTS", "ENVMAP_BENCH_URL", "ENVMAP_BIND",
    "ENVMAP_CHROMIUM", "ENVMAP_DATABASE_POOL", "ENVMAP_DEMO", "ENVMAP_HJ212_BIND", "ENVMAP_HJ212_CONNECTIONS_PER_ADDRESS",
    "ENVMAP_HJ212_FRAMES_PER_SECOND_PER_MN", "ENVMAP_HJ212_PORT", "ENVMAP_HTTP_PORT",
    "ENVMAP_HTTPS_PORT", "ENVMAP_LAN", "ENVMAP_LOG_LEVEL", "ENVMAP_MIGRATE_URL",
    "ENVMAP_SHARED", "ENVMAP_TIANDITU_TOKEN", "ENVMAP_TLS_CERT", "ENVMAP_TLS_KEY", "ENVMAP_TRAIL_ROOTS",
    "ENVMAP_TRUSTED_PROXIES", "ENVMAP_VAR",
}  # fmt: skip
"""Every name of ours; a name that begins like ours and is none of these is a typing error, and stops the start."""

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


def refuse_unknown() -> None:
    """Stops at a misspelt setting, which would otherwise be ignored in silence."""
    for name in sorted(os.environ):
        if name.startswith("ENVMAP_") and name not in KNOWN:
            near = get_close_matches(name, KNOWN, n=1)
            hint = f" Did you mean {near[0]}?" if near else " docs/operations.md lists the settings."
            raise ImproperlyConfigured(f"{name} is not a setting of envmap.{hint}")


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


def count(name: str, default: int) -> int:
    """A whole number from 1."""
    raw = text(name, str(default))
    if raw.isdecimal() and int(raw) >= 1:
        return int(raw)
    raise ImproperlyConfigured(f"{name} is {raw!r}; write a whole number from 1.")


def words(name: str, default: Iterable[str] = ()) -> list[str]:
    """A list written with commas or blanks, as `deploy` reads it too."""
    raw = text(name)
    return [word for word in re.split(r"[\s,]+", raw) if word] if raw else list(default)


def url(name: str, schemes: set[str], default: str = "") -> str:
    """An address whose scheme is one of `schemes`, or empty."""
    raw = text(name, default)
    if raw and urlsplit(raw).scheme not in schemes:
        raise ImproperlyConfigured(
            f"{name} begins with {raw.split(':')[0]!r}; write one of {', '.join(sorted(schemes))}://…."
        )
    return raw


def broker(redis_url: str) -> str:
    """The address by which Celery finds that Redis, and the same numbered database in it: kombu spells sockets its own way."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"


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
