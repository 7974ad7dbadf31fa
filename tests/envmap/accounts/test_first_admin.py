"""An empty bureau's first administrator."""

import io

import pytest
from django.core.management import CommandError, call_command

from envmap.accounts.models import Department, User
from envmap.accounts.queries import asker_for
from envmap.accounts.roles import Role


def run(**options) -> str:
    """The command without a terminal; what it said."""
    out = io.StringIO()
    call_command("first_admin", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_the_first_administrator_comes_with_a_bureau(monkeypatch):
    monkeypatch.setenv("ENVMAP_ADMIN_PASSWORD", "a-long-enough-word")
    run(username="boss", name="苏某", bureau="某区生态环境局")
    assert asker_for(User.objects.get(username="boss")).role is Role.ADMIN
    assert Department.objects.get().names["zh-hans"] == "某区生态环境局"
    assert "There is an administrator" in run()


@pytest.mark.django_db
def test_without_a_terminal_it_says_what_is_missing_and_keeps_nothing(monkeypatch):
    assert "manage.py first_admin" in run(no_input=True)
    with pytest.raises(CommandError, match="ENVMAP_ADMIN_PASSWORD"):
        run(username="boss", name="苏某", bureau="局")
    monkeypatch.setenv("ENVMAP_ADMIN_PASSWORD", "short")
    with pytest.raises(CommandError):
        run(username="boss", name="苏某", bureau="局")
    assert (User.objects.count(), Department.objects.count()) == (0, 0)
