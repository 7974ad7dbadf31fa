"""Every list takes the same number of queries for one row and for three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from envmap.accounts import actions as accounts
from envmap.core import outbox
from tasks.orders.models import OrderAttachment
from tests.cast import make_department, make_layer, make_user
from tests.envmap.api.caller import ROOT, document
from tests.tasks.make import dispatch, make_alarm, make_category, make_hours, make_photo, open_issue

LISTS = sorted(
    path.removeprefix(ROOT)
    for path, methods in document()["paths"].items()
    if any(parameter["name"] == "limit" for parameter in methods.get("get", {}).get("parameters", []))
)


@pytest.fixture
def grow(api, cast):
    """Adds one more of everything."""
    make_hours()

    def more(n):
        make_category(f"N-{n}", layer=cast.layer["dust-sites"])
        make_alarm(cast)
        make_layer(f"more-{n}", public=True)
        make_user(f"person-{n}", make_department(f"unit-more-{n}", "operator"), "field")
        accounts.make_token(by=cast.asker("officer"), name=f"t{n}", scopes=["read"])
        order = dispatch(cast, open_issue(cast))
        photo = make_photo(cast.user["field"])
        OrderAttachment.objects.create(order=order, attachment=photo)
        feature = cast.feature["dust-sites"]
        feature.name = f"改名 {n}"
        feature.save()
        while outbox.number_committed():
            pass
        return order

    return more


@pytest.mark.parametrize("path", LISTS)
def test_one_row_and_three_take_the_same_queries(api, cast, grow, path):
    order = grow(1)
    parts = {
        "key": "dust-sites", "id": cast.feature["dust-sites"].pk, "mn": "none",
        "number": order.issue.number if path.startswith("/issues") else order.number,
    }  # fmt: skip
    if "{mn}" in path:
        parts["mn"] = make_alarm(cast).station.mn
    url = path.format(**parts) + {"/events": "?since=0", "/search": "?q=改名"}.get(path, "")
    api("GET", url)
    counts = []
    for n in (2, 3):
        with CaptureQueriesContext(connection) as seen:
            response = api("GET", url)
        assert response.status_code == 200
        counts.append(len(seen))
        if n == 2:
            grow(2)
            grow(3)
    assert counts[0] == counts[1]
