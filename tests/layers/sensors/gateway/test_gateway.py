"""The gateway over real sockets and a real database: who is answered, what is kept, and what never happens."""

import threading
from decimal import Decimal
from unittest.mock import Mock

import pytest

from envmap.accounts.asker import SYSTEM
from layers.sensors import actions, payloads, queries
from layers.sensors.actions import Refused, frames
from layers.sensors.gateway import database, limits, server
from layers.sensors.gateway.limits import Buckets, Letters
from layers.sensors.ingest.hj212 import CAPACITY
from layers.sensors.models import Alarm, DeadLetter, Reading, Station
from tests.layers.sensors import make
from tests.layers.sensors.gateway.running import Client, running, until
from tests.layers.sensors.ingest.frames import framed
from tests.layers.sensors.make import MN

pytestmark = pytest.mark.django_db(transaction=True)


def qn(number: int) -> str:
    return f"20261124120000{number:03}"


def data(
    number: int = 0,
    *,
    value: str = "0.1",
    mn: str = MN,
    pw: str = "123456",
    flag: int = 5,
    cn: str = "2051",
    code: str = "a34002",
) -> bytes:
    """A minute's frame, ``number`` minutes after noon."""
    hour, minute = divmod(number, 60)
    area = f"DataTime=20261124{12 + hour:02}{minute:02}00;{code}-Avg={value},{code}-Flag=N"
    return framed(f"QN={qn(number)};ST=39;CN={cn};PW={pw};MN={mn};Flag={flag};CP=&&{area}&&")


@pytest.fixture
def dust(transactional_db):
    make.factor()
    make.factor("w01018", "mg/L", code_2005="011")
    return make.station()


@pytest.fixture
def gateway(dust):
    with running() as gateway:
        yield gateway


@pytest.fixture
def client(gateway):
    client = Client(gateway.port)
    yield client
    client.close()


def letters() -> dict[str, int]:
    return dict(queries.dead_letter_counts())


def test_an_answer_means_that_the_reading_is_kept(client, dust) -> None:
    answer = client.ask(data(value="0.153"))
    assert (answer.st, answer.cn, answer.qn, answer.pw, answer.mn, answer.flag) == (
        "91",
        "9014",
        qn(0),
        "123456",
        MN,
        4,
    )
    row = Reading.objects.get()
    assert (row.station_id, row.value, row.kind, row.flag) == (dust.pk, Decimal("0.153"), "minute", "N")


def test_a_duplicate_is_answered_like_the_first_and_stored_once(client, gateway) -> None:
    answers = [client.ask(data()) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert (Reading.objects.count(), gateway.gateway.figures.duplicates) == (1, 2)


def test_frames_without_a_wish_for_an_answer_are_kept_and_not_answered(client) -> None:
    client.send(data(0, flag=4))
    assert client.ask(data(1)).qn == qn(1)
    assert Reading.objects.count() == 2


def test_many_frames_in_one_send_are_each_answered_with_their_own_qn(client) -> None:
    client.send(*(data(number) for number in range(200)))
    assert sorted(answer.qn for answer in client.answers(200)) == [qn(number) for number in range(200)]
    assert Reading.objects.count() == 200


def test_a_frame_of_2005_is_kept_under_its_2017_code_and_answered_in_its_own_form(client) -> None:
    answer = client.ask(data(flag=1, code="011"))
    assert (answer.qn, answer.flag, answer.cp) == (None, 0, (("QN", qn(0)), ("CN", "2051")))
    assert Reading.objects.get().factor == "w01018"


def test_a_station_sends_in_its_own_unit_and_under_its_own_names(client) -> None:
    Station.objects.update(units={"a34002": "ug/m3"}, aliases={"PM10": "a34002"})
    client.ask(data(value="153", code="PM10"))
    assert [(row.factor, row.value) for row in Reading.objects.all()] == [("a34002", Decimal("0.153"))]


def test_an_unknown_factor_is_kept_under_its_raw_code_and_unjudged(client) -> None:
    client.ask(data(code="PM2.5"))
    assert Reading.objects.get().factor == "PM2.5"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (data(mn="0" * 24), "unknown_mn"),
        (data(mn=""), "unknown_mn"),
        (data(pw="654321"), "wrong_password"),
        (framed(f"QN={qn(0)};ST=39;CN=2051;MN={MN};Flag=5;CP=&&DataTime=20261124120000&&"), "wrong_password"),
        (data(cn="2099"), "unknown_command"),
        (data(cn="1062"), "wrong_direction"),
        (framed(f"QN={qn(0)};ST=39;CN=2051;PW=123456;MN={MN};Flag=5;CP=&&a34002-Avg=1&&"), "bad_time"),
        (framed(f"QN={qn(0)};ST=39;CN=2011;PW=123456;MN={MN};Flag=9;CP=&&A0B1C2D3&&"), "encrypted"),
        (data()[:-6] + b"0001\r\n", "crc_mismatch"),
        (b"##0999" + data()[6:], "length_mismatch"),
        (b"##0005hello1234\r\n", "malformed"),
        (b"GET / HTTP/1.1\r\n\r\n", "garbage"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_frame_is_not_answered_kept_with_its_reason_and_costs_nothing_else(
    client, gateway, frame, reason
) -> None:
    client.send(frame)
    assert client.ask(data(1)).qn == qn(1)
    until(lambda: letters() == {reason: 1})
    letter = DeadLetter.objects.get()
    assert (letter.reason, letter.address) == (reason, "127.0.0.1")
    assert bytes(letter.raw) in frame
    assert letter.detail.endswith(".")
    assert Reading.objects.count() == 1
    assert "123456" not in letter.detail


def test_an_open_station_is_not_asked_for_its_password(client) -> None:
    Station.objects.update(is_open=True, password="")
    assert client.ask(data(pw="000000")).pw == "000000"


@pytest.mark.parametrize(
    ("cn", "answered"), [("1013", "9013"), ("9015", "9013"), ("2021", "9014"), ("3020", "9014"), ("2081", "9014")]
)
def test_notices_and_other_uploads_are_answered_as_the_standard_says(client, cn, answered) -> None:
    answer = client.ask(framed(f"QN={qn(0)};ST=39;CN={cn};PW=123456;MN={MN};Flag=5;CP=&&DataTime=20261124120000&&"))
    assert (answer.cn, answer.qn, answer.cp) == (answered, qn(0), ())


def test_a_leniency_holds_from_the_moment_it_is_set(client) -> None:
    wrong = b"##0999" + data()[6:]
    client.send(wrong)
    assert client.ask(data(1)).qn == qn(1)
    Station.objects.update(leniencies=["wrong_length"])
    assert client.ask(wrong).qn == qn(0)


def test_what_is_unusual_in_a_stations_frames_is_told_as_its_warnings(client) -> None:
    def warnings() -> list[str]:
        return payloads.station_payload(queries.station_of(SYSTEM, MN))["warnings"]

    client.ask(data(0))
    assert warnings() == []
    client.ask(data(1, flag=9))
    client.ask(data(2, value="153"))
    assert len(warnings()) == len(Station.objects.get().notes) == 2
    client.send(data(3), data(4, flag=9))
    client.answers(2)
    assert Station.objects.get().notes == ["edition_2025", "unit_implausible"]
    actions.update_station(by=SYSTEM, mn=MN, units={"a34002": "ug/m3"})
    client.ask(data(5, value="153"))
    assert warnings() == []


def test_an_exceeding_frame_raises_an_alarm_in_its_own_transaction(client, dust) -> None:
    make.rule(station=dust)
    client.ask(data(value="0.2"))
    assert Alarm.objects.get(cleared_at=None).first_value == Decimal("0.2")
    client.ask(data(1, value="0.1"))
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_one_frame_that_the_database_refuses_costs_no_other_frame_its_answer(client, gateway, monkeypatch) -> None:
    # A value that the table cannot hold slips through the decoder, as only a fault of ours would let it.
    monkeypatch.setattr("layers.sensors.ingest.hj212.decode.parse_value", Decimal)
    client.send(data(0), data(1, value="1e20"), data(2))
    assert [answer.qn for answer in client.answers(2)] == [qn(0), qn(2)]
    until(lambda: letters() == {"store_failed": 1})
    assert Reading.objects.count() == 2


def test_a_frame_that_our_own_fault_cannot_read_stops_nobody(client, monkeypatch) -> None:
    real = frames.decode

    def decode(frame, station, table):
        if frame.qn == qn(1):
            raise RuntimeError("a fault")
        return real(frame, station, table)

    monkeypatch.setattr(frames, "decode", decode)
    client.send(data(0), data(1), data(2))
    assert [answer.qn for answer in client.answers(2)] == [qn(0), qn(2)]
    until(lambda: letters() == {"store_failed": 1})


def test_dead_letters_that_cannot_be_kept_are_counted(client, monkeypatch) -> None:
    real = database.keep_dead_letters

    def keep(refused):
        assert all(one.raw is None for one in refused), "bytes that no table holds"
        real(refused)

    monkeypatch.setattr(database, "keep_dead_letters", keep)
    client.send(data(pw="wrong"))
    until(lambda: letters() == {"wrong_password": 1})
    assert client.ask(data(1)).qn == qn(1)


def test_a_connection_beyond_the_limit_of_its_address_is_hung_up_on(dust) -> None:
    with running(connections_per_address=2) as gateway:
        first, second = Client(gateway.port), Client(gateway.port)
        first.ask(data(0))
        second.ask(data(1))
        assert Client(gateway.port).is_hung_up()
        second.close()
        until(lambda: gateway.gateway.figures.connections == 1)
        assert Client(gateway.port).ask(data(2)).qn == qn(2)
        until(lambda: letters() == {"too_many_connections": 1})


def test_what_a_station_sends_beyond_its_rate_is_not_answered_but_counted(dust, monkeypatch) -> None:
    monkeypatch.setattr(server, "LONGEST_RATE_WAIT", -1)
    make.station("B" * 24)
    with running(frames_per_second=0.05) as gateway:  # three a minute
        client = Client(gateway.port)
        client.send(*(data(number, pw="wrong") for number in range(9)))  # a stranger's frames cost the station nothing
        client.send(*(data(number) for number in range(4)))
        client.send(data(mn="B" * 24))
        assert [answer.mn for answer in client.answers(4)] == [MN, MN, MN, "B" * 24]
        until(lambda: letters() == {"wrong_password": 3, "rate_limited": 7})
    assert Reading.objects.count() == 4


def test_a_silent_connection_is_closed(dust) -> None:
    with running(idle_seconds=0.05) as gateway:
        assert Client(gateway.port).is_hung_up()


def test_a_client_that_reads_no_answers_is_hung_up_on() -> None:
    transport, writer = Mock(), Mock()
    writer.transport = transport
    transport.is_closing.return_value = False
    transport.get_write_buffer_size.return_value = server.UNREAD_ANSWERS
    connection = server.Connection("127.0.0.1", writer)
    assert connection.answer(b"x")
    writer.write.assert_called_once_with(b"x")
    transport.get_write_buffer_size.return_value += 1
    assert not connection.answer(b"y")
    transport.abort.assert_called_once_with()


def test_term_takes_nothing_more_and_answers_what_was_taken(dust) -> None:
    with running() as gateway:
        client = Client(gateway.port)
        client.send(*(data(number) for number in range(300)))
        until(lambda: gateway.gateway.figures.frames >= 250)
        gateway.stop()
        answered = client.socket.makefile("rb").read().count(b"CN=9014")
        assert answered == Reading.objects.count() >= 250


def test_hostile_clients_hold_no_honest_frame_back_and_fill_no_buffer(dust) -> None:
    hostile, honest = 12, 60
    with running(connections_per_address=100) as gateway:
        done = threading.Event()

        def attack(number: int) -> None:
            client = Client(gateway.port)
            start = b"##9999" if number % 2 else b"##9999QN="
            junk = start + bytes((number * 7 + at * 31) % 251 for at in range(9_973))
            try:
                while not done.is_set():
                    client.send(junk)
            except OSError:
                pass
            client.close()

        threads = [threading.Thread(target=attack, args=(number,)) for number in range(hostile)]
        for thread in threads:
            thread.start()
        client = Client(gateway.port)
        assert [client.ask(data(number)).qn for number in range(honest)] == [qn(number) for number in range(honest)]
        done.set()
        for thread in threads:
            thread.join()
        assert 0 < gateway.gateway.figures.buffer_peak <= CAPACITY
    assert Reading.objects.count() == honest
    assert DeadLetter.objects.count() <= 600 < sum(letters().values())


def test_figures_are_told_to_whoever_watches(client, gateway) -> None:
    client.ask(data())
    until(lambda: (queries.gateway_figures() or {}).get("answered") == 1)


# -- pure parts -------------------------------------------------------------------------------------------------------


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_may_come_at_once_and_then_ten_a_second() -> None:
    clock = Clock()
    buckets = Buckets(10, clock)
    assert [buckets.wait_for((MN, "1")) for _ in range(600)] == [0] * 600
    assert buckets.wait_for((MN, "1")) == pytest.approx(0.1)
    assert buckets.wait_for((MN, "2")) == 0
    clock.now += 0.1
    assert buckets.wait_for((MN, "1")) == 0
    assert buckets.wait_for((MN, "1")) == pytest.approx(0.1)
    clock.now += 61
    assert [buckets.wait_for((MN, "3")), len(buckets)] == [0, 1]


def test_made_up_stations_are_not_all_remembered_and_one_at_its_limit_is(monkeypatch) -> None:
    monkeypatch.setattr(limits, "KEYS_AT_MOST", 100)
    buckets = Buckets(10, Clock())
    while not buckets.wait_for((MN, "1")):
        pass
    for number in range(1000):
        buckets.wait_for((f"made up {number}", ""))
        assert len(buckets) <= 101
    assert buckets.wait_for((MN, "1")) > 0


def test_a_flood_of_refused_frames_is_counted_whole_and_kept_in_part() -> None:
    clock = Clock()
    kept = Letters(clock, per_source=3, overall=5)
    for address in "ABC":
        for _ in range(10):
            kept.add(Refused("garbage", "", b"x", address=address))
    taken = kept.take()
    assert (sum(one.count for one in taken), sum(one.raw is not None for one in taken)) == (30, 5)
    assert kept.take() == []
    clock.now += 60
    kept.add(Refused("garbage", "", b"x", address="A"))
    assert [one.raw for one in kept.take()] == [b"x"]
    kept.give_back(taken)
    assert sum(one.count for one in kept.take()) == 30
