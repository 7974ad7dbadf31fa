"""`/ws/live/` as docs/interfaces.md promises it, over a real server, with real commits and a real relay."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.test import Client
from websockets.exceptions import InvalidStatus

from envmap.accounts import signin
from envmap.accounts.actions import disable_user, end_membership
from envmap.accounts.models import Membership, Token
from envmap.accounts.signals import rights_changed
from envmap.core import clock, nudges, outbox
from envmap.core.jobs import forget_old_rows
from envmap.core.models import OutboxFact
from envmap.core.outbox import Fact
from envmap.live import hub as hubs
from tests.envmap.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def change(feature, *audience: str, n: int = 1, **more) -> None:
    """`n` committed facts about a feature, for the public and the bureau unless said otherwise."""
    with transaction.atomic():
        outbox.tell(
            Fact("feature.changed", audience or ("public", "bureau"), layer=feature.layer.key, feature=feature.code,
                 feature_id=feature.pk, location=feature.geometry, **more)
            for _ in range(n)
        )  # fmt: skip


def numbered(seq: int) -> None:
    """Waits until the relay has numbered up to `seq`."""
    eventually(lambda: outbox.head() >= seq)


@pytest.fixture
def signed_in(cast):
    """`signed_in("officer")`: a browser with a session."""

    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(cast.user[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def test_hello_tells_the_head_and_a_subscription_begins_there(cast, relay, dial):
    change(cast.feature["outfalls"], n=3)
    numbered(3)
    socket = dial()
    assert socket.hello == {"type": "hello", "seq": 3}
    assert socket.subscribe() == {"type": "subscribed", "seq": 3}
    change(cast.feature["outfalls"])
    (fact,) = socket.take(1)
    assert (fact["seq"], fact["prev"], fact["type"], fact["feature"]) == (4, 3, "feature.changed", "outfalls-1")


def test_missed_facts_come_first_and_then_live_ones_without_gap_or_repeat(cast, relay, dial):
    change(cast.feature["outfalls"], n=3)
    numbered(3)
    socket = dial()
    assert socket.subscribe(since=1) == {"type": "subscribed", "seq": 1}
    change(cast.feature["outfalls"], n=2)
    assert [(f["prev"], f["seq"]) for f in socket.take(4)] == [(1, 2), (2, 3), (3, 4), (4, 5)]


def test_prev_goes_past_facts_that_one_may_not_see(cast, relay, dial):
    socket = dial()
    socket.subscribe()
    change(cast.feature["outfalls"])
    change(cast.feature["dust-sites"])
    change(cast.feature["outfalls"])
    assert [(f["prev"], f["seq"]) for f in socket.take(2)] == [(0, 1), (1, 3)]


def test_each_subscription_replaces_the_last(cast, relay, dial, token_of):
    socket = dial(token=token_of("officer"))
    socket.subscribe(layers=["outfalls"])
    change(cast.feature["dust-sites"])
    change(cast.feature["outfalls"])
    assert [f["layer"] for f in socket.take(1)] == ["outfalls"]
    assert socket.subscribe(layers=["dust-sites"], since=0) == {"type": "subscribed", "seq": 0}
    assert [f["layer"] for f in socket.take(1)] == ["dust-sites"]
    assert socket.subscribe(bbox=[0, 0, 1, 1])["type"] == "subscribed"
    change(cast.feature["outfalls"])
    numbered(3)
    assert socket.subscribe(since=2)["seq"] == 2
    assert [f["seq"] for f in socket.take(1)] == [3]


@pytest.mark.parametrize("since", [0, 99])
def test_a_since_that_is_gone_or_not_yet_given_out_is_answered_with_reset(cast, relay, dial, since):
    change(cast.feature["outfalls"], n=3)
    numbered(3)
    OutboxFact.objects.filter(seq__lte=2).update(created_at=clock.now() - timedelta(days=8))
    forget_old_rows()
    socket = dial()
    socket.send({"type": "subscribe", "since": since})
    assert [socket.receive(), socket.receive()] == [{"type": "reset"}, {"type": "subscribed", "seq": 3}]
    assert socket.subscribe(since=2)["seq"] == 2
    assert [f["seq"] for f in socket.take(1)] == [3]


def test_each_role_hears_what_it_may_see(cast, relay, dial, token_of):
    outfall, dust = cast.feature["outfalls"], cast.feature["dust-sites"]
    departments = [f"department:{d.pk}" for d in cast.department.values()]
    sockets = {
        name: dial(token=token_of(name)) for name in ("officer", "admin", "supervisor", "field", "viewer", "partner")
    }
    sockets["nobody"] = dial()
    for socket in sockets.values():
        socket.subscribe()
    change(dust, "bureau", *departments)
    change(outfall, "public")
    for name, socket in sockets.items():
        expected = [1, 2] if name in {"officer", "admin", "supervisor"} else [2]
        assert [f["seq"] for f in socket.take(len(expected))] == expected, name


@pytest.mark.parametrize(
    "message",
    ["", "no json", "[]", '{"type":"unsubscribe"}', '{"type":"subscribe","layers":7}', b"\x00\x01", "x" * (17 * 1024)],
)
def test_what_is_not_understood_is_answered_with_a_sentence_and_changes_nothing(cast, relay, dial, message):
    socket = dial()
    socket.subscribe()
    socket.send(message)
    answer = socket.receive()
    assert answer["type"] == "error" and answer["detail"]
    change(cast.feature["outfalls"])
    assert [f["seq"] for f in socket.take(1)] == [1]


def test_a_foreign_page_and_a_foreign_host_do_not_get_in(asgi_server, dial):
    for headers in (
        {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Origin": f"http://{asgi_server}.example"},
        {"Host": "elsewhere.example", "Origin": "http://elsewhere.example"},
    ):  # fmt: skip
        with pytest.raises(InvalidStatus) as refusal:
            dial(headers=headers)
        assert refusal.value.response.status_code == 403
    assert dial(headers={"Origin": f"http://{asgi_server}"}).hello["type"] == "hello"


def test_no_socket_listens_elsewhere(asgi_server):
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus):
        connect(f"ws://{asgi_server}/ws/other/", open_timeout=20)


def test_a_bad_token_is_told_so_by_the_code(cast, dial):
    assert dial(token="unknown", greet=False).closed_with() == 4401


def test_a_stations_token_reads_nothing(cast, dial):
    from layers.sensors.models import Station

    Station.objects.create(mn="MN1", name="s", feature=cast.feature["outfalls"])
    secret = signin.make_token(by=cast.asker("officer"), name="t", scopes=["ingest"], station="MN1")[1]
    assert dial(token=secret, greet=False).closed_with() == 4403


def test_sign_out_closes_the_sockets_of_that_session_only(cast, relay, dial, signed_in):
    here, elsewhere = signed_in("officer"), signed_in("officer")
    sockets = [dial(client=here), dial(client=here), dial(client=elsewhere)]
    for socket in sockets:
        socket.subscribe()
    request = type("Request", (), {})()
    request.session, request.user, request.META = here.session, cast.user["officer"], {}
    signin.sign_out(request)
    assert [socket.closed_with() for socket in sockets[:2]] == [4401, 4401]
    change(cast.feature["dust-sites"])
    assert [f["seq"] for f in sockets[2].take(1, past_resets=True)] == [1]


@pytest.mark.parametrize("way", ["session", "token"])
def test_a_disabled_person_hears_nothing_more_and_the_open_socket_is_closed(
    cast, relay, dial, signed_in, token_of, way
):
    socket = dial(client=signed_in("field")) if way == "session" else dial(token=token_of("field"))
    socket.subscribe()
    disable_user(by=cast.asker("admin"), username="field")
    change(cast.feature["outfalls"])
    assert socket.closed_with() == 4401
    assert socket.facts == []


def test_a_person_disabled_behind_the_applications_back_hears_nothing_of_what_comes_after(
    cast, relay, dial, token_of, monkeypatch
):
    """No signal, no nudge: rights are looked at with every fact."""
    socket = dial(token=token_of("field"))
    socket.subscribe()
    assert socket.is_quiet()
    type(cast.user["field"]).objects.filter(username="field").update(is_active=False)
    change(cast.feature["outfalls"])
    assert socket.closed_with() == 4401
    assert socket.facts == []


def test_a_revoked_token_closes_its_socket(cast, relay, dial, token_of):
    socket = dial(token=token_of("officer"))
    socket.subscribe()
    signin.revoke_token(by=cast.asker("officer"), token_id=Token.objects.get().pk)
    assert socket.closed_with() == 4401


def test_a_switch_of_membership_resets_and_the_new_rights_hold_at_once(cast, relay, dial, signed_in):
    second = Membership.objects.create(
        user=cast.user["viewer"], department=cast.department["bureau"], role="officer", is_default=False
    )
    client = signed_in("viewer")
    socket = dial(client=client)
    socket.subscribe()
    change(cast.feature["dust-sites"], "bureau")
    change(cast.feature["outfalls"])
    assert [f["seq"] for f in socket.take(1)] == [2]
    request = type("Request", (), {})()
    session = client.session
    request.session, request.user, request.asker = session, cast.user["viewer"], cast.asker("viewer")
    signin.switch_membership(request, membership_id=second.pk)
    session.save()
    change(cast.feature["dust-sites"], "bureau")
    assert socket.receive() == {"type": "reset"}
    assert [f["seq"] for f in socket.take(1, past_resets=True)] == [3]


def test_whoever_may_no_longer_see_something_reads_anew_though_their_role_is_the_same(cast, relay, dial, signed_in):
    """An order handed on, a share taken back: no fact may tell those who lost it."""
    one, another = dial(client=signed_in("field")), dial(client=signed_in("field2"))
    for socket in (one, another):
        socket.subscribe()

    def say() -> dict | None:
        rights_changed.send(sender=None, user_id=cast.user["field"].pk)
        try:
            return one.receive(seconds=1)
        except TimeoutError:
            return None  # the hub may not have subscribed yet

    assert eventually(say) == {"type": "reset"}
    assert another.is_quiet()


def test_the_end_of_the_last_membership_closes_the_socket(cast, relay, dial, signed_in):
    socket = dial(client=signed_in("viewer"))
    socket.subscribe()
    end_membership(by=cast.asker("admin"), membership_id=cast.user["viewer"].memberships.get().pk)
    assert socket.closed_with() == 4401


def test_heads_are_told_while_nothing_happens(cast, dial, monkeypatch):
    monkeypatch.setattr("envmap.live.consumers.HEAD_SECONDS", 0.05)
    socket = dial()
    assert json.loads(socket.connection.recv(timeout=30)) == {"type": "head", "seq": 0}


def test_no_fact_is_lost_while_redis_is_away(cast, relay, dial, settings, monkeypatch):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    monkeypatch.setattr(nudges, "_client", None)
    socket = dial()
    socket.subscribe()
    change(cast.feature["outfalls"], n=3)
    assert [f["seq"] for f in socket.take(3)] == [1, 2, 3]
    monkeypatch.setattr(nudges, "_client", None)
    monkeypatch.setattr(nudges, "_quiet_until", 0.0)


def test_a_socket_further_behind_than_the_buffer_reads_the_database(cast, relay, dial, monkeypatch):
    monkeypatch.setattr(hubs, "BUFFERED", 5)
    keeps_the_hub_awake = dial()
    change(cast.feature["outfalls"], n=40)
    numbered(40)
    change(cast.feature["outfalls"])
    socket = dial()
    socket.subscribe(since=0)
    assert [f["seq"] for f in socket.take(41)] == list(range(1, 42))
    assert keeps_the_hub_awake.is_quiet()


def test_the_newest_readings_reach_those_who_see_the_feature(cast, relay, dial, token_of):
    dust = cast.feature["dust-sites"]
    officer, visitor = dial(token=token_of("officer")), dial()
    for socket in (officer, visitor):
        socket.subscribe()
    reading = {"factor": "a34002", "kind": "minute", "time": "2026-11-24T08:00:00+08:00", "value": 0.2, "flag": "N"}

    def say() -> dict | None:
        nudges.publish("readings", {"mn": "MN1", "layer": "dust-sites", "feature_id": dust.pk, "readings": [reading]})
        try:
            return officer.receive(seconds=1)
        except TimeoutError:
            return None  # the hub may not have subscribed yet

    assert eventually(say) == {
        "type": "reading.latest", "layer": "dust-sites", "feature_id": dust.pk, "station": "MN1", "readings": [reading],
    }  # fmt: skip
    assert visitor.is_quiet()


def test_a_handshake_without_the_database_is_refused_and_leaves_nothing_behind(cast, relay, dial, monkeypatch):
    def away(*args):
        raise OperationalError("the database is away")

    monkeypatch.setattr("envmap.live.rights.asker_behind", away)
    with pytest.raises(InvalidStatus):
        dial()
    monkeypatch.undo()
    socket = dial()
    socket.subscribe()
    change(cast.feature["outfalls"])
    assert [f["seq"] for f in socket.take(1)] == [1]
