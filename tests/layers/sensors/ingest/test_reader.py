"""The stream splitter: honest frames come out at once however bytes arrive, and what is held never passes the cap."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.sensors.ingest.hj212 import CAPACITY, Frame, FrameReader, Leniencies, Note, Reason, Rejected, crc16, encode
from layers.sensors.ingest.hj212.crc import modbus_crc16
from tests.layers.sensors.ingest.frames import MN, crc_bit_by_bit, framed, only, read, refused, upload

HONEST = framed(upload("DataTime=20160801085857;a34002-Rtd=0.153,a34002-Flag=N"))
OTHER = framed(upload("DataTime=20160801085957;a34002-Rtd=0.154,a34002-Flag=N", qn="20160801085957223"))


def frames(found: list[Frame | Rejected]) -> list[Frame]:
    return [event for event in found if isinstance(event, Frame)]


def test_the_standards_own_example_gives_1c80() -> None:
    segment = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert (len(segment), f"{crc16(segment):04X}", f"{modbus_crc16(segment):04X}") == (101, "1C80", "0759")


@given(st.binary(max_size=300))
def test_the_table_and_the_bitwise_checksum_agree(segment: bytes) -> None:
    assert crc16(segment) == crc_bit_by_bit(segment)


def test_several_frames_in_one_read() -> None:
    assert len(frames(read(HONEST + OTHER + HONEST))) == 3


def test_a_frame_in_single_bytes() -> None:
    assert read(*(bytes([byte]) for byte in HONEST)) == read(HONEST)


@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\n", b"\r", b"\\r\\n", b"\r\n\r\n", b" \r\n"])
def test_whatever_line_end_follows_is_no_garbage(tail: bytes) -> None:
    raw = HONEST.removesuffix(b"\r\n")
    assert read(raw + tail + raw + tail) == frames(read(raw + raw))


def test_a_frame_is_handed_out_before_its_line_end_comes() -> None:
    assert len(list(FrameReader().feed(HONEST.removesuffix(b"\r\n")))) == 1


def test_garbage_before_and_between_frames_is_told_apart() -> None:
    found = read(b"noise#" + HONEST + b"\x00\xff##12" + OTHER)
    assert [type(event) for event in found] == [Rejected, Frame, Rejected, Frame]
    assert [event.reason for event in found if isinstance(event, Rejected)] == [Reason.GARBAGE, Reason.GARBAGE]


def test_a_wrong_checksum_costs_only_its_own_frame() -> None:
    spoilt = framed(upload("DataTime=20160801085857;a34002-Rtd=0.153"), crc="0001")
    found = read(spoilt + HONEST)
    assert [getattr(event, "reason", "frame") for event in found] == [Reason.CRC_MISMATCH, "frame"]
    assert isinstance(found[0], Rejected)
    assert (found[0].mn, found[0].raw) == (MN, spoilt.removesuffix(b"\r\n"))


def test_a_swapped_checksum_is_named() -> None:
    segment = upload("DataTime=20160801085857").encode()
    value = crc16(segment)
    rejected = refused(framed(segment, crc=f"{value & 255:02X}{value >> 8:02X}"))
    assert (rejected.reason, "swapped" in rejected.sentence) == (Reason.CRC_MISMATCH, True)


@pytest.mark.parametrize("claim", [9999, 5000, 400])
def test_a_header_that_claims_too_much_does_not_hold_honest_frames_back(claim: int) -> None:
    reader = FrameReader()
    assert list(reader.feed(b"##%04dQN=2016" % claim + b"x" * 50)) == []
    found = list(reader.feed(HONEST))
    assert len(frames(found)) == 1
    assert found[0].reason is Reason.INCOMPLETE  # type: ignore[union-attr]


def test_a_frame_across_the_end_of_a_false_claim_is_found() -> None:
    junk = b"##0300QN=" + b"x" * (300 + 10 - 9 - 40)
    found = read(junk + HONEST + OTHER)
    assert len(frames(found)) == 2


def test_a_claim_whose_checksum_passes_by_chance_swallows_nothing() -> None:
    inner = HONEST + b"y" * 20
    body = b"QN=1;CP=&&" + inner + b"&&"
    found = read(framed(body) + OTHER)
    assert [frame.qn for frame in frames(found)] == ["20160801085857223", "20160801085957223"]


@pytest.mark.parametrize(
    ("segment", "length", "reason"),
    [
        ("QN=1;ST=32;MN=1;CP=&&&&", None, Reason.MALFORMED),
        ("QN=1;ST=32;CN=20111;MN=1;CP=&&&&", None, Reason.MALFORMED),
        ("QN=1;ST=32;CN=2011;CP=&&&&", None, Reason.MALFORMED),
        ("QN=1;ST=32;CN=2011;MN=1;XX=&&&&", None, Reason.MALFORMED),
        ("QN=1;ST=32;CN=2011;MN=1;CP=&&", None, Reason.MALFORMED),
        (upload("DataTime=1"), 88, Reason.LENGTH_MISMATCH),
        (upload("DataTime=1"), 98, Reason.LENGTH_MISMATCH),
        ("hello", None, Reason.MALFORMED),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(segment: str, length: int | None, reason: Reason) -> None:
    found = read(framed(segment, length=length) + HONEST)
    assert found[0].reason is reason  # type: ignore[union-attr]
    assert len(frames(found)) == 1


def test_a_length_too_large_is_refused_before_the_claimed_bytes_come() -> None:
    reader = FrameReader()
    found = list(reader.feed(framed(upload("DataTime=1"), length=500)))
    assert [event.reason for event in found if isinstance(event, Rejected)] == [Reason.LENGTH_MISMATCH]


def test_what_is_left_at_the_end_of_the_stream_is_refused_as_incomplete() -> None:
    assert refused(HONEST[:50]).reason is Reason.INCOMPLETE


SEGMENT = upload("DataTime=20160801085857;a34002-Rtd=0.153")
LONE_ZERO = next(
    segment
    for number in range(4096)
    if crc16((segment := upload(f"DataTime=20160801085857;a34002-Rtd={number}")).encode()) < 0x1000
)
DEFECTS = {
    "modbus_crc": (framed(SEGMENT, crc=f"{modbus_crc16(SEGMENT.encode()):04X}"), Reason.CRC_MODBUS, Note.CRC_MODBUS),
    "short_crc": (framed(LONE_ZERO, crc=f"{crc16(LONE_ZERO.encode()):03X}"), Reason.CRC_SHORT, Note.CRC_SHORT),
    "wrong_length": (framed(SEGMENT, length=len(SEGMENT) + 1), Reason.LENGTH_MISMATCH, Note.LENGTH_MISMATCH),
    "wrong_length, too small": (
        framed(SEGMENT, length=len(SEGMENT) - 7),
        Reason.LENGTH_MISMATCH,
        Note.LENGTH_MISMATCH,
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_leniency_is_off_unless_the_station_has_it(defect: str) -> None:
    raw, reason, note = DEFECTS[defect]
    option = defect.partition(",")[0]
    strict = read(raw)
    assert strict[0].reason is reason  # type: ignore[union-attr]
    assert frames(strict) == []
    asked: list[str] = []

    def leniencies(mn: str) -> Leniencies:
        asked.append(mn)
        return Leniencies(**{option: True})

    frame = only(raw, FrameReader(leniencies))
    assert (set(asked), note in frame.notes) == ({MN}, True)
    others = {"modbus_crc", "short_crc", "wrong_length"} - {option}
    assert frames(read(raw, reader=FrameReader(lambda mn: Leniencies(**dict.fromkeys(others, True))))) == []


PIECES = st.one_of(
    st.just(HONEST),
    st.just(OTHER),
    st.just(HONEST.removesuffix(b"\r\n")),
    st.binary(max_size=40),
    st.sampled_from(
        [b"##9999", b"##9999QN=", b"##0012QN=", b"##", b"#", b"&&", b"&&1C80", b"CP=&&", b"##0101QN=1;CP=&&&&ABC\r"]
    ),
    st.builds(lambda cut: HONEST[:cut], st.integers(0, len(HONEST))),
    st.sampled_from([raw for raw, _, _ in DEFECTS.values()]),
)


def _told(found: list[Frame | Rejected]) -> tuple[list[object], int]:
    """Frames and refusals in order; noise may be told in several pieces, so only its size counts."""
    noise = {Reason.GARBAGE, Reason.MALFORMED}
    kept = [event for event in found if isinstance(event, Frame) or event.reason not in noise]
    return list(kept), sum(event.size for event in found if isinstance(event, Rejected) and event.reason in noise)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12), st.lists(st.integers(1, 60), min_size=1, max_size=30), st.booleans())
def test_however_a_stream_is_cut_the_same_comes_out(pieces: list[bytes], cuts: list[int], lenient: bool) -> None:
    stream = b"".join(pieces)
    allowed = Leniencies(True, True, True) if lenient else Leniencies()
    chunks, sizes = [], itertools.cycle(cuts)
    at = 0
    while at < len(stream):
        size = next(sizes)
        chunks.append(stream[at : at + size])
        at += size
    whole = read(stream, reader=FrameReader(lambda mn: allowed))
    assert _told(read(*chunks, reader=FrameReader(lambda mn: allowed)))[0] == _told(whole)[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES.filter(lambda piece: piece not in (HONEST, OTHER)), max_size=6))
def test_an_honest_frame_after_any_piece_is_always_found_at_once(pieces: list[bytes]) -> None:
    reader = FrameReader()
    for piece in pieces:
        list(reader.feed(piece))
    found = frames(list(reader.feed(b"\r\n" + OTHER)))
    assert found[-1:] == frames(read(OTHER))


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_every_byte_is_accounted_for_and_the_cap_holds(pieces: list[bytes]) -> None:
    reader, total = FrameReader(), 0
    for piece in pieces:
        for event in reader.feed(piece):
            total += len(event.raw) if isinstance(event, Frame) else event.size
        assert reader.held <= CAPACITY
    total += sum(event.size for event in reader.finish() if isinstance(event, Rejected))
    sent = sum(map(len, pieces))
    line_ends = sum(piece.count(byte) for piece in pieces for byte in b"\r\n \t\x00")
    assert sent - line_ends <= total <= sent


@pytest.mark.parametrize("flood", [b"##9999", b"##9999QN=", b"##9999QN=CP=&&&&0000", b"&&1234", b"#", b"A"])
def test_a_flood_is_worked_off_in_slices_and_holds_nothing(flood: bytes) -> None:
    reader = FrameReader()
    stream = b"##9999QN=" + flood * (200_000 // len(flood))
    for start in range(0, len(stream), 65_536):
        for _ in reader.feed(stream[start : start + 65_536]):
            assert reader.held <= CAPACITY
    assert reader.held <= CAPACITY
    assert frames(list(reader.feed(b"\r\n" + HONEST))) == frames(read(HONEST))


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_flipped_bit_never_yields_another_frame(chance: random.Random) -> None:
    raw = bytearray(HONEST.removesuffix(b"\r\n"))
    at = chance.randrange(6, len(raw) - 4)
    raw[at] ^= 1 << chance.randrange(8)
    if crc16(bytes(raw[6:-4])) == int(raw[-4:], 16):
        return  # one in 256: the standard's checksum keeps eight bits
    assert frames(read(bytes(raw))) == []


NAMES = st.text(alphabet="abw0123456789", min_size=2, max_size=8)
VALUES = st.text(alphabet="0123456789.-NTDF", max_size=12)


@given(
    st.builds(
        Frame,
        st=st.sampled_from(["21", "22", "32", "39"]),
        cn=st.sampled_from(["2011", "2051", "2061", "2031"]),
        pw=st.text(alphabet="0123456789abc", min_size=6, max_size=6),
        mn=st.text(alphabet="0123456789ABCDEF", min_size=1, max_size=24),
        qn=st.one_of(st.none(), st.text(alphabet="0123456789", min_size=17, max_size=17)),
        flag=st.one_of(st.none(), st.integers(0, 7)),
        pnum=st.none(),
        pno=st.none(),
        cp=st.lists(st.tuples(st.builds("{}-Rtd".format, NAMES), VALUES), max_size=20).map(tuple),
    )
)
def test_what_is_encoded_is_read_back(frame: Frame) -> None:
    assert read(encode(frame)) == [frame]
