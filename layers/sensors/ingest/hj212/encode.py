"""Frames out: for answers, for ``manage.py simulate`` and for tests."""

from collections.abc import Iterable

from layers.sensors.ingest.hj212.crc import crc16
from layers.sensors.ingest.hj212.frame import Edition, Frame


def encode_segment(segment: bytes) -> bytes:
    """Put length, checksum and line end around a data segment.

    :raises ValueError: if the segment is longer than a length field can say (9999 bytes).
    """
    if len(segment) > 9999:
        raise ValueError(f"A data segment has at most 9999 bytes; this one has {len(segment)}.")
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))


def encode(frame: Frame) -> bytes:
    """The bytes of a frame, fields in the order of HJ 212-2017 appendix C, text in UTF-8."""
    header = [
        ("QN", frame.qn),
        ("ST", frame.st),
        ("CN", frame.cn),
        ("PW", frame.pw),
        ("MN", frame.mn),
        ("Flag", frame.flag),
        ("PNUM", frame.pnum),
        ("PNO", frame.pno),
    ]
    fields = "".join(f"{name}={value};" for name, value in header if value is not None)
    return encode_segment(f"{fields}CP=&&{_data_area(frame.cp)}&&".encode())


def _data_area(items: Iterable[tuple[str, str]]) -> str:
    """Values of one factor are joined by commas, all else by semicolons (HJ 212-2017 section 6.3.3)."""
    text: list[str] = []
    before: str | None = None
    for name, value in items:
        factor = name.rpartition("-")[0]
        if text:
            text.append("," if factor and factor == before else ";")
        text.append(f"{name}={value}")
        before = factor
    return "".join(text)


def answer(frame: Frame, cn: str) -> bytes | None:
    """The host's answer ``9013`` or ``9014`` to a frame; None where nothing can be answered.

    2017: the same QN in the header, ``ST=91``, ``Flag=4``, empty data area (appendix C). HJ/T 212-2005: no QN in the
    header; QN, and for 9014 CN and the pack's number, inside CP, ``Flag=0``. An answer repeats the QN of what it
    answers, so a frame without QN has none. A 2025 frame is answered as one of 2017.
    """
    if frame.qn is None:
        return None
    if frame.edition is not Edition.E2005:
        return encode(Frame(qn=frame.qn, st="91", cn=cn, pw=frame.pw, mn=frame.mn, flag=4))
    items = [("QN", frame.qn)]
    if cn == "9014":
        items.append(("CN", frame.cn))
        if frame.pnum is not None and frame.pno is not None:
            items += [("PNUM", str(frame.pnum)), ("PNO", str(frame.pno))]
    return encode(Frame(st="91", cn=cn, pw=frame.pw, mn=frame.mn, flag=0, cp=tuple(items)))
