"""Every verb over HTTP, sent again with the same client_uuid: done once, answered alike; another body is refused."""

import uuid

import pytest

from tasks.orders import actions
from tasks.orders.models import Order, OrderEvent
from tests.envmap.api.caller import Caller
from tests.tasks.make import bring_to, make_photo, open_issue

STEPS = {  # verb: (state to start from, who, body)
    "accept": ("sent", "field", {}),
    "return": ("sent", "field", {"note": "不属我单位"}),
    "reassign": ("sent", "officer", {"department": "unit-two"}),
    "report": ("accepted", "field", {"note": "完成"}),
    "send_back": ("reported", "officer", {"note": "重做"}),
    "verify": ("reported", "officer", {}),
    "withdraw": ("sent", "officer", {"note": "误派"}),
    "comment": ("sent", "supervisor", {"note": "抓紧"}),
}


@pytest.fixture
def api(cast):
    """Calls with tokens of the cast."""
    return Caller(cast)


def test_every_verb_is_here():
    assert set(STEPS) == set(actions.VERBS)


@pytest.mark.parametrize("verb", STEPS)
def test_a_repeated_verb_is_done_once_and_answered_alike(api, cast, verb):
    state, who, body = STEPS[verb]
    order = bring_to(cast, state)
    if verb == "report":
        body = body | {"attachments": [make_photo(cast.user[who]).pk]}
    body = body | {"client_uuid": str(uuid.uuid4()), "version": order.version}
    path = f"/orders/{order.number}/{verb}"
    first = api("POST", path, body, as_=who)
    again = api("POST", path, body, as_=who)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert (first.get("Idempotent-Replay"), again["Idempotent-Replay"]) == (None, "true")
    assert OrderEvent.objects.filter(subject=order).count() == order.events + 1
    other = api("POST", path, body | {"note": "另一句"}, as_=who)
    assert other.status_code == 409
    assert OrderEvent.objects.filter(subject=order).count() == order.events + 1


def test_a_repeated_dispatch_makes_one_order(api, cast):
    issue = open_issue(cast)
    body = {"department": "unit-one", "client_uuid": str(uuid.uuid4())}
    first, again = (api("POST", f"/issues/{issue.number}/dispatch", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json() and again["Location"] == first["Location"]
    assert Order.objects.count() == 1


def test_a_refusal_is_not_kept_so_the_same_request_goes_once_the_state_is_right(api, cast):
    order = bring_to(cast, "accepted")
    body = {"client_uuid": str(uuid.uuid4())}
    assert api("POST", f"/orders/{order.number}/verify", body).status_code == 409
    photo = make_photo(cast.user["field"])
    actions.report(order.number, by=cast.asker("field"), note="完成", attachments=[photo.pk])
    assert api("POST", f"/orders/{order.number}/verify", body).status_code == 200
