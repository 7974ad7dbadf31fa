"""An instance's folders, sockets, ports and private settings."""

import dataclasses
import os
import socket
import stat

import dj_database_url
import pytest

from deploy import accounts, instance, ports, settings
from deploy.errors import Trouble
from tests.stack import free_ports


@pytest.fixture
def me():
    account = accounts.Account.of(os.geteuid())
    return accounts.Accounts(account, account, account)


def an_instance(me, tmp_path, **environ):
    return instance.open_instance(settings.read(tmp_path, environ), me)


def test_private_settings_name_the_sockets_and_only_the_owner_reads_them(me, tmp_path):
    one = an_instance(me, tmp_path, ENVMAP_VAR="my var")
    one.make_folders()
    one.write_private_env()
    written = settings.parse_env(one.private_env.read_text())
    assert sorted(written) == ["DATABASE_URL", "ENVMAP_MIGRATE_URL", "REDIS_URL", "SECRET_KEY"]
    assert stat.S_IMODE(one.private_env.stat().st_mode) == 0o600
    parsed = dj_database_url.parse(written["DATABASE_URL"])
    assert (parsed["HOST"], parsed["USER"], parsed["NAME"]) == (str(one.sockets), "envmap", "envmap")
    assert dj_database_url.parse(written["ENVMAP_MIGRATE_URL"])["USER"] == "envmap_owner"


def test_the_secret_key_is_made_once(me, tmp_path):
    one = an_instance(me, tmp_path)
    one.make_folders()
    one.write_private_env()
    first = one.private_env.read_text()
    one.write_private_env()
    assert one.private_env.read_text() == first
    assert len(settings.parse_env(first)["SECRET_KEY"]) >= 50


def test_own_servers_are_not_repeated_in_the_private_settings(me, tmp_path):
    one = an_instance(me, tmp_path, DATABASE_URL="postgres://db/envmap", REDIS_URL="redis://cache/0")
    one.make_folders()
    one.write_private_env()
    assert list(settings.parse_env(one.private_env.read_text())) == ["SECRET_KEY"]


def test_a_deep_folder_gets_a_short_socket_folder(me, tmp_path):
    one = an_instance(me, tmp_path, ENVMAP_VAR="/".join(["deep"] * 30))
    longest = max(len(os.fsencode(one.sockets / name)) for name in (instance.LONGEST_SOCKET, "supervisor.sock"))
    assert longest <= instance.SOCKET_LIMIT
    one.make_folders()
    assert stat.S_IMODE(one.sockets.stat().st_mode) == 0o700
    one.sockets.rmdir()


def test_a_short_socket_folder_that_somebody_else_can_write_is_refused(me, tmp_path, monkeypatch):
    monkeypatch.setattr(instance.tempfile, "gettempdir", lambda: str(tmp_path))
    deep = tmp_path / "/".join(["deep"] * 30)
    made = tmp_path / f"envmap-{instance.var_mark(deep)}"
    made.mkdir()
    made.chmod(0o777)
    with pytest.raises(Trouble, match="belongs to somebody else"):
        an_instance(me, tmp_path, ENVMAP_VAR=str(deep))


def test_nobody_else_may_reach_the_application_behind_nginx(me, tmp_path):
    one = an_instance(me, tmp_path)
    one.make_folders()
    assert stat.S_IMODE(one.sockets.stat().st_mode) == 0o700


def test_a_taken_port_is_named_with_its_setting(me, tmp_path):
    http, hj212 = free_ports(2)
    told = settings.read(tmp_path, {"ENVMAP_HTTP_PORT": str(http), "ENVMAP_HJ212_PORT": str(hj212)})
    ports.check(told)
    with socket.socket() as other:
        other.bind(("127.0.0.1", hj212))
        other.listen()
        with pytest.raises(Trouble, match=f"Port {hj212} on 127.0.0.1 is taken.*ENVMAP_HJ212_PORT="):
            ports.check(told)


def test_an_address_of_another_machine_is_named_with_its_setting(me, tmp_path):
    told = dataclasses.replace(settings.read(tmp_path, {}), bind="192.0.2.1", http_port=free_ports(1)[0])
    with pytest.raises(Trouble, match="192.0.2.1 is not an address of this machine.*ENVMAP_BIND"):
        ports.check(told)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could open it")
def test_root_does_not_serve_on_a_port_that_needs_root(me, tmp_path):
    with pytest.raises(Trouble, match="does not serve as root"):
        ports.check_one("ENVMAP_HTTP_PORT", "127.0.0.1", 81)
