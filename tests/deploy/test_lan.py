"""`make run LAN=1`: an authority for the local network alone, a certificate that follows the machine, a start page."""

import dataclasses
import ssl
import stat
import subprocess
import urllib.request
from pathlib import Path

import pytest

from deploy import lan, settings
from deploy.errors import Trouble
from tests.stack import free_ports, start_stack

ROOT = Path(__file__).resolve().parents[2]
FIB = """Main:
  +-- 0.0.0.0/0 3 0 5
           |-- 127.0.0.1
              /32 host LOCAL
           |-- 192.168.31.7
              /32 host LOCAL
           |-- 192.168.31.255
              /32 link BROADCAST
           |-- 203.0.113.9
              /32 host LOCAL
"""


def text_of(certificate: Path) -> str:
    command = ["openssl", "x509", "-in", certificate, "-noout", "-text"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def instance(tmp_path):
    from deploy.accounts import decide
    from deploy.environment import PythonEnvironment
    from deploy.instance import Instance

    told = dataclasses.replace(settings.read(ROOT, {"ENVMAP_LAN": "1"}), var=tmp_path)
    accounts = decide(ROOT, tmp_path, PythonEnvironment(ROOT).python)
    return Instance(told, dataclasses.replace(accounts, programs=accounts.caller), tmp_path)


def test_only_private_addresses_of_the_machine_are_served():
    assert lan.addresses(FIB) == ["192.168.31.7"]


def test_the_authority_speaks_for_local_networks_alone_and_outlives_its_certificates(instance, monkeypatch):
    monkeypatch.setattr(lan, "addresses", lambda: ["192.168.31.7"])
    said: list[str] = []
    lan.prepare(instance, said.append)
    place = lan.folder(instance.var)
    authority = text_of(place / "ca.crt")
    assert "Name Constraints: critical" in authority and "IP:192.168.0.0/255.255.0.0" in authority
    assert "CA:TRUE, pathlen:0" in authority
    for name in ("ca.key", "leaf.key"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600
    assert "IP Address:192.168.31.7" in text_of(place / "leaf.crt")
    verify = ["openssl", "verify", "-CAfile", place / "ca.crt", "-verify_ip", "192.168.31.7", place / "leaf.crt"]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0

    # Nothing to do a second time; another address, or the end in sight, makes a new certificate of the same authority.
    before = (place / "leaf.crt").read_bytes()
    lan.prepare(instance, said.append)
    assert (place / "leaf.crt").read_bytes() == before and not lan.renew(instance)
    monkeypatch.setattr(lan, "addresses", lambda: ["10.20.0.4"])
    lan.prepare(instance, said.append)
    assert "IP Address:10.20.0.4" in text_of(place / "leaf.crt")
    monkeypatch.setattr(lan, "RENEW_BEFORE", 398 * 86400)
    before = (place / "leaf.crt").read_bytes()
    assert lan.renew(instance) and (place / "leaf.crt").read_bytes() != before
    assert text_of(place / "ca.crt") == authority


def test_an_authority_does_not_help_to_speak_for_the_rest_of_the_world(instance, monkeypatch):
    monkeypatch.setattr(lan, "served_hosts", lambda: ["bank.example.com"])
    lan.prepare(instance, lambda _said: None)
    place = lan.folder(instance.var)
    done = subprocess.run(
        ["openssl", "verify", "-CAfile", place / "ca.crt", place / "leaf.crt"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0 and "permitted subtree violation" in done.stderr


def test_lan_and_a_certificate_of_ones_own_exclude_each_other(tmp_path):
    (tmp_path / "c").write_text("x")
    with pytest.raises(Trouble, match="LAN=1"):
        settings.read(tmp_path, {"ENVMAP_LAN": "1", "ENVMAP_TLS_CERT": "c", "ENVMAP_TLS_KEY": "c"})


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None


@pytest.mark.stack
def test_a_phone_finds_the_certificate_and_then_the_secure_address():
    (https,) = free_ports(1)
    stack = start_stack(ENVMAP_LAN="1", ENVMAP_BIND="127.0.0.1", ENVMAP_HTTPS_PORT=str(https))
    try:
        plain = f"http://127.0.0.1:{stack.instance.settings.http_port}"
        ask = urllib.request.build_opener(NoRedirect)
        with pytest.raises(urllib.error.HTTPError) as led:
            ask.open(plain + "/signin/")
        assert (led.value.status, led.value.headers["Location"]) == (302, f"{plain}/start/")
        page = ask.open(plain + "/start/").read().decode()
        assert page.count("<svg") >= 2 and "/start/envmap-ca.crt" in page and "HarmonyOS" in page
        answer = ask.open(plain + "/start/envmap-ca.crt")
        assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
        trust = ssl.create_default_context(cadata=answer.read().decode())
        with urllib.request.urlopen(f"https://127.0.0.1:{https}/signin/", context=trust) as secure:
            cookies = secure.headers.get_all("Set-Cookie")
            assert secure.status == 200 and all("Secure" in cookie for cookie in cookies if "csrftoken" in cookie)
            assert urllib.request.urlopen(f"https://127.0.0.1:{https}/start/envmap-ca.crt", context=trust).status == 200
            assert "Strict-Transport-Security" not in secure.headers
        assert f"https://127.0.0.1:{https}/" in stack.output.read_text()
        assert f"{plain}/start/" in stack.output.read_text()
    finally:
        stack.stop()
