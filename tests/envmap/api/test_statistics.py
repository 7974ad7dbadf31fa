"""Statistics over HTTP."""

import pytest

from tests.cast import make_feature
from tests.envmap.api.test_door import is_problem
from tests.tasks.make import bring_to, make_category, make_hours


def test_all_layers_that_one_sees_and_one_by_town(api, cast):
    make_hours()
    make_category(layer=cast.layer["dust-sites"])
    bring_to(cast, "accepted")
    body = api("GET", "/statistics/layers").json()
    assert [row["layer"] for row in body["items"]] == ["dust-sites", "outfalls"]
    dust = body["items"][0]
    assert (dust["total"], dust["by_condition"]["rectifying"], dust["orders"]["open"]) == (1, 1, 1)
    assert api("GET", "/statistics/layers?limit=1").json()["next"]
    one = api("GET", "/statistics/layers/dust-sites?by=town").json()
    assert [(row["key"], row["total"]) for row in one["rows"]] == [(None, 1)]
    days = api("GET", "/statistics/layers/dust-sites?by=day&from=2026-11-01&to=2026-11-03").json()
    assert [row["key"] for row in days["rows"]] == ["2026-11-01", "2026-11-02"]
    assert (days["from"], days["to"]) == ("2026-11-01T00:00:00+08:00", "2026-11-03T00:00:00+08:00")


def test_they_are_right_on_the_first_request_after_the_change(api, cast):
    before = api("GET", "/statistics/layers/dust-sites").json()["total"]
    make_feature(cast.layer["dust-sites"], "new")
    assert api("GET", "/statistics/layers/dust-sites").json()["total"] == before + 1


def test_what_one_does_not_see_is_not_counted(api, cast):
    assert [row["layer"] for row in api("GET", "/statistics/layers", as_="viewer").json()["items"]] == ["outfalls"]
    is_problem(api("GET", "/statistics/layers/dust-sites", as_="viewer"), 404)
    is_problem(api("GET", "/statistics/layers/dust-sites", as_=None), 401)


@pytest.mark.parametrize(
    ("query", "status"),
    [("by=weather", 400), ("from=x", 400), ("from=2026-11-24T00:00:00", 422), ("from=2026-02-01&to=2026-01-01", 400),
     ("limit=1", 400)],
)  # fmt: skip
def test_what_is_not_understood(api, cast, query, status):
    is_problem(api("GET", f"/statistics/layers/dust-sites?{query}"), status)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_same_queries_however_many_layers(api, cast, django_assert_max_num_queries, rows):
    from tests.cast import make_layer

    for n in range(rows):
        make_feature(make_layer(f"more-{n}", public=True), "f")
    api("GET", "/me")
    with django_assert_max_num_queries(6):
        assert len(api("GET", "/statistics/layers").json()["items"]) == rows + 2
