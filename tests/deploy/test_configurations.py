"""The configurations that the servers are started with, judged by the servers themselves where they can."""

import configparser
import dataclasses
import os
import subprocess

import pytest

from deploy import nginx, packages, settings, supervise, vendor
from deploy.accounts import Account, Accounts
from deploy.instance import open_instance
from deploy.programs import Program
from tests.stack import ROOT


@pytest.fixture
def instance(tmp_path):
    account = Account.of(os.geteuid())
    told = settings.read(tmp_path / "a tree", {"ENVMAP_VAR": "my 数据"})
    one = open_instance(told, Accounts(account, account, account))
    one.make_folders()
    return one


def judged(instance) -> str:
    """What nginx says about the written configuration."""
    nginx.write_configuration(instance)
    done = subprocess.run([*nginx.command(instance), "-t"], capture_output=True, text=True)
    return "ok" if done.returncode == 0 else done.stderr


def test_nginx_accepts_its_configuration_in_a_folder_with_a_space(instance):
    assert judged(instance) == "ok"


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "::1"])
def test_nginx_accepts_every_kind_of_address(instance, bind):
    assert judged(dataclasses.replace(instance, settings=dataclasses.replace(instance.settings, bind=bind))) == "ok"


def test_nginx_accepts_proxies_and_a_certificate(instance, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=map.example.cn", "-days", "2",
         "-keyout", key, "-out", cert], check=True, capture_output=True,
    )  # fmt: skip
    told = dataclasses.replace(
        instance.settings, tls_cert=cert, tls_key=key, trusted_proxies=("10.0.0.0/8", "2001:db8::/32")
    )
    assert judged(dataclasses.replace(instance, settings=told)) == "ok"


def entry(instance, **more):
    fields = {"name": "gateway", "command": ["/a b/python", "manage.py", "gateway"], "stage": "application"}
    program = Program(**(fields | {"account": instance.accounts.programs} | more))
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(supervise.configuration(instance, [program]))
    return parser


def test_every_program_dies_with_the_supervisor(instance):
    command = entry(instance)["program:gateway"]["command"]
    assert command.endswith("setpriv --pdeathsig KILL -- '/a b/python' manage.py gateway")


def test_a_program_of_another_account_changes_before_it_ties_itself_to_the_supervisor(instance, monkeypatch):
    monkeypatch.setattr("deploy.accounts.os.geteuid", lambda: 0)
    other = dataclasses.replace(instance.accounts.programs, name="x", uid=instance.accounts.programs.uid + 7)
    command = entry(instance, account=other, on_orphan="INT")["program:gateway"]["command"]
    assert command.index("--reuid") < command.index("--pdeathsig INT"), "changing the account clears the signal"


def test_stages_end_in_the_reverse_of_their_start(instance):
    account = instance.accounts.programs
    rows = [Program(name, ["x"], stage, account) for name, stage in
            (("nginx", "front"), ("postgres", "database"), ("wsgi", "application"), ("redis", "broker"))]  # fmt: skip
    parser = configparser.RawConfigParser()
    parser.read_string(supervise.configuration(instance, rows))
    priority = {
        stage: int(parser[f"group:{stage}"]["priority"]) for stage in ("database", "broker", "application", "front")
    }
    assert sorted(priority, key=priority.get) == ["database", "broker", "application", "front"]


@pytest.mark.skipif(not (ROOT / "node_modules" / ".package-lock.json").exists(), reason="node_modules is not installed")
def test_every_vendored_file_and_icon_exists():
    for source, _ in vendor.FILES:
        assert (ROOT / "node_modules" / source).is_file(), source
    names = vendor.icon_names((ROOT / "deploy" / "icons.txt").read_text())
    assert len(names) == len(set(names))
    text = vendor.sprite(names, ROOT / "node_modules" / "lucide-static" / "icons")
    assert text.count("<symbol") == len(names)


@pytest.mark.skipif(not (ROOT / "static" / "vendor" / ".stamp").exists(), reason="static/vendor is not made")
def test_the_import_map_of_the_readme_names_files_that_import_nothing_else():
    import re

    text = (ROOT / "deploy" / "README.md").read_text()
    mapped = dict(re.findall(r'"([^"]+)": "\{% static \'([^\']+)\' %\}"', text))
    assert mapped
    for path in mapped.values():
        code = (ROOT / "static" / path).read_text()
        assert set(re.findall(r"^import .*? from ['\"]([^'\"]+)['\"]", code, re.MULTILINE)) <= set(mapped), path


def test_no_start_script_needs_more_than_the_standard_library():
    """They run before the environment exists."""
    import ast
    import sys

    for file in (ROOT / "deploy").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module)
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names | {"deploy"}, f"{file.name} imports {name}"


def test_the_example_for_production_is_understood():
    pairs = settings.parse_env((ROOT / "deploy" / "example.env").read_text())
    assert pairs["ENVMAP_DEMO"] == "0"
    assert {"ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "ENVMAP_TLS_CERT"} <= set(pairs)


def test_system_programs_are_found_without_a_path(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert packages.find_program("sh")
