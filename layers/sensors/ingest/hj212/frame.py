"""One frame of HJ 212, taken apart: header fields, data area, edition.

HJ 212-2017 section 6.3.2 and table 3. Header fields are found in any order and case, a comma is taken where a
semicolon belongs (the standard's own examples C.22 and C.48 print one), and a missing semicolon before ``CP`` is
forgiven (its example C.19); what was unusual is noted on the frame.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from layers.sensors.ingest.hj212.reasons import Note, Reason, Refusal

SEGMENT_STANDARD: Final = 1024
"""Characters of a data segment after HJ 212-2017 table 2; longer ones are taken with a note."""


class Edition(StrEnum):
    """Which edition a frame speaks, by the version bits of Flag (HJ 212-2017 table 3)."""

    E2005 = "2005"
    E2017 = "2017"
    E2025 = "2025"


@dataclass(frozen=True, slots=True)
class Leniencies:
    """What a station is forgiven (``domain`` notes on real loggers); all off unless the station's settings say so."""

    modbus_crc: bool = False
    wrong_length: bool = False
    short_crc: bool = False


STRICT: Final = Leniencies()


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it came. ``cp`` holds the data area's items in their order; times in it are still text.

    ``flag`` is None where the frame has none, ``qn`` is the header's (the one inside CP of a 2005 answer is an item).
    """

    st: str | None
    cn: str
    pw: str | None
    mn: str
    qn: str | None = None
    flag: int | None = None
    pnum: int | None = None
    pno: int | None = None
    cp: tuple[tuple[str, str], ...] = ()
    raw: bytes = field(default=b"", compare=False, repr=False)
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def edition(self) -> Edition:
        """By Flag's version bits; a frame without Flag speaks HJ/T 212-2005."""
        version = None if self.flag is None else self.flag >> 2
        if version is None or version == 0:
            return Edition.E2005
        return Edition.E2025 if version == 2 else Edition.E2017

    @property
    def answer_wanted(self) -> bool:
        """Bit A of Flag."""
        return self.flag is not None and bool(self.flag & 1)

    @property
    def exchange(self) -> str | None:
        """The QN that an answer repeats: the header's, or in 2005 answers the one inside CP."""
        return self.qn or self.item("QN")

    def item(self, name: str) -> str | None:
        """The first item of the data area with this name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.cp if key.lower() == wanted), None)


_CP: Final = re.compile(rb"CP\s*=\s*&&", re.IGNORECASE)
_LOG: Final = re.compile(r"//.*?//", re.DOTALL)
_ITEM: Final = re.compile(r"[;,]")
_HEADER: Final = re.compile(r"[;,\s]+")
_CODE: Final = re.compile(r"[0-9]{4}")
_MN_2017: Final = re.compile(r"[0-9A-Fa-f]{24}")
_MN_2005: Final = re.compile(r"[0-9A-Fa-f]{14}")


def dissect(segment: bytes, *, raw: bytes = b"", notes: tuple[Note, ...] = ()) -> Frame:
    """Take a data segment apart.

    :param segment: the bytes between length and checksum.
    :param raw: the whole frame, kept for dead letters.
    :param notes: what the reader already noted.
    :raises Refusal: ``malformed`` where header or data area cannot be told, ``encrypted`` for 2025 ciphertext.
    """
    found = list(notes)
    start = _CP.search(segment)
    if start is None:
        raise Refusal(Reason.MALFORMED, "The data segment has no CP=&&; a data area CP=&&…&& was expected.")
    if segment[-2:] != b"&&" or len(segment) - 2 < start.end():
        raise Refusal(Reason.MALFORMED, "The data segment does not end with && after CP=&&.")
    if len(segment) > SEGMENT_STANDARD:
        found.append(Note.SEGMENT_LONG)
    header = _header(segment[: start.start()], found)
    cn = header.get("CN", "")
    if not _CODE.fullmatch(cn):
        raise Refusal(Reason.MALFORMED, f"CN is {cn!r}; four digits were expected.")
    if "MN" not in header:
        raise Refusal(Reason.MALFORMED, "The header has no MN; the station cannot be told.")
    flag = _flag(header.get("FLAG"), found)
    area = segment[start.end() : -2]
    if flag is not None and flag >> 2 == 2:
        found.append(Note.EDITION_2025)
        if _looks_encrypted(area):
            raise Refusal(
                Reason.ENCRYPTED,
                "Flag says HJ 212-2025 and the data area holds no field=value: ciphertext cannot be read here.",
            )
    elif flag is not None and flag >> 2 > 2:
        found.append(Note.EDITION_UNKNOWN)
    mn = header["MN"]
    usual = _MN_2005 if flag is None or flag >> 2 == 0 else _MN_2017
    if not usual.fullmatch(mn):
        found.append(Note.MN_UNUSUAL)
    pnum, pno = _number(header.get("PNUM")), _number(header.get("PNO"))
    if flag is not None and flag & 2 and (pnum is None or pno is None):
        found.append(Note.SPLIT_WITHOUT_NUMBERS)
    items = _items(_text(area, found))
    return Frame(
        st=header.get("ST"),
        cn=cn,
        pw=header.get("PW"),
        mn=mn,
        qn=header.get("QN") or None,
        flag=flag,
        pnum=pnum,
        pno=pno,
        cp=items,
        raw=raw,
        notes=tuple(dict.fromkeys(found)),
    )


def _header(part: bytes, found: list[Note]) -> dict[str, str]:
    """Header fields by upper-case name; the first of two counts."""
    text = part.decode("ascii", "replace")
    if "," in text or not text.rstrip(" ").endswith(";"):
        found.append(Note.SEPARATOR)
    fields: dict[str, str] = {}
    for piece in _HEADER.split(text):
        name, equals, value = piece.partition("=")
        if not equals:
            continue
        name = name.upper()
        if name in fields:
            found.append(Note.REPEATED_FIELD)
        else:
            fields[name] = value
    return fields


def _flag(text: str | None, found: list[Note]) -> int | None:
    """Flag as 0..255; None where it is missing or no such number (then the frame is read as 2005)."""
    if text is None or text == "":
        return None
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 255:
        return int(text)
    found.append(Note.FLAG_UNREADABLE)
    return None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 5 else None


def _looks_encrypted(area: bytes) -> bool:
    """Plain text is ``name=value`` items; SM4 text in any coding has no ``=`` but for Base64's padding at its end."""
    return bool(area.strip()) and (b"=" not in area.rstrip(b"=") or any(byte < 0x20 for byte in area))


def _text(area: bytes, found: list[Note]) -> str:
    """UTF-8 (HJ 212-2017 section 6.3), else GB18030, which Chinese loggers send; never an exception, never a NUL."""
    area = area.replace(b"\x00", b"?")  # PostgreSQL keeps no NUL in a text
    try:
        return area.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        text = area.decode("gb18030")
    except UnicodeDecodeError:
        found.append(Note.ENCODING_UNKNOWN)
        return area.decode("utf-8", "replace")
    found.append(Note.ENCODING_GB18030)
    return text


def _items(text: str) -> tuple[tuple[str, str], ...]:
    """Items of the data area, split at ``;`` and ``,`` alike, but not inside a log text ``//…//`` (table B.10)."""
    if "//" in text:
        pieces, logs = [], _LOG.findall(text)
        for piece in _ITEM.split(_LOG.sub("\x00", text)):
            while "\x00" in piece and logs:
                piece = piece.replace("\x00", logs.pop(0), 1)
            pieces.append(piece)
    else:
        pieces = _ITEM.split(text)
    items = []
    for piece in pieces:
        name, equals, value = piece.partition("=")
        if equals and (name := name.strip()):
            items.append((name, value.strip()))
    return tuple(items)
