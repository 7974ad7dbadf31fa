"""Frames for tests, made by hand so that the encoder is not judged by itself."""

from layers.sensors.ingest.hj212 import FrameReader, Rejected
from layers.sensors.ingest.hj212.frame import Frame

MN = "010000A8900016F000169DC0"
QN = "20160801085857223"


def crc_bit_by_bit(segment: bytes) -> int:
    """HJ 212-2017 appendix A, written as slowly as the standard says it."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            bit = register & 1
            register >>= 1
            if bit:
                register ^= 0xA001
    return register


def framed(segment: str | bytes, *, length: int | None = None, crc: str | None = None, tail: bytes = b"\r\n") -> bytes:
    """A whole frame around a data segment, with a wrong length or checksum where one is given."""
    data = segment.encode() if isinstance(segment, str) else segment
    said = len(data) if length is None else length
    check = f"{crc_bit_by_bit(data):04X}" if crc is None else crc
    return b"##%04d" % said + data + check.encode() + tail


def upload(area: str, *, cn: str = "2011", flag: int = 5, st: str = "32", mn: str = MN, qn: str = QN) -> str:
    """A data segment of 2017 with this data area."""
    return f"QN={qn};ST={st};CN={cn};PW=123456;MN={mn};Flag={flag};CP=&&{area}&&"


def read(*chunks: bytes, reader: FrameReader | None = None) -> list[Frame | Rejected]:
    """What a reader makes of these reads and the end of the stream."""
    reader = reader or FrameReader()
    found = [event for chunk in chunks for event in reader.feed(chunk)]
    return found + list(reader.finish())


def only(raw: bytes, reader: FrameReader | None = None) -> Frame:
    """The one frame in these bytes, and nothing beside it."""
    found = read(raw, reader=reader)
    assert len(found) == 1, found
    assert isinstance(found[0], Frame), found
    return found[0]


def refused(raw: bytes, reader: FrameReader | None = None) -> Rejected:
    """The one refusal in these bytes."""
    found = read(raw, reader=reader)
    assert len(found) == 1, found
    assert isinstance(found[0], Rejected), found
    return found[0]
