"""Who the programs run as."""

import os
import tempfile
from pathlib import Path

import pytest

from deploy import accounts
from deploy.accounts import Account
from deploy.errors import Trouble

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root chooses another account")


@pytest.fixture
def open_folder():
    """A folder that every account may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "deploy").mkdir()
        (folder / "deploy" / "__init__.py").touch()
        yield folder


@pytest.fixture
def nobody(monkeypatch):
    """`nobody` plays the system account, so that the test makes none."""
    account = Account.of(65534)
    monkeypatch.setattr(accounts, "_system_account", lambda root: account)
    return account


@root_only
def test_started_as_root_everything_runs_as_the_system_account(open_folder, nobody):
    chosen = accounts.decide(open_folder, open_folder / "var", None)
    assert (chosen.programs, chosen.database, chosen.note) == (nobody, nobody, "")
    assert chosen.outside_home is None


@root_only
def test_below_a_private_home_root_runs_all_but_the_database_and_says_so(open_folder, nobody):
    open_folder.chmod(0o700)
    chosen = accounts.decide(open_folder, open_folder / "var", None)
    assert chosen.programs.uid == 0
    assert chosen.database == nobody
    assert chosen.outside_home == nobody.home
    assert f"cannot read {open_folder}" in chosen.note


@root_only
def test_a_python_that_the_account_cannot_run_keeps_the_programs_at_root(open_folder, nobody):
    python = open_folder / "python"
    python.touch(mode=0o700)
    chosen = accounts.decide(open_folder, open_folder / "var", python)
    assert chosen.programs.uid == 0
    assert f"cannot run {python}" in chosen.note


@root_only
def test_root_goes_on_with_the_user_who_owns_the_instance(open_folder, nobody):
    var = open_folder / "var"
    var.mkdir()
    os.chown(var, 33, 33)
    assert accounts.decide(open_folder, var, None).programs.uid == 33


def test_an_ordinary_user_runs_everything(open_folder, monkeypatch):
    monkeypatch.setattr(accounts.os, "geteuid", lambda: 65534)
    monkeypatch.setattr(accounts, "_writable", lambda path: True)
    chosen = accounts.decide(open_folder, open_folder / "var", None)
    assert chosen.programs == chosen.database == chosen.caller
    assert chosen.programs.uid == 65534


def test_an_instance_of_somebody_else_is_refused_with_a_sentence(open_folder, monkeypatch):
    var = open_folder / "var"
    var.mkdir()
    monkeypatch.setattr(accounts.os, "geteuid", lambda: 65534)
    monkeypatch.setattr(accounts, "_writable", lambda path: False)
    with pytest.raises(Trouble, match="cannot be written by .*ENVMAP_VAR"):
        accounts.decide(open_folder, var, None)


def test_two_clones_have_two_system_accounts(tmp_path):
    names = {accounts.system_name(tmp_path / "a"), accounts.system_name(tmp_path / "b")}
    assert len(names) == 2
    assert all(len(name) <= 32 for name in names), "useradd takes 32 characters at most"
