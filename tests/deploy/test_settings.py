"""The start scripts understand `.env` and the environment, or say what they do not understand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import settings
from deploy.errors import Trouble


def read(tmp_path, dotenv="", **environ):
    (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    return settings.read(tmp_path, environ)


def test_without_settings_the_promised_defaults_hold(tmp_path):
    told = read(tmp_path)
    assert (told.bind, told.http_port, told.hj212_bind, told.hj212_port) == ("127.0.0.1", 8000, "127.0.0.1", 9212)
    assert told.var == tmp_path / "var"
    assert told.demo is True
    assert told.address == "http://127.0.0.1:8000/"


def test_the_environment_wins_over_the_file(tmp_path):
    told = read(tmp_path, "ENVMAP_HTTP_PORT=8001\nENVMAP_HJ212_PORT=9001\n", ENVMAP_HTTP_PORT="8002")
    assert (told.http_port, told.hj212_port) == (8002, 9001)


def test_the_file_is_read_with_comments_quotes_and_export():
    text = "# a comment\n\nexport A=1\nB='two words # kept'\nC=\"three\" # dropped\nD=four # dropped\nE=five#kept\nF=\n"
    assert settings.parse_env(text) == {
        "A": "1", "B": "two words # kept", "C": "three", "D": "four", "E": "five#kept", "F": "",
    }  # fmt: skip


@given(
    st.text(
        alphabet=st.characters(
            exclude_characters="'\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", exclude_categories=["Cs"]
        )
    )
)
def test_a_single_quoted_value_comes_back_as_it_was(value):
    assert settings.parse_env(f"NAME='{value}'\n") == {"NAME": value}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ENVMAP_HTTP_PORT", "http", "write a TCP port"),
        ("ENVMAP_HTTP_PORT", "0", "write a TCP port"),
        ("ENVMAP_HJ212_PORT", "65536", "write a TCP port"),
        ("ENVMAP_HTTP_PORT", "9212", "both 9212"),
        ("ENVMAP_DEMO", "maybe", "write 1 or 0"),
        ("ENVMAP_BIND", "everywhere", "write an IP address"),
        ("ENVMAP_TRUSTED_PROXIES", "10.0.0.1, proxy", "'proxy'"),
        ("ENVMAP_TLS_CERT", "nowhere.pem", "no such file"),
        ("DATABASE_URL", "mysql://x/y", "postgres://"),
        ("ENVMAP_MIGRATE_URL", "postgres://x/y", "DATABASE_URL is not"),
        ("REDIS_URL", "http://x", "redis://"),
        ("ENVMAP_VAR", "a;b", "use another folder"),
        ("ENVMAP_VAR", 'a"b', "use another folder"),
    ],
)
def test_a_value_that_is_not_understood_is_named_with_what_is_allowed(tmp_path, name, value, sentence):
    with pytest.raises(Trouble, match=name) as refusal:
        read(tmp_path, **{name: value})
    assert sentence in str(refusal.value)


def test_no_password_of_a_wrong_url_is_repeated(tmp_path):
    with pytest.raises(Trouble) as refusal:
        read(tmp_path, DATABASE_URL="mysql://me:secret@host/db")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("line", ["just words", "=value", "A='open", "A='closed' and more", "1A=x"])
def test_a_line_that_is_no_pair_is_named_with_its_number(tmp_path, line):
    with pytest.raises(Trouble, match="line 2"):
        read(tmp_path, f"A=1\n{line}\n")


def test_a_path_with_spaces_and_chinese_is_fine(tmp_path):
    assert read(tmp_path, ENVMAP_VAR="my 数据").var == tmp_path / "my 数据"


def test_the_own_host_is_a_name_that_allowed_hosts_lets_pass(tmp_path):
    assert read(tmp_path, ALLOWED_HOSTS="*, .example.cn, map.example.cn").own_host == "map.example.cn"
    assert read(tmp_path).own_host == "127.0.0.1"


@pytest.mark.parametrize(("bind", "address"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("127.0.0.2", "127.0.0.2")])
def test_the_printed_address_can_be_opened_on_this_machine(tmp_path, bind, address):
    assert read(tmp_path, ENVMAP_BIND=bind).address == f"http://{address}:8000/"
