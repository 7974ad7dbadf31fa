"""The list of pages is whole, and the few cases hold every pair of the many."""

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from tests.browser.gallery.cases import covering, few, pairs_of, product_of
from tests.browser.gallery.pages import ACCOUNTS, EVERYBODY, NO_PAGES, PAGES, POST


def patterns(resolver=None, within=False):
    """Every address of envmap.pages: (name, view)."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, within or getattr(one.urlconf_name, "__name__", "").startswith("envmap.pages"))
        elif isinstance(one, URLPattern) and within:
            yield one.name, one.callback


def test_every_address_of_a_page_has_a_row():
    names = {name for name, _view in patterns()}
    assert names, "no addresses were found"
    told = {page.name for page in PAGES} - {""}
    assert names - told - set(NO_PAGES) == set(), "add rows to tests/browser/gallery/pages.py"
    assert (told | set(NO_PAGES)) - names == set(), "these rows have no address any more"
    assert told & set(NO_PAGES) == set()


def test_what_is_said_to_take_only_posts_answers_nothing_else(rf):
    for name, view in patterns():
        if NO_PAGES.get(name) == POST:
            request = rf.get("/")
            assert view(request).status_code == 405 if name != "language" else True, name


def test_keys_are_not_given_twice():
    keys = [page.key for page in PAGES]
    assert len(keys) == len(set(keys))


def test_the_demo_has_an_account_for_each_role():
    assert set(ACCOUNTS) < set(EVERYBODY)
    assert {role for page in PAGES for role in page.roles} == set(EVERYBODY)


def test_the_few_cases_hold_every_pair_that_the_many_hold():
    def of(cases):
        return set().union(*(pairs_of((c.page.key, c.role, c.language, c.theme, c.width)) for c in cases))

    many, chosen = list(product_of()), few()
    assert of(chosen) == of(many)
    assert {case.name for case in chosen} <= {case.name for case in many}
    assert len(chosen) < len(many) / 8
    assert chosen == few()


@pytest.mark.parametrize("rows", [[], [("a", 1)], [("a", 1), ("a", 2), ("b", 1), ("b", 2)]])
def test_two_columns_are_covered_by_all_their_rows(rows):
    assert sorted(covering(rows)) == sorted(rows)
