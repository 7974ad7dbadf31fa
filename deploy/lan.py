"""`make run LAN=1`: certificates for the local network, from an authority of this instance's own.

The authority's certificate may speak for private addresses and names of the local network alone (name constraints), so
that a phone which trusts it trusts nothing else by it. Its key never leaves `var/tls/`, 0600.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from .errors import Trouble
from .files import write_whole
from .instance import Instance
from .packages import find_program

CA_DAYS = 3650
LEAF_DAYS = 397  # what phones take at most from a newly made certificate, with a day to spare
RENEW_BEFORE = 60 * 86400  # seconds
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8")
FIB = Path("/proc/net/fib_trie")


def folder(var: Path) -> Path:
    """Where the certificates lie."""
    return var / "tls"


def addresses(fib: str | None = None) -> list[str]:
    """This machine's IPv4 addresses in private networks, without loopback, out of the kernel's table; sorted."""
    if fib is None:
        fib = FIB.read_text(encoding="ascii") if FIB.exists() else ""
    found = re.findall(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL", fib)
    return sorted({one for one in found if is_private(one) and not one.startswith("127.")}, key=ipaddress.ip_address)


def is_private(address: str) -> bool:
    """Whether the authority may speak for an address."""
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in PRIVATE)


def names() -> list[str]:
    """The names under which others in the local network may find this machine."""
    host = socket.gethostname().split(".")[0].lower()
    return ["localhost", f"{host}.local"] if re.fullmatch(r"[a-z0-9-]{1,63}", host) else ["localhost"]


def served_hosts() -> list[str]:
    """What the certificate names: the machine's names and addresses, loopback among them."""
    return [*names(), "127.0.0.1", *addresses()]


def prepare(instance: Instance, say: Callable[[str], None]) -> None:
    """Make what is missing, or ends within sixty days, or names other addresses than the machine has now."""
    place = folder(instance.var)
    place.mkdir(mode=0o755, exist_ok=True)
    if not (place / "ca.crt").is_file() or not (place / "ca.key").is_file():
        say("Making a certificate authority for the local network")
        _make_authority(place)
    wanted = " ".join(served_hosts())
    named = place / "leaf.names"
    is_same = named.is_file() and named.read_text(encoding="utf-8") == wanted
    if not is_same or _ends_soon(place / "leaf.crt"):
        say(f"Making a certificate for {', '.join(served_hosts())}")
        _make_leaf(instance, place, wanted)


def renew(instance: Instance) -> bool:
    """Make a new certificate where the present one ends within sixty days; whether one was made."""
    place = folder(instance.var)
    if not _ends_soon(place / "leaf.crt"):
        return False
    _make_leaf(instance, place, " ".join(served_hosts()))
    return True


def _ends_soon(certificate: Path) -> bool:
    if not certificate.is_file():
        return True
    command = ["x509", "-in", str(certificate), "-noout", "-checkend", str(RENEW_BEFORE)]
    return _openssl(command, check=False) != 0


def _make_authority(place: Path) -> None:
    allowed = [f"permitted;IP:{net.network_address}/{net.netmask}" for net in map(ipaddress.ip_network, PRIVATE)]
    allowed += [f"permitted;DNS:{name}" for name in ("local", "localhost")]
    config = (
        "[req]\ndistinguished_name=dn\nx509_extensions=ca\nprompt=no\nstring_mask=utf8only\n"
        f"[dn]\nO=envmap\nCN=envmap local network ({socket.gethostname()[:40]})\n"
        "[ca]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
        f"subjectKeyIdentifier=hash\nnameConstraints=critical,{','.join(allowed)}\n"
    )
    with tempfile.TemporaryDirectory(dir=place) as work:
        made = Path(work)
        (made / "ca.cnf").write_text(config, encoding="utf-8")
        _key(made / "ca.key")
        _openssl(
            ["req", "-x509", "-new", "-sha256", "-days", str(CA_DAYS), "-key", str(made / "ca.key"),
             "-config", str(made / "ca.cnf"), "-out", str(made / "ca.crt")]
        )  # fmt: skip
        # The key first: a certificate without its key would be made anew, one that phones trust must not be.
        write_whole(place / "ca.key", (made / "ca.key").read_text(encoding="ascii"), mode=0o600)
        write_whole(place / "ca.crt", (made / "ca.crt").read_text(encoding="ascii"), mode=0o644)


def _make_leaf(instance: Instance, place: Path, wanted: str) -> None:
    hosts = wanted.split()
    subjects = [f"IP:{host}" if _is_address(host) else f"DNS:{host}" for host in hosts]
    extensions = (
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
        f"subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName={','.join(subjects)}\n"
    )
    owner = instance.accounts.programs
    with tempfile.TemporaryDirectory(dir=place) as work:
        made = Path(work)
        (made / "leaf.ext").write_text(extensions, encoding="ascii")
        _key(made / "leaf.key")
        _openssl(
            ["req", "-new", "-sha256", "-key", str(made / "leaf.key"), "-subj", "/O=envmap/CN=envmap",
             "-out", str(made / "leaf.csr")]
        )  # fmt: skip
        _openssl(
            ["x509", "-req", "-sha256", "-days", str(LEAF_DAYS), "-in", str(made / "leaf.csr"), "-CA",
             str(place / "ca.crt"), "-CAkey", str(place / "ca.key"), "-set_serial", f"0x{os.urandom(15).hex()}",
             "-extfile", str(made / "leaf.ext"), "-out", str(made / "leaf.crt")]
        )  # fmt: skip
        key, certificate = ((made / f"leaf.{kind}").read_text(encoding="ascii") for kind in ("key", "crt"))
    (place / "leaf.names").unlink(missing_ok=True)  # written last: a kill between the two files makes both anew
    write_whole(place / "leaf.key", key, mode=0o600, owner=(owner.uid, owner.gid))
    write_whole(place / "leaf.crt", certificate, mode=0o644)
    write_whole(place / "leaf.names", wanted)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit()


def _key(path: Path) -> None:
    path.touch(mode=0o600)
    _openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(path)])
    path.chmod(0o600)


def _openssl(arguments: list[str], *, check: bool = True) -> int:
    program = find_program("openssl")
    if not program:
        raise Trouble("openssl is not installed; `apt install openssl`, or set ENVMAP_TLS_CERT and ENVMAP_TLS_KEY.")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise Trouble(f"openssl could not {arguments[0]}: {done.stderr.strip().splitlines()[-1:] or 'no reason given'}")
    return done.returncode
