"""Whether the instance's two ports can be had, asked before anything is started."""

from __future__ import annotations

import errno
import os
import socket
import time
from pathlib import Path

from .errors import Trouble
from .settings import Settings


def check(settings: Settings, patience: float = 0) -> None:
    """Raise Trouble naming the setting when a port is taken, forbidden or its address is not this machine's.

    `patience` in seconds is for the programs of a killed start, which may still be ending.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _check(settings)
        except Trouble:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def _check(settings: Settings) -> None:
    wanted = [
        ("ENVMAP_HTTP_PORT", settings.bind, settings.http_port),
        ("ENVMAP_HJ212_PORT", settings.hj212_bind, settings.hj212_port),
    ]
    if settings.lan:
        wanted.append(("ENVMAP_HTTPS_PORT", settings.bind, settings.https_port))
    for name, address, port in wanted:
        check_one(name, address, port)


def check_one(name: str, address: str, port: int) -> None:
    """Raise Trouble when nothing could listen on this address and port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
            trial.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Trouble(
                    f"Port {port} on {address} is taken by another program. Stop that, or choose another port: "
                    f"{name}={port + 1} make run"
                ) from None
            if error.errno == errno.EACCES:
                raise Trouble(f"Port {port} may not be opened by this account; set {name} to 1024 or more.") from None
            setting = name.replace("_HTTP_PORT", "_BIND").replace("_HTTPS_PORT", "_BIND").replace("_PORT", "_BIND")
            raise Trouble(f"{address} is not an address of this machine ({error.strerror}); set {setting}.") from None
    if port < unprivileged_from() and os.geteuid() == 0:
        raise Trouble(
            f"{name} is {port}: envmap does not serve as root, and ports below {unprivileged_from()} need root. Set it to "
            "1024 or more with a proxy in front, or use the units under deploy/systemd/, which grant that one right."
        )


def unprivileged_from() -> int:
    """The first port that ordinary accounts may open."""
    file = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return int(file.read_text(encoding="ascii")) if file.exists() else 1024
