"""Settings answer back."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from kombu.transport.redis import Channel

from envmap.settings import env

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("read", "raw", "sentence"),
    [
        (lambda n: env.flag(n, True), "maybe", "write 1 or 0"),
        (lambda n: env.port(n, 8000), "70000", "from 1 to 65535"),
        (lambda n: env.port(n, 8000), "http", "from 1 to 65535"),
        (lambda n: env.count(n, 5), "0", "a whole number from 1"),
        (lambda n: env.url(n, {"redis", "unix"}), "mysql://x", "redis"),
        (env.basemap, "google", "offline, tianditu, amap"),
        (env.basemap, "https://tiles.example/{z}/{x}.png", "offline, tianditu, amap"),
    ],
)
def test_a_value_that_is_not_understood_stops_the_start_with_a_sentence(monkeypatch, read, raw, sentence):
    monkeypatch.setenv("SOME_SETTING", raw)
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)) as refused:
        read("SOME_SETTING")
    assert "SOME_SETTING" in str(refused.value)


@pytest.mark.parametrize(("raw", "meant"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_yes_and_no_are_understood_in_the_usual_ways(monkeypatch, raw, meant):
    monkeypatch.setenv("SOME_SETTING", raw)
    assert env.flag("SOME_SETTING", True) is meant


@pytest.mark.parametrize(
    ("redis", "path", "database"),
    [
        ("unix:///run/a%20place/redis.sock?db=3", "/run/a place/redis.sock", 3),
        ("unix:///run/redis.sock", "/run/redis.sock", 0),
        ("redis://10.0.0.1:6379/5", None, 5),
    ],
)
def test_jobs_wait_in_the_very_database_that_the_setting_names(redis, path, database):
    with Connection(env.broker(redis)) as connection:
        channel = Channel.__new__(Channel)  # what kombu would connect to, without connecting
        channel.connection = SimpleNamespace(client=connection, default_port=6379)
        found = channel._connparams()
    assert (found.get("path"), found["db"]) == (path, database)


def test_a_list_is_written_with_commas_or_blanks(monkeypatch):
    monkeypatch.setenv("SOME_SETTING", "map.example.cn, 10.0.0.1\t[::1]")
    assert env.words("SOME_SETTING") == ["map.example.cn", "10.0.0.1", "[::1]"]
    monkeypatch.setenv("SOME_SETTING", " ")
    assert env.words("SOME_SETTING", ["localhost"]) == ["localhost"]


def test_a_misspelt_setting_is_refused_with_the_likely_name(monkeypatch):
    monkeypatch.setenv("ENVMAP_HTTP_PROT", "8000")
    with pytest.raises(ImproperlyConfigured, match="Did you mean ENVMAP_HTTP_PORT"):
        env.refuse_unknown()


def test_every_setting_that_the_code_reads_is_known():
    read = set()
    for folder in ("envmap", "layers", "tasks", "deploy", "tests", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != Path(__file__):
                read |= set(re.findall(r"\bENVMAP_[A-Z0-9_]+\b", path.read_text()))
    assert read == env.KNOWN


def test_the_environment_wins_over_the_file_and_the_file_over_the_private_instance(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("ENVMAP_VAR=here\nREDIS_URL=redis://file\n")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "private.env").write_text(
        "REDIS_URL=redis://private\nSECRET_KEY=private\nDATABASE_URL=private\n"
    )
    for name in ("ENVMAP_VAR", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.setenv(name, "noted, so that it is put back")
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", "postgres://environment")
    env.load(tmp_path)
    found = {name: env.text(name) for name in ("REDIS_URL", "SECRET_KEY", "DATABASE_URL")}
    assert found == {"REDIS_URL": "redis://file", "SECRET_KEY": "private", "DATABASE_URL": "postgres://environment"}
