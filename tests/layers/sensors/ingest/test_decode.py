"""What readings a frame holds, in both editions, and how each command is met."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.sensors.ingest.hj212 import (
    SHANGHAI,
    Edition,
    Frame,
    Kind,
    Note,
    Part,
    Reading,
    Reason,
    Refusal,
    answer,
    command,
    readings,
)
from layers.sensors.ingest.hj212.commands import COMMANDS
from tests.layers.sensors.ingest.frames import MN, QN, framed, only, read, refused, upload

OLD = {"011": "w01018", "060": "w21003", "B01": "w00000"}


def decoded(area: str, *, cn: str = "2011", flag: int = 5, st: str = "32") -> list[Reading]:
    return readings(only(framed(upload(area, cn=cn, flag=flag, st=st))), OLD)


def test_a_real_time_value_is_its_rtd_at_the_moment_of_sampling() -> None:
    (found,) = decoded("DataTime=20160801085857;a34002-Rtd=0.153,a34002-ZsRtd=0.2,a34002-Flag=N,a34002-EFlag=A01")
    assert found == Reading(
        factor="a34002",
        kind=Kind.REALTIME,
        time=datetime(2016, 8, 1, 0, 58, 57, tzinfo=UTC),
        value=Decimal("0.153"),
        converted=Decimal("0.2"),
        flag="N",
        maker_flag="A01",
    )


@pytest.mark.parametrize(("cn", "kind"), [("2051", Kind.MINUTE), ("2061", Kind.HOUR), ("2031", Kind.DAY)])
def test_a_periods_value_is_its_mean_at_the_start_of_the_period(cn: str, kind: Kind) -> None:
    area = "DataTime=20160801080000;w01018-Cou=63.0,w01018-Min=16.4,w01018-Avg=17.5,w01018-Max=20.1"
    (found,) = decoded(f"{area},w01018-ZsAvg=18,w01018-Flag=N", cn=cn)
    assert (found.kind, found.time) == (kind, datetime(2016, 8, 1, 8, tzinfo=SHANGHAI))
    assert (found.value, found.minimum, found.maximum, found.total, found.converted) == tuple(
        map(Decimal, ("17.5", "16.4", "20.1", "63.0", "18"))
    )


def test_a_total_is_the_value_where_it_is_all_there_is() -> None:
    (found,) = decoded("DataTime=20160801080000;w00000-Cou=1512.0,w00000-Flag=N", cn="2031")
    assert (found.value, found.total, found.value_is_total) == (Decimal("1512.0"), Decimal("1512.0"), True)


def test_noise_comes_as_data_and_its_day_and_night_stand_apart() -> None:
    area = "DataTime=20160801000000;L5-Data=53.0;Ldn-Data=50.0;L5-DayData=54.0;Ld-DayData=52.5;L5-NightData=51;Ln-NightData=41"
    found = {reading.factor: str(reading.value) for reading in decoded(area, cn="2031", st="23")}
    assert found == {"L5": "53.0", "Ldn": "50.0", "L5-DayData": "54.0", "Ld": "52.5", "L5-NightData": "51", "Ln": "41"}


def test_a_missing_flag_is_none_and_an_odd_one_is_kept_as_sent() -> None:
    found = decoded("DataTime=20160801085857;a34002-Rtd=1;a34004-Rtd=1,a34004-Flag=3;a34001-Rtd=1,a34001-Flag=")
    assert [reading.flag for reading in found] == [None, "3", None]


@pytest.mark.parametrize("text", ["", "-", "NaN", "inf", "1e5", "1_000", "0x10", "１２", "--1", "1.2.3", "9" * 19])
def test_what_is_no_number_becomes_null_with_a_note_and_never_zero(text: str) -> None:
    (found,) = decoded(f"DataTime=20160801085857;a34002-Rtd={text},a34002-Flag=N")
    assert (found.value, found.notes) == (None, (Note.VALUE_UNREADABLE,))


@pytest.mark.parametrize("text", ["-1.5", "+3", ".5", "12.", "0.000", "99999999999999.99"])
def test_sign_and_point_are_taken(text: str) -> None:
    (found,) = decoded(f"DataTime=20160801085857;a34002-Rtd={text}")
    assert found.value == Decimal(text)


def test_codes_of_2005_become_those_of_2017_in_frames_of_2005_only() -> None:
    area = "DataTime=20160103133030;060-Rtd=3.09,060-Flag=N;B01-Rtd=10.9,B01-Flag=N;B00-Rtd=5"
    assert [reading.factor for reading in decoded(area, flag=0)] == ["w21003", "w00000", "B00"]
    assert [reading.factor for reading in decoded(area, flag=4)] == ["060", "B01", "B00"]


def test_a_17_digit_time_is_cut_to_the_second() -> None:
    (found,) = decoded("DataTime=20160801085857223;a34002-Rtd=1")
    assert (found.time, found.notes) == (datetime(2016, 8, 1, 8, 58, 57, tzinfo=SHANGHAI), (Note.TIME_CUT,))


@pytest.mark.parametrize(
    "time",
    [
        "DataTime=20161301000000;",
        "DataTime=2016;",
        "DataTime=;",
        "",
        "DataTime=00000000000000;",
        "DataTime=00010101000000;",
    ],
)
def test_values_without_a_time_are_refused(time: str) -> None:
    with pytest.raises(Refusal) as caught:
        decoded(f"{time}a34002-Rtd=1")
    assert caught.value.reason is Reason.BAD_TIME


@pytest.mark.parametrize("year", ["1970", "2000", "2099", "9999"])
def test_an_impossible_clock_is_read_as_it_is(year: str) -> None:
    assert decoded(f"DataTime={year}0101000000;a34002-Rtd=1")[0].time.year == int(year)


@pytest.mark.parametrize(
    "area",
    [
        "DataTime=20160801085857;w01001-Rtd=7.1;w01001-Flag=N;w01018-Rtd=2.2;w01018-Flag=N",
        "DataTime=20160801085857,w01001-Rtd=7.1,w01001-Flag=N,w01018-Rtd=2.2,w01018-Flag=N",
        ";DataTime=20160801085857;;w01001-Rtd=7.1,w01001-Flag=N;w01018-Rtd=2.2,w01018-Flag=N;",
    ],
    ids=["semicolons", "commas", "empty items"],
)
def test_items_are_grouped_by_factor_whatever_separates_them(area: str) -> None:
    assert [(reading.factor, str(reading.value), reading.flag) for reading in decoded(area)] == [
        ("w01001", "7.1", "N"),
        ("w01018", "2.2", "N"),
    ]


def test_unknown_factors_keep_the_name_they_were_sent_under() -> None:
    area = "DataTime=20211006030527;TEMP-Rtd=22.0;PM2.5-Rtd=2.0;a010061-Rtd=1;01018-Rtd=2.2"
    assert [reading.factor for reading in decoded(area)] == ["TEMP", "PM2.5", "a010061", "01018"]


def test_a_factor_sent_twice_counts_once_with_a_note() -> None:
    (found,) = decoded("DataTime=20160801085857;e01001-Rtd=1.1;e01001-Rtd=2.2", st="52")
    assert (found.value, found.notes) == (Decimal("1.1"), (Note.REPEATED_FIELD,))


def test_an_upload_without_items_has_no_readings() -> None:
    assert decoded("") == []


@given(st.text(max_size=200))
def test_no_data_area_raises_anything_but_a_refusal(area: str) -> None:
    frame = Frame(st="32", cn="2011", pw="1", mn="1", flag=4, cp=(("DataTime", "20160801085857"), (area, area)))
    with suppress(Refusal):
        readings(frame)


# -- header ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "note"),
    [
        (f"QN={QN},ST=32;CN=2011;PW=123456;MN={MN};Flag=5;", Note.SEPARATOR),
        (f"QN={QN};ST=32;CN=2011;PW=123456;,MN={MN};FLAG=5;", Note.SEPARATOR),
        (f"QN={QN};ST=32;CN=2011;PW=123456;MN={MN};Flag=5", Note.SEPARATOR),
        (f"MN={MN};Flag=5;CN=2011;qn={QN};st=32;pw=123456;", None),
    ],
)
def test_header_fields_are_found_in_any_order_and_case(header: str, note: Note | None) -> None:
    frame = only(framed(f"{header}CP=&&DataTime=20160801085857&&"))
    assert frame == Frame(st="32", cn="2011", pw="123456", mn=MN, qn=QN, flag=5, cp=(("DataTime", "20160801085857"),))
    assert frame.notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("flag", "edition", "split", "wanted"),
    [
        (4 * version + flag, edition, flag // 2, flag % 2)
        for version, edition in enumerate(("2005", "2017", "2025"))
        for flag in range(4)
    ],
)
def test_flag_tells_edition_split_and_answer(flag: int, edition: str, split: int, wanted: int) -> None:
    numbers = "PNUM=2;PNO=1;" if split else ""
    segment = f"QN={QN};ST=32;CN=2011;PW=123456;MN={MN};Flag={flag};{numbers}CP=&&DataTime=20160801085857&&"
    frame = only(framed(segment))
    assert (frame.edition, frame.pnum, frame.answer_wanted) == (edition, 2 if split else None, bool(wanted))
    assert (Note.EDITION_2025 in frame.notes) == (edition == "2025")


def test_no_flag_is_2005_and_wants_no_answer() -> None:
    frame = only(framed("ST=32;CN=2011;PW=123456;MN=0873HHMZWSLH02;CP=&&DataTime=20160103133030;060-Rtd=3&&"))
    assert (frame.edition, frame.qn, frame.answer_wanted) == (Edition.E2005, None, False)
    assert Note.MN_UNUSUAL in frame.notes


def test_a_split_flag_without_numbers_is_a_single_frame() -> None:
    frame = only(framed(upload("DataTime=20160801085857;a34002-Rtd=1", flag=7)))
    assert (Note.SPLIT_WITHOUT_NUMBERS in frame.notes, len(readings(frame))) == (True, 1)


def test_an_empty_mn_and_a_long_segment_are_read_with_a_note() -> None:
    area = "DataTime=20160801085857;" + ";".join(f"a{number:05}-Rtd=1" for number in range(100))
    frame = only(framed(upload(area, mn="")))
    assert (frame.mn, set(frame.notes)) == ("", {Note.MN_UNUSUAL, Note.SEGMENT_LONG})


def test_lower_case_checksums_are_taken() -> None:
    raw = framed(upload("DataTime=20160801085857"))
    assert only(raw[:-6] + raw[-6:].lower()).cn == "2011"


@pytest.mark.parametrize(("coding", "note"), [("utf-8", ()), ("gb18030", (Note.ENCODING_GB18030,))])
def test_chinese_text_comes_in_either_coding_and_its_bytes_are_counted(coding: str, note: tuple[Note, ...]) -> None:
    segment = upload("DataTime=20100301145000;PolId=w01018;i11001-Info=//清洗管路,更换;试剂//", cn="3020").encode(
        coding
    )
    frame = only(framed(segment))
    assert (frame.item("i11001-Info"), frame.notes) == ("//清洗管路,更换;试剂//", note)


def test_bytes_of_no_coding_and_nul_are_replaced_not_refused() -> None:
    segment = upload("i11001-Info=//X\x00//", cn="3020").encode().replace(b"X", b"\xff\xff\xff")
    frame = only(framed(segment))
    assert "\x00" not in (frame.item("i11001-Info") or "")
    assert Note.ENCODING_UNKNOWN in frame.notes


@pytest.mark.parametrize(
    "text", [b"9F86D081884C7D659A2FEAA0C55AD015", b"n4bQgYhMfWWaL+qgxVrQFQ==", b"\x01\x02=\x9f\x10\x80;"]
)
def test_ciphertext_of_2025_is_refused_by_name(text: bytes) -> None:
    segment = upload("@", flag=9).encode().replace(b"@", text)
    assert refused(framed(segment)).reason is Reason.ENCRYPTED


def test_plain_text_of_2025_is_read_like_2017() -> None:
    (found,) = decoded("DataTime=20260801085857;a34002-Rtd=0.1,a34002-Flag=N", flag=9)
    assert found.value == Decimal("0.1")


# -- commands and answers ---------------------------------------------------------------------------------------------

CASES = [(edition, cn) for edition, table in COMMANDS.items() for cn in table]
FLAGS = {Edition.E2005: 1, Edition.E2017: 5, Edition.E2025: 9}


@pytest.mark.parametrize(("edition", "cn"), CASES)
def test_every_command_is_met_as_its_part_says(edition: Edition, cn: str) -> None:
    frame = only(framed(upload("QnRtn=1", cn=cn, flag=FLAGS[edition])))
    expected = COMMANDS[edition][cn]
    if expected.part is Part.REQUEST:
        with pytest.raises(Refusal) as caught:
            command(frame)
        assert caught.value.reason is Reason.WRONG_DIRECTION
    else:
        assert command(frame) == expected


@pytest.mark.parametrize("cn", ["1003", "2099", "3999", "9016", "0000", "4011"])
def test_a_reserved_command_is_refused(cn: str) -> None:
    with pytest.raises(Refusal) as caught:
        command(only(framed(upload("", cn=cn))))
    assert caught.value.reason is Reason.UNKNOWN_COMMAND


@pytest.mark.parametrize(
    ("cn", "flag", "part", "answered_by"),
    [
        ("2011", 5, "readings", "9014"),
        ("2021", 5, "upload", "9014"),
        ("2081", 5, "upload", "9014"),
        ("3015", 5, "upload", "9014"),
        ("3019", 5, "upload", "9014"),
        ("3020", 5, "upload", "9014"),
        ("1011", 4, "upload", "9014"),
        ("1013", 5, "notice", "9013"),
        ("9015", 9, "notice", "9013"),
        ("9014", 4, "answer", None),
        ("9011", 0, "answer", None),
        ("2072", 1, "upload", "9014"),
    ],
)
def test_who_is_answered_by_what(cn: str, flag: int, part: str, answered_by: str | None) -> None:
    found = command(only(framed(upload("", cn=cn, flag=flag))))
    assert (found.part, found.answered_by) == (part, answered_by)


def test_the_answer_of_2017_repeats_qn_with_an_empty_data_area() -> None:
    frame = only(framed(upload("DataTime=20160801085857")))
    segment = f"QN={QN};ST=91;CN=9014;PW=123456;MN={MN};Flag=4;CP=&&&&"
    assert answer(frame, "9014") == framed(segment)
    assert answer(frame, "9014") == b"##0087" + segment.encode() + b"3240\r\n"


def test_the_answer_of_2005_carries_qn_and_cn_in_its_data_area() -> None:
    frame = only(framed(upload("DataTime=20160801085857", flag=1)))
    assert answer(frame, "9014") == framed(f"ST=91;CN=9014;PW=123456;MN={MN};Flag=0;CP=&&QN={QN};CN=2011&&")
    assert answer(frame, "9013") == framed(f"ST=91;CN=9013;PW=123456;MN={MN};Flag=0;CP=&&QN={QN}&&")


def test_each_pack_of_a_split_message_is_decoded_and_answered_alone() -> None:
    packs = [
        f"QN=2016080108585753{number};ST=32;CN=2061;PW=123456;MN={MN};Flag=7;PNUM=2;PNO={number};"
        f"CP=&&DataTime=20160801080000;w0101{number}-Avg={number}&&"
        for number in (1, 2)
    ]
    found = [event for event in read(b"".join(map(framed, packs))) if isinstance(event, Frame)]
    assert [[reading.factor for reading in readings(frame)] for frame in found] == [["w01011"], ["w01012"]]
    assert [answer(frame, "9014") for frame in found] == [
        framed(f"QN=2016080108585753{number};ST=91;CN=9014;PW=123456;MN={MN};Flag=4;CP=&&&&") for number in (1, 2)
    ]


def test_without_a_qn_there_is_no_answer() -> None:
    frame = only(framed(f"ST=32;CN=2011;PW=123456;MN={MN};Flag=5;CP=&&DataTime=20160801085857&&"))
    assert answer(frame, "9014") is None
