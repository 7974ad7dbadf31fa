"""One case of `bare_debian.py`, run inside the bare tree: as root, as a user with sudo, as a user without."""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import pwd
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

TREE = Path("/opt/envmap")
CLONE_NEWNET = 0x40000000  # unshare(2)
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41  # netdevice(7)
PACKAGES = (
    "postgresql-15-postgis-3",
    "redis-server",
    "nginx-light",
    "gettext",
    "python3-venv",
    "chromium",
    "fonts-noto-cjk",
)
APT = ("apt-get", "-qq", "install", "-y", "--no-install-recommends")


def tell(step: str, outcome: str) -> None:
    """A line that the caller collects."""
    print(f"@@ {step}: {outcome}", flush=True)


def timed(step: str, command: list[str], **how: object) -> None:
    """Run a step and tell its seconds."""
    began = time.monotonic()
    status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, **how).returncode  # type: ignore[call-overload]
    tell(step, f"{'ok' if status == 0 else f'FAILED ({status})'} after {time.monotonic() - began:.0f} s")


def without_network() -> None:
    """Leave the machine's network for one of our own that has a loopback and nothing else."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP_RUNNING))


def become(user: str | None, before: Callable[[], None] | None = None) -> Callable[[], None]:
    """What a child does before it runs its command: leave the network, become the user."""

    def change() -> None:
        if before is not None:
            before()
        if user is not None:
            row = pwd.getpwnam(user)
            os.initgroups(user, row.pw_gid)
            os.setgid(row.pw_gid)
            os.setuid(row.pw_uid)
            os.environ |= {"HOME": row.pw_dir, "USER": user}

    return change


def environment(user: str | None) -> dict[str, str]:
    """The case's environment, with the user's own home."""
    home = pwd.getpwnam(user).pw_dir if user else "/root"
    return {**os.environ, "HOME": home, "USER": user or "root"}


def watch(step: str, user: str | None, before: Callable[[], None] | None = None) -> None:
    """`make run` until it says that it is ready, a look at its pages, `make stop`; tells seconds and what is left."""
    code = "import sys; sys.path.insert(0, '/src'); from deploy import bare_case; bare_case.visit(sys.argv[1])"
    # The look happens in the same network as the run.
    subprocess.run(
        [sys.executable, "-c", code, step],
        cwd=TREE,
        env=environment(user),
        preexec_fn=become(user, before),
        check=False,
    )


def visit(step: str) -> None:
    """The part of `watch` that runs as the user and in the network of the case."""
    began = time.monotonic()
    run = subprocess.Popen(
        ["make", "run"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert run.stdout
    for line in run.stdout:
        print("   |", line, end="", flush=True)
        if "envmap: Ready" in line:
            seconds = time.monotonic() - began
            statuses = [urllib.request.urlopen(f"http://127.0.0.1:8000{path}").status for path in ("/readyz", "/")]
            tell(step, f"ready after {seconds:.0f} s, /readyz {statuses[0]}, / {statuses[1]}, served by {owners()}")
            break
    else:
        tell(step, "FAILED, it never was ready")
        return
    subprocess.run(["make", "stop"], stdin=subprocess.DEVNULL, check=False)
    for line in run.stdout:
        print("   |", line, end="", flush=True)
    left = [name for name, _ in programs()]
    tell(step, f"stopped, FAILED: left {left}" if left else "stopped, no process left")


def programs() -> list[tuple[str, str]]:
    """(command, account) of every process that belongs to the instance."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                owner = pwd.getpwuid(folder.stat().st_uid).pw_name
            except (OSError, KeyError):
                continue
            if f"{TREE}/" in words and "deploy" not in words:
                found.append((words[:60], owner))
    return found


def owners() -> str:
    """The accounts that the instance's programs run as."""
    return ", ".join(sorted({owner for _, owner in programs()}))


def install(*packages: str) -> None:
    """Install packages beforehand, as the machine's administrator would."""
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "-qq", "update"], check=True, **quiet)  # type: ignore[call-overload]
    subprocess.run([*APT, *packages], check=True, **quiet)  # type: ignore[call-overload]


def main() -> None:
    """Run the case that the arguments name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=("root", "sudo", "plain"))
    parser.add_argument("--tests", default="-q")
    parser.add_argument("--passed", default="", help="names of variables that sudo keeps")
    options = parser.parse_args()
    subprocess.run(["git", "config", "--system", "--add", "safe.directory", "*"], check=True)
    subprocess.run(["git", "clone", "-q", "/src", str(TREE)], check=True)
    user = None if options.case == "root" else "worker"
    if user:
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", user], check=True)
        subprocess.run(["chown", "-R", f"{user}:", str(TREE)], check=True)
    if options.case == "sudo":
        install("sudo")
        rules = f'Defaults env_keep += "{options.passed}"\n{user} ALL=(ALL) NOPASSWD: ALL\n'
        Path("/etc/sudoers.d/worker").write_text(rules, encoding="ascii")
    if options.case == "plain":
        refused = subprocess.run(
            ["make", "run"], cwd=TREE, env=environment(user), preexec_fn=become(user), capture_output=True, text=True
        )
        sentence = next((line for line in refused.stderr.splitlines() if "Missing on this machine" in line), "")
        tell("bare tree", sentence if "postgis" in sentence else f"FAILED, it said {refused.stderr!r}")
        began = time.monotonic()
        install(*PACKAGES)
        tell("packages installed by the administrator", f"ok after {time.monotonic() - began:.0f} s")
    watch("first run", user)
    watch("second run, without network", user, without_network)
    if options.tests != "none":
        timed(
            "make test",
            ["make", "test", f"ARGS={options.tests}"],
            cwd=TREE,
            env=environment(user),
            preexec_fn=become(user),
        )


if __name__ == "__main__":
    main()
