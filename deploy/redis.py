"""The private Redis: no port, one socket that only its owner may use, nothing kept on disk."""

from __future__ import annotations

import socket

from .errors import Trouble
from .files import write_whole
from .instance import Instance
from .packages import find_program


def write_configuration(instance: Instance) -> None:
    """Write `redis.conf`."""
    lines = [
        "port 0",
        f'unixsocket "{instance.redis_socket}"',
        "unixsocketperm 700",
        f'dir "{instance.var / "redis"}"',
        # Redis carries nudges and queues; what must not be lost is a row in PostgreSQL.
        'save ""',
        "appendonly no",
        "daemonize no",
        "tcp-keepalive 0",
    ]
    owner = instance.accounts.programs
    path = instance.var / "redis" / "redis.conf"
    write_whole(path, "\n".join(lines) + "\n", mode=0o600, owner=(owner.uid, owner.gid))


def command(instance: Instance) -> list[str]:
    """The server in the foreground."""
    program = find_program("redis-server")
    if not program:
        raise Trouble("redis-server is not installed; `make run` as root or with sudo installs it.")
    return [program, str(instance.var / "redis" / "redis.conf")]


def is_ready(instance: Instance) -> bool:
    """Whether the server answers a PING."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            connection.connect(str(instance.redis_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
