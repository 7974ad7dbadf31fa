"""One's own settings, the help and the figure on the rail."""

import re

import pytest

from envmap.pages.help_texts import HELP, PLACE_WORDS
from tests.cast import PEOPLE

pytestmark = pytest.mark.django_db


def test_single_letters_are_turned_off_for_the_person_and_on_again(cast, enter):
    field = enter("field")
    assert 'data-letter-keys="off"' not in field.get("/me/").text
    assert field.post("/me/", {}).status_code == 302
    assert 'data-letter-keys="off"' in field.get("/issues/").text
    assert 'data-letter-keys="off"' not in enter("officer").get("/issues/").text
    field.post("/me/", {"letter_keys": "on"})
    assert 'data-letter-keys="off"' not in field.get("/me/").text


def test_a_visitor_has_no_settings_but_help(client):
    assert client.get("/me/")["Location"] == "/signin/?next=/me/"
    page = client.get("/help/")
    assert page.status_code == 200
    assert all(f'href="/help/{role}/"' in page.text for role in HELP)
    assert 'href="/help/"' in client.get("/signin/").text


@pytest.mark.parametrize("role", HELP)
def test_each_role_has_a_help_whose_links_have_names(client, role):
    page = client.get(f"/help/{role}/", headers={"accept-language": "en"})
    assert page.status_code == 200
    for step in HELP[role].steps:
        assert not step.href or step.href in PLACE_WORDS


@pytest.mark.parametrize("who", PEOPLE)
def test_the_own_role_comes_first_in_the_help_and_its_links_are_open_to_it(cast, enter, who):
    client = enter(who)
    first = re.search(r'href="/help/(\w+)/"', client.get("/help/").text)
    assert first
    for step in HELP[first.group(1)].steps:
        if step.href:
            assert client.get(step.href, follow=True).status_code == 200, step.href


def test_an_unknown_role_has_no_help(client):
    assert client.get("/help/emperor/").status_code == 404


def test_the_rail_counts_the_issues_without_an_order(cast, enter, make_issue, make_order):
    assert "rail-badge" not in enter("officer").get("/issues/").text
    make_order()
    make_issue()
    assert re.search(r'rail-badge"[^>]*>1<', enter("officer").get("/statistics/").text)
    assert "rail-badge" not in enter("admin").get("/statistics/").text
