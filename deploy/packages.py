"""System packages: which are missing, and installing only those.

A program counts as there when its file is there, whoever installed it. Installing happens under a `policy-rc.d` that
starts nothing, because envmap runs its own PostgreSQL, Redis and nginx.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import Trouble

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
POLICY = Path("/usr/sbin/policy-rc.d")
SAVED_POLICY = Path("/usr/sbin/policy-rc.d.before-envmap")
REFUSE_ALL = "#!/bin/sh\n# Made by envmap while it installs packages: start nothing.\nexit 101\n"
OLDEST_POSTGRESQL = 15


@dataclass(frozen=True)
class Need:
    """A system package and how to see that what it gives is there."""

    package: str
    there: Callable[[], bool]


def find_program(*names: str) -> str | None:
    """The path of the first of these programs that exists, on PATH or in the system's own folders."""
    path = os.pathsep.join([os.environ.get("PATH", ""), SYSTEM_PATH])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def postgresql_versions(*, with_postgis: bool) -> list[int]:
    """Major versions of the PostgreSQL servers of this machine, oldest first."""
    versions = []
    for server in Path("/usr/lib/postgresql").glob("*/bin/postgres"):
        name = server.parts[4]
        control = Path(f"/usr/share/postgresql/{name}/extension/postgis.control")
        if name.isdigit() and int(name) >= OLDEST_POSTGRESQL and (control.exists() or not with_postgis):
            versions.append(int(name))
    return sorted(versions)


def base_needs() -> list[Need]:
    """What running an instance needs, but for the private servers."""
    return [
        Need("util-linux", lambda: find_program("setpriv") is not None),
        Need("nginx-light", lambda: find_program("nginx") is not None),
        Need("gettext", lambda: find_program("msgfmt") is not None),
    ]


def database_needs() -> list[Need]:
    """What a private PostgreSQL with PostGIS needs."""
    return [Need(postgis_package(), lambda: bool(postgresql_versions(with_postgis=True)))]


def redis_needs() -> list[Need]:
    """What a private Redis needs."""
    return [Need("redis-server", lambda: find_program("redis-server") is not None)]


def test_needs() -> list[Need]:
    """What the browser tests need: a browser, and a font with Chinese characters."""
    browsers = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return [
        Need("chromium", lambda: find_program(*browsers) is not None),
        Need("fonts-noto-cjk", _has_chinese_font),
    ]


def python_needs(python: Path) -> list[Need]:
    """What making a virtual environment with this interpreter needs: Debian ships `ensurepip` apart."""

    def can_make_environments() -> bool:
        if find_program("uv"):
            return True
        probe = [str(python), "-c", "import ensurepip, venv; ensurepip.version()"]
        return subprocess.run(probe, capture_output=True, cwd="/", check=False).returncode == 0

    return [Need("python3-venv", can_make_environments)]


def missing(needs: list[Need]) -> list[str]:
    """The packages of the needs that are not met."""
    return [need.package for need in needs if not need.there()]


def ensure(needs: list[Need], say: Callable[[str], None]) -> None:
    """Install what is missing: as root, or by sudo; else raise Trouble that names the packages."""
    names = missing(needs)
    if not names:
        return
    listed = " ".join(names)
    if not find_program("apt-get"):
        raise Trouble(f"Missing on this machine: {listed} (Debian's names). Install them and run the command again.")
    say(f"Installing system packages: {listed}")
    if os.geteuid() == 0:
        install(names)
    else:
        _install_by_sudo(names, listed)
    still = missing(needs)
    if still:
        raise Trouble(f"apt-get ended well, but {' '.join(still)} is still not found; look at its output above.")


def _install_by_sudo(names: list[str], listed: str) -> None:
    sudo = find_program("sudo")
    asks = sys.stdin is not None and sys.stdin.isatty()
    may = sudo and (asks or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0)
    by_hand = f"As root: apt-get install --no-install-recommends {listed} – then run the command again."
    if not may:
        raise Trouble(f"Missing on this machine: {listed}. There is no sudo without a password here. {by_hand}")
    root = Path(__file__).resolve().parents[1]
    command = [
        str(sudo),
        *([] if asks else ["-n"]),
        "env",
        f"PYTHONPATH={root}",
        sys.executable,
        "-m",
        "deploy.packages",
    ]
    if subprocess.run([*command, *names], cwd="/", check=False).returncode != 0:
        raise Trouble(f"sudo could not install {listed}. {by_hand}")


def install(names: list[str]) -> None:
    """Install packages as root, quietly and without starting any service; raises Trouble when apt-get fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "PATH": SYSTEM_PATH}
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Use-Pty=0"]

    def run(*command: str) -> int:
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, cwd="/", check=False).returncode

    units = [unit for package, unit in (("nginx-light", "nginx"), ("redis-server", "redis-server")) if package in names]
    if any("postgis" in name for name in names) and not postgresql_versions(with_postgis=False):
        units.append("postgresql")
    with starting_nothing():
        run("dpkg", "--configure", "-a")  # an install that was killed half-way
        updated = run(*apt, "update")
        if run(*apt, "install", "--no-install-recommends", *names) != 0:
            why = "its package lists could not be fetched" if updated != 0 else "see its output above"
            raise Trouble(f"apt-get could not install {' '.join(names)}: {why}. Repair that and run the command again.")
    systemctl = find_program("systemctl")
    if units and systemctl:
        # envmap runs its own; the system's would take ports 80, 5432 and 6379 at the next boot.
        run(systemctl, "--quiet", "disable", *units)


@contextmanager
def starting_nothing(policy: Path = POLICY, saved: Path = SAVED_POLICY) -> Iterator[None]:
    """While inside, packages start no service; what was there before is put back, also after a kill at the next run."""
    if saved.exists() or saved.is_symlink():
        saved.replace(policy)  # a run before this one was killed inside
    elif policy.is_file() and policy.read_bytes() == REFUSE_ALL.encode():
        policy.unlink()
    if policy.exists() or policy.is_symlink():
        policy.rename(saved)
    policy.write_text(REFUSE_ALL, encoding="ascii")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
        if saved.exists() or saved.is_symlink():
            saved.rename(policy)


def postgis_package() -> str:
    """The package that brings PostGIS and, where there is none, a PostgreSQL of this distribution."""
    installed = postgresql_versions(with_postgis=False)
    if installed:
        return f"postgresql-{installed[-1]}-postgis-3"
    release = {}
    if Path("/etc/os-release").is_file():
        text = Path("/etc/os-release").read_text(encoding="utf-8")
        release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    known = {"debian 12": 15, "debian 13": 17, "ubuntu 24.04": 16}
    version = known.get(f"{release.get('ID', '')} {release.get('VERSION_ID', '')}", OLDEST_POSTGRESQL)
    return f"postgresql-{version}-postgis-3"


def _has_chinese_font() -> bool:
    lister = find_program("fc-list")
    if lister:
        return bool(subprocess.run([lister, ":lang=zh"], capture_output=True, check=False).stdout.strip())
    return any(Path("/usr/share/fonts").glob("*/*/NotoSansCJK*"))


if __name__ == "__main__":  # run by sudo from `_install_by_sudo`
    try:
        install(sys.argv[1:])
    except Trouble as trouble:
        raise SystemExit(str(trouble)) from None
