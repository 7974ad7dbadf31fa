"""System packages: only what is missing, named where it cannot be installed, and no service started meanwhile."""

import pytest

from deploy import packages
from deploy.errors import Trouble
from deploy.packages import Need


def need(name, there):
    return Need(name, lambda: there)


def test_what_is_there_is_left_alone(monkeypatch):
    monkeypatch.setattr(packages, "install", lambda names: pytest.fail("nothing is missing"))
    packages.ensure([need("nginx-light", True)], say=lambda sentence: pytest.fail(sentence))


def test_root_installs_only_what_is_missing(monkeypatch):
    installed = []
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "install", installed.extend)
    missing = [True]
    wanted = Need("redis-server", lambda: bool(installed) or not missing[0])
    packages.ensure([need("nginx-light", True), wanted], say=lambda sentence: None)
    assert installed == ["redis-server"]


def test_without_root_and_sudo_the_packages_are_named(monkeypatch):
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(packages, "find_program", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    with pytest.raises(Trouble, match="Missing on this machine: nginx-light redis-server") as refusal:
        packages.ensure([need("nginx-light", False), need("redis-server", False)], say=lambda sentence: None)
    assert "apt-get install --no-install-recommends nginx-light redis-server" in str(refusal.value)


def test_on_another_distribution_the_packages_are_named(monkeypatch):
    monkeypatch.setattr(packages, "find_program", lambda name: None)
    with pytest.raises(Trouble, match="Missing on this machine: gettext"):
        packages.ensure([need("gettext", False)], say=lambda sentence: None)


@pytest.fixture
def policy(tmp_path):
    return tmp_path / "policy-rc.d", tmp_path / "saved"


def test_nothing_starts_while_packages_are_installed(policy):
    file, saved = policy
    with packages.starting_nothing(file, saved):
        assert "exit 101" in file.read_text()
        assert file.stat().st_mode & 0o111
    assert not file.exists()


@pytest.mark.parametrize("fails", [False, True])
def test_the_policy_that_was_there_is_put_back(policy, fails):
    file, saved = policy
    file.write_text("#!/bin/sh\nexit 0\n")
    try:
        with packages.starting_nothing(file, saved):
            assert "exit 101" in file.read_text()
            if fails:
                raise Trouble("apt-get failed")
    except Trouble:
        pass
    assert file.read_text() == "#!/bin/sh\nexit 0\n"
    assert not saved.exists()


@pytest.mark.parametrize("before", [None, "#!/bin/sh\nexit 0\n"])
def test_the_policy_is_put_back_by_the_next_install_after_a_kill(policy, before):
    file, saved = policy
    if before:
        file.write_text(before)
    killed = packages.starting_nothing(file, saved)
    killed.__enter__()  # and never left
    with packages.starting_nothing(file, saved):
        assert "exit 101" in file.read_text()
    assert (file.read_text() if file.exists() else None) == before


def test_postgis_is_wanted_for_the_postgresql_that_is_installed(monkeypatch):
    monkeypatch.setattr(packages, "postgresql_versions", lambda *, with_postgis: [] if with_postgis else [16])
    assert packages.postgis_package() == "postgresql-16-postgis-3"
