"""The honest client: it waits, sends again three times, and believes only its own answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.sensors.ingest.hj212 import SHANGHAI, Frame, FrameReader, answer
from layers.sensors.simulation.client import Link
from layers.sensors.simulation.values import Channel, QuestionNumbers, Voice, periods, rounds

FRAME = Frame(qn="20261124120000000", st="39", cn="2051", pw="123456", mn="A", flag=5)
NOON = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)


def played(
    host: Callable[[int, Frame], list[bytes] | None], play: Callable[[Link], Awaitable[None]], **how: object
) -> int:
    """Let a client play with a host that answers the nth frame by ``host`` (None: hangs up); frames it received."""
    received = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        frames = FrameReader()
        while data := await reader.read(65_536):
            for event in frames.feed(data):
                assert isinstance(event, Frame)
                received += 1
                answers = host(received, event)
                if answers is None:
                    writer.transport.abort()
                    return
                writer.write(b"".join(answers))
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = Link("127.0.0.1", server.sockets[0].getsockname()[1], **how)  # type: ignore[arg-type]
        try:
            await play(link)
        finally:
            await link.close()
            server.close()

    asyncio.run(asyncio.wait_for(main(), 30))
    return received


def right(frame: Frame) -> bytes:
    return answer(frame, "9014") or b""


def expect(*outcomes: bool) -> Callable[[Link], Awaitable[None]]:
    async def play(link: Link) -> None:
        assert [await link.upload(FRAME) for _ in outcomes] == list(outcomes)
        assert link.unanswered == 0

    return play


def test_an_answered_frame_is_sent_once() -> None:
    assert played(lambda _n, frame: [right(frame)], expect(True)) == 1


def test_without_an_answer_a_frame_is_sent_again_three_times_and_given_up() -> None:
    assert played(lambda _n, _frame: [], expect(False), answer_seconds=0.02) == 4


def test_a_late_answer_to_an_earlier_sending_counts() -> None:
    assert played(lambda n, frame: [right(frame)] if n == 3 else [], expect(True), answer_seconds=0.1) == 3


def test_an_answer_to_another_question_counts_for_nothing() -> None:
    other = Frame(qn="20261124120000001", st="39", cn="2051", pw="123456", mn="A", flag=5)
    assert played(lambda _n, _frame: [right(other)], expect(False), answer_seconds=0.02) == 4


def test_after_a_lost_connection_a_frame_is_sent_on_the_next_one() -> None:
    assert played(lambda n, frame: None if n == 1 else [right(frame)], expect(True), answer_seconds=5) == 2


@pytest.mark.parametrize(("patient", "outcome"), [(True, True), (False, False)])
def test_a_patient_client_does_not_count_lost_connections_as_resends(patient: bool, outcome: bool) -> None:
    received = played(
        lambda n, frame: None if n <= 5 else [right(frame)], expect(outcome), answer_seconds=5, patient=patient
    )
    assert received == (6 if patient else 4)


# -- what is said -----------------------------------------------------------------------------------------------------

CHANNEL = Channel("a34002", usual=0.06, decimals=3, ceiling=0.15)


@given(st.integers(0, 10_000), st.booleans())
def test_values_are_the_same_each_time_and_on_the_right_side_of_the_ceiling(minute: int, exceeds: bool) -> None:
    at = NOON + timedelta(minutes=minute)
    value = CHANNEL.value("A", at, exceeds=exceeds)
    assert value == CHANNEL.value("A", at, exceeds=exceeds)
    assert (float(value) > 0.15) is exceeds


def test_a_station_that_is_above_its_limit_recovers() -> None:
    voice = Voice("A", "1", "39", 60, (Channel("a34002", usual=0.3, decimals=3, ceiling=0.15),))
    assert float(voice.channels[0].value("A", NOON)) > 0.15
    assert float(voice.recovered().channels[0].value("A", NOON)) < 0.15


def test_a_frame_says_its_period_and_asks_for_an_answer() -> None:
    frame = Voice("A", "", "", 60, (CHANNEL,)).frame("minute", NOON, "20261124120100000")
    assert (frame.cn, frame.st, frame.flag, frame.item("DataTime")) == ("2051", "39", 5, "20261124120000")
    assert [name for name, _value in frame.cp[1:]] == ["a34002-Min", "a34002-Avg", "a34002-Max", "a34002-Flag"]


def test_question_numbers_are_seventeen_digits_and_never_repeat() -> None:
    numbers = QuestionNumbers()
    given_out = [numbers.next() for _ in range(5000)]
    assert sorted(set(given_out)) == given_out
    assert {len(number) for number in given_out} == {17}


def test_periods_are_over_and_each_station_has_its_own_turns() -> None:
    assert periods("minute", 2, NOON + timedelta(seconds=59)) == [
        NOON - timedelta(minutes=2),
        NOON - timedelta(minutes=1),
    ]
    assert periods("realtime", 1, NOON) == [NOON - timedelta(seconds=1)]
    one, two = (Voice(mn, "", "", 60, ()) for mn in "AB")
    assert [(voice.mn, turn) for voice, turn in rounds([one, two], 5)] == [
        ("A", 0),
        ("B", 0),
        ("A", 1),
        ("B", 1),
        ("A", 2),
    ]
