"""The settings that the start scripts need, from the environment and `.env`, refused when not understood.

Django reads the same names (`envmap.settings`); the environment wins over `.env` there and here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .errors import Trouble

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$", re.DOTALL)
# nginx, supervisor and redis each give one of these a meaning inside a path.
UNUSABLE = re.compile(r"""[\n\r"'$;#%\\{}`]""")


@dataclass(frozen=True)
class Settings:
    """What the start scripts were told. Paths are absolute; ports are TCP ports on `bind` and `hj212_bind`."""

    root: Path
    var: Path
    bind: str
    http_port: int
    hj212_bind: str
    hj212_port: int
    demo: bool
    database_url: str
    migrate_url: str
    redis_url: str
    tls_cert: Path | None
    tls_key: Path | None
    trusted_proxies: tuple[str, ...]
    own_host: str
    lan: bool = False
    https_port: int = 8443

    @property
    def address(self) -> str:
        """The address that a person on this machine opens."""
        scheme = "https" if self.tls_cert else "http"
        return f"{scheme}://{bracketed(self.local_host)}:{self.pages_port}/"

    @property
    def pages_port(self) -> int:
        """The port of pages and API: in the local network the secure one, the other then only leads to it."""
        return self.https_port if self.lan else self.http_port

    @property
    def local_host(self) -> str:
        """The address under which this machine reaches the pages: loopback where all addresses are served."""
        bind = ipaddress.ip_address(self.bind)
        if not bind.is_unspecified:
            return self.bind
        return "127.0.0.1" if bind.version == 4 else "::1"


def bracketed(host: str) -> str:
    """An IPv6 address in brackets, anything else as it is."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def parse_env(text: str, name: str = ".env") -> dict[str, str]:
    """The pairs of a `.env` file: `NAME=value`, optional `export` and quotes, `#` comments.

    Raises Trouble with the line's number for a line that is none of these.
    """
    pairs: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.match(line)
        if not found:
            raise Trouble(f"{name} line {number} is not NAME=value: {line.strip()[:40]!r}.")
        key, value = found.groups()
        if value[:1] in ("'", '"'):
            quote = value[0]
            end = value.find(quote, 1)
            if end < 0 or (value[end + 1 :].strip() and not value[end + 1 :].lstrip().startswith("#")):
                raise Trouble(f"{name} line {number}: the quoted value of {key} does not end in {quote} alone.")
            value = value[1:end]
        else:
            value = re.split(r"\s+#", f" {value}", maxsplit=1)[0].strip()
        pairs[key] = value
    return pairs


def read_environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment over `<root>/.env`."""
    file = root / ".env"
    pairs = parse_env(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {**pairs, **environ}


def read(root: Path, environ: Mapping[str, str]) -> Settings:
    """Read and judge the settings; raises Trouble naming the setting, its value and what is allowed."""
    values = read_environment(root, environ)
    lan = _flag(values, "ENVMAP_LAN", default=False)
    bind = _address(values, "ENVMAP_BIND", "0.0.0.0" if lan else "127.0.0.1")  # noqa: S104  asked for by LAN=1
    hj212_bind = _address(values, "ENVMAP_HJ212_BIND")
    http_port, hj212_port = _port(values, "ENVMAP_HTTP_PORT", 8000), _port(values, "ENVMAP_HJ212_PORT", 9212)
    if http_port == hj212_port:
        raise Trouble(f"ENVMAP_HTTP_PORT and ENVMAP_HJ212_PORT are both {http_port}; give them different ports.")
    https_port = _port(values, "ENVMAP_HTTPS_PORT", 8443)
    if lan and https_port in (http_port, hj212_port):
        raise Trouble(f"ENVMAP_HTTPS_PORT is {https_port}, which another port is already; give it one of its own.")
    cert, key = _file(root, values, "ENVMAP_TLS_CERT"), _file(root, values, "ENVMAP_TLS_KEY")
    if (cert is None) != (key is None):
        raise Trouble("ENVMAP_TLS_CERT and ENVMAP_TLS_KEY belong together: set both or neither.")
    if lan and cert:
        raise Trouble("LAN=1 makes certificates of its own; leave out either it or ENVMAP_TLS_CERT and ENVMAP_TLS_KEY.")
    database_url = _url(values, "DATABASE_URL", ("postgres", "postgresql", "postgis"))
    migrate_url = _url(values, "ENVMAP_MIGRATE_URL", ("postgres", "postgresql", "postgis"))
    if migrate_url and not database_url:
        raise Trouble("ENVMAP_MIGRATE_URL is set but DATABASE_URL is not: set both for an existing server, or neither.")
    var = root / (values.get("ENVMAP_VAR") or "var")
    for path, name in ((root, "the project's folder"), (var, "ENVMAP_VAR")):
        if UNUSABLE.search(str(path)):
            raise Trouble(
                f"{name} is {str(path)!r}: a path with quotes, $, ;, #, %, \\, braces or a line break cannot be "
                "written into the servers' configurations; use another folder (spaces are fine)."
            )
    return Settings(
        root=root,
        var=Path(var),
        bind=bind,
        http_port=http_port,
        hj212_bind=hj212_bind,
        hj212_port=hj212_port,
        demo=_flag(values, "ENVMAP_DEMO", default=True),
        database_url=database_url,
        migrate_url=migrate_url,
        redis_url=_url(values, "REDIS_URL", ("redis", "rediss", "unix")),
        tls_cert=Path(var) / "tls" / "leaf.crt" if lan else cert,
        tls_key=Path(var) / "tls" / "leaf.key" if lan else key,
        trusted_proxies=_networks(values, "ENVMAP_TRUSTED_PROXIES"),
        own_host=_own_host(values.get("ALLOWED_HOSTS", "")),
        lan=lan,
        https_port=https_port,
    )


def _own_host(allowed: str) -> str:
    """A Host header that ALLOWED_HOSTS lets pass: its first plain name, else this machine's own."""
    names = re.split(r"[\s,]+", allowed.strip())
    return next((name for name in names if name and name != "*" and not name.startswith(".")), "127.0.0.1")


def _flag(values: Mapping[str, str], name: str, *, default: bool) -> bool:
    raw = values.get(name, "").strip().lower()
    if not raw:
        return default
    if raw not in TRUE | FALSE:
        raise Trouble(f"{name} is {values[name]!r}; write 1 or 0.")
    return raw in TRUE


def _port(values: Mapping[str, str], name: str, default: int) -> int:
    raw = values.get(name, "").strip()
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= 65535:
        raise Trouble(f"{name} is {raw!r}; write a TCP port between 1 and 65535.")
    return int(raw)


def _address(values: Mapping[str, str], name: str, default: str = "127.0.0.1") -> str:
    raw = values.get(name, "").strip() or default
    if raw == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(raw.strip("[]")))
    except ValueError:
        raise Trouble(
            f"{name} is {raw!r}; write an IP address of this machine, 127.0.0.1 for this machine alone or "
            "0.0.0.0 for all of its addresses."
        ) from None


def _networks(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    networks = []
    for word in re.split(r"[\s,]+", values.get(name, "").strip()):
        if not word:
            continue
        try:
            networks.append(str(ipaddress.ip_network(word, strict=False)))
        except ValueError:
            raise Trouble(f"{name} contains {word!r}; write IP addresses or networks, separated by commas.") from None
    return tuple(networks)


def _url(values: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    raw = values.get(name, "").strip()
    if raw and urlsplit(raw).scheme not in schemes:
        raise Trouble(f"{name} does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return raw


def _file(root: Path, values: Mapping[str, str], name: str) -> Path | None:
    raw = values.get(name, "").strip()
    if not raw:
        return None
    path = root / raw
    if not path.is_file():
        raise Trouble(f"{name} is {raw!r}; there is no such file.")
    if UNUSABLE.search(str(path)):
        raise Trouble(f"{name} is {raw!r}; nginx cannot be told such a path, use one without quotes and special signs.")
    return path
