"""The proof on a bare Debian 12: `python3 -m deploy.bare_debian [--cases root,sudo,plain] [--tests ARGS]`, as root.

Makes a tree of Debian 12 with nothing but Python, git and make (debootstrap), clones the committed state of this
repository into it, and runs `make run`, a second `make run` without network, and `make test`:

root    as root
sudo    as a user who may use sudo without a password
plain   as a user who may not: on the bare tree it must end in a sentence that names the packages; on a prepared one
        (packages installed, nothing else) it must work

How this machine reaches its package servers (apt, pip and npm settings, certificates, environment) is passed in at run
time and nowhere written down. Every case runs on an overlay of the same tree, in namespaces of its own: when it
ends, nothing of it runs or stays mounted. Prints the seconds of each step; status 1 when a step failed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .cli import ROOT
from .errors import Trouble
from .packages import SYSTEM_PATH, find_program

SUITE = "bookworm"
INCLUDED = "ca-certificates,git,make,python3,passwd"
# Names of variables that tell tools how to reach the network; their values are only handed on.
PASSED = re.compile(r"^(PIP_|UV_|NPM_CONFIG_|npm_config_)|(_CA_|_CERT|CERTS)|^(https?|no|all)_proxy$", re.IGNORECASE)
FOLDERS = ("/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/auth.conf.d", "/etc/apt/trusted.gpg.d",
           "/etc/apt/keyrings", "/etc/pip.conf", "/etc/npmrc", "/usr/etc/npmrc", "/etc/ssl/certs", "/etc/resolv.conf",
           "/etc/hosts", "/usr/share/keyrings", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")  # fmt: skip
APT_OPTIONS = ("Acquire",)
HOME_FILES = (".npmrc", ".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml")

IN_NAMESPACE = """
set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$CASE/upper,workdir=$CASE/work" "$CASE/tree"
mount -t proc proc "$CASE/tree/proc"
mount --rbind /dev "$CASE/tree/dev"
mkdir -p "$CASE/tree/src"
mount --bind "$SOURCE" "$CASE/tree/src"
for path in $LOCAL; do mkdir -p "$CASE/tree$path"; mount --bind "$path" "$CASE/tree$path"; done
exec chroot "$CASE/tree" /usr/bin/python3 /src/deploy/bare_case.py "$@" 2>&1
"""


def main(argv: list[str]) -> int:
    """Run the cases; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/envmap-bare"), help="kept between runs")  # noqa: S108
    parser.add_argument("--cases", default="root,sudo,plain")
    parser.add_argument("--tests", default="-q", help="ARGS of make test; 'none' leaves it out")
    options = parser.parse_args(argv)
    if os.geteuid() != 0:
        raise Trouble("debootstrap and chroot need root.")
    for program in ("debootstrap", "unshare", "chroot"):
        if not find_program(program):
            raise Trouble(f"{program} is missing; apt-get install {program}.")
    base = options.folder / "base"
    if not (base / ".complete").exists():
        bootstrap(base)
    outcomes: list[str] = []
    for case in options.cases.split(","):
        outcomes += run_case(case, base, options)
    print("\n".join(["", "What happened:", *outcomes]))
    return 1 if any("FAILED" in line for line in outcomes) else 0


def bootstrap(base: Path) -> None:
    """Make the bare tree with this machine's own mirror and settings."""
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    began = time.monotonic()
    command = ["debootstrap", "--variant=minbase", f"--include={INCLUDED}", SUITE, str(base), mirror()]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise Trouble(f"debootstrap failed; see {base}/debootstrap/debootstrap.log.")
    shutil.rmtree(base / "etc/apt/sources.list.d", ignore_errors=True)
    for name in FOLDERS:
        pass_in(Path(name), base)
    write_apt_options(base)
    for name in HOME_FILES:
        source = Path.home() / name
        for home in ("root", "etc/skel"):
            if source.is_file():
                (base / home / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, base / home / name)
    (base / ".complete").touch()
    print(f"@@ debootstrap: {time.monotonic() - began:.0f} s", flush=True)


def mirror() -> str:
    """The first address of this machine's apt sources."""
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for file in files:
        if file.is_file() and file.suffix in (".list", ".sources"):
            found = re.search(r"^(?:URIs:|deb(?: \[[^]]*\])?)\s+(\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
            if found:
                return found.group(1)
    raise Trouble("No mirror was found in this machine's apt sources.")


def pass_in(source: Path, base: Path) -> None:
    """Copy a file or folder of settings to the same place of the tree, where this machine has it."""
    target = base / source.relative_to("/")
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def write_apt_options(base: Path) -> None:
    """The machine's own `Acquire` options (proxies, checks); its other options are about this machine."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    lines = [line for line in dump.splitlines() if line.startswith(APT_OPTIONS) and not line.endswith('"";')]
    (base / "etc/apt/apt.conf.d/99of-the-machine").write_text("\n".join(lines) + "\n", encoding="utf-8")


def local_folders() -> list[str]:
    """Folders of this machine that its pip settings point to (a local index), bound into the tree."""
    shown = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    words = re.findall(r"(?:file://)?(/[^\s'\",:]+)", shown.stdout)
    tops = {
        "/" + word.strip("/").split("/")[0] + "/" + word.strip("/").split("/")[1]
        for word in words
        if word.count("/") > 1
    }
    return sorted(top for top in tops if Path(top).is_dir() and not top.startswith(("/etc", "/usr", "/root")))


def run_case(case: str, base: Path, options: argparse.Namespace) -> list[str]:
    """Run one case on an overlay of the tree; the lines that say what happened."""
    with tempfile.TemporaryDirectory(dir=options.folder, prefix=f"{case}-") as name:
        folder = Path(name)
        for part in ("upper", "work", "tree"):
            (folder / part).mkdir()
        folder.chmod(0o755)
        passed = {key: value for key, value in os.environ.items() if PASSED.search(key)}
        environment = {
            "PATH": SYSTEM_PATH, "LOWER": str(base), "CASE": str(folder), "SOURCE": str(ROOT),
            "LOCAL": " ".join(local_folders()), "LANG": "C.UTF-8", "HOME": "/root",
            **passed,
        }  # fmt: skip
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "sh", "-c", IN_NAMESPACE, "sh"]
        command += [case, f"--tests={options.tests}", f"--passed={' '.join(passed)}"]
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        outcomes = []
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith("@@"):
                outcomes.append(f"{case:6}{line[2:].rstrip()}")
        if process.wait() != 0:
            outcomes.append(f"{case:6} FAILED with status {process.returncode}")
        return outcomes


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(f"envmap: {trouble}")
