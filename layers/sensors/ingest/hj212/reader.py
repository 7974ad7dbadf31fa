"""A byte stream in, frames and refusals out: sticky, split and hostile input alike.

A TCP read may hold no frame, a part of one or many. The reader keeps every place where a frame may begin (``##``, four
digits, a field name) as a *candidate* and lets **the frame that ends first win**. So a header that claims 9999
characters holds nobody back: honest frames inside its claim are handed out the moment they are whole, and the claim is
refused. Whatever way a stream is cut into reads, the same frames come out.

What is held is never more than one claim (10,009 bytes) and the slice being read: ``CAPACITY``.
"""

import heapq
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from layers.sensors.ingest.hj212.crc import CRC_IMPOSTORS, crc16, modbus_crc16
from layers.sensors.ingest.hj212.frame import STRICT, Frame, Leniencies, dissect
from layers.sensors.ingest.hj212.reasons import Note, Reason, Refusal

LONGEST_CLAIM: Final = 6 + 9999 + 4
"""Bytes that the largest length field can claim, header and checksum included."""

SLICE: Final = 4096
CAPACITY: Final = LONGEST_CLAIM + SLICE + 64
"""Bytes that a reader holds at most, whatever comes."""

CANDIDATES: Final = 16
"""Open candidates at most. More nested beginnings than these occur in no honest frame; the oldest is given up."""

RAW_KEPT: Final = 2048
"""Bytes of a refused piece that are handed on at most; its whole size is told beside."""

_BEGINNING: Final = re.compile(rb"##([0-9]{4})[\s,;]{0,2}[A-Za-z]{2,5}=")
_BEGINNING_LONGEST: Final = 6 + 2 + 5 + 1
_HALF_BEGUN: Final = re.compile(rb"#(?:#(?:[0-9]{1,3}|[0-9]{4}(?:[\s,;]{0,2}[A-Za-z]{0,5})?)?)?\Z")
_CLOSING: Final = re.compile(rb"&&([0-9A-Fa-f]{4})")
_CLOSING_SHORT: Final = re.compile(rb"&&([0-9A-Fa-f]{3})(?=\r)")
_CLOSING_LONGEST: Final = 6
_OPENING: Final = re.compile(rb"CP\s*=\s*&&", re.IGNORECASE)
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{4}")
_BETWEEN: Final = re.compile(rb"(?:[\r\n \t\x00]|\\r|\\n)+")
"""What may stand between frames: line ends (also written out as text, as some loggers do), blanks."""
_MN: Final = re.compile(rb"MN=([^;,&\s]*)")
_LOOKS_LIKE_FRAME: Final = re.compile(rb"##[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A piece of the stream that is no frame, or a frame that was not taken.

    ``raw`` is cut to :data:`RAW_KEPT` bytes, ``size`` is the whole. ``mn`` is what the piece claims, if anything.
    """

    reason: Reason
    sentence: str
    raw: bytes
    size: int
    mn: str | None = None


def nobody_is_lenient(_mn: str) -> Leniencies:
    """The default: every station is read strictly."""
    return STRICT


class FrameReader:
    """Splits one connection's bytes into frames. Not thread-safe; one reader for each connection."""

    def __init__(self, leniencies: Callable[[str], Leniencies] = nobody_is_lenient) -> None:
        """:param leniencies: tells for an MN what its station is forgiven."""
        self._leniencies = leniencies
        self._buffer = bytearray()
        self._base = 0  # stream offset of the buffer's first byte
        self._done = 0  # everything before this stream offset has been handed out
        self._begun = 0  # beginnings are known up to here
        self._closed = 0  # closings are known up to here
        self._open: list[tuple[int, int]] = []  # (beginning, claimed length), in stream order
        self._events: list[_Event] = []  # a heap
        self.skipped = 0  # bytes that were neither a frame nor a refused one nor a line end

    @property
    def held(self) -> int:
        """Bytes held now; never above :data:`CAPACITY`."""
        return len(self._buffer)

    def feed(self, data: bytes | memoryview) -> Iterator[Frame | Rejected]:
        """Take the next bytes and yield what became decidable. Must be exhausted before the next call."""
        view = memoryview(data)
        for start in range(0, len(view), SLICE):
            self._buffer += view[start : start + SLICE]
            yield from self._read()

    def finish(self) -> Iterator[Frame | Rejected]:
        """The stream has ended: yield what is left as refusals."""
        yield from self._give_up_before(self._base + len(self._buffer), ended=True)
        end = self._base + len(self._buffer)
        yield from self._noise(end)
        self._drop(end)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read(self) -> Iterator[Frame | Rejected]:
        """Work off everything that ends within the bytes at hand, in the order of its last byte.

        Each step depends only on bytes up to its own end, so the cut into reads makes no difference.
        """
        self._find()
        arrived = self._base + len(self._buffer)
        while self._events and self._events[0].end <= arrived:
            event = heapq.heappop(self._events)
            if event.start < self._done:
                continue
            if event.kind is _Kind.BEGINNING:
                self._open.append((event.start, event.length))
                end = max(event.start + 10 + event.length, event.end)
                heapq.heappush(self._events, _Event(end, event.start, _Kind.CLAIM, event.length))
                if len(self._open) > CANDIDATES:
                    yield from self._give_up_before(self._open[1][0])
            elif event.kind in (_Kind.CLAIM, _Kind.LATE_CLAIM):
                if any(start == event.start for start, _ in self._open):
                    yield from self._claim_ended(event)
            else:
                yield from self._closing_ended(event)
        rest = self._open[0][0] if self._open else self._half_begun_at()
        yield from self._noise(rest)
        self._drop(rest)

    def _find(self) -> None:
        """Note every new beginning, and every new ``&&`` with a checksum: an end by syntax, whatever the length says."""
        base, push = self._base, heapq.heappush
        for match in _BEGINNING.finditer(self._buffer, max(self._begun, self._done) - base):
            end = base + match.end()
            push(self._events, _Event(end, base + match.start(), _Kind.BEGINNING, int(match[1])))
            self._begun = end
        self._begun = max(self._begun, base + len(self._buffer) - _BEGINNING_LONGEST + 1)
        at = max(self._closed, self._done) - base
        for match in _CLOSING.finditer(self._buffer, at):
            push(self._events, _Event(base + match.end(), base + match.start(), _Kind.CLOSING, 0))
        for match in _CLOSING_SHORT.finditer(self._buffer, at):
            push(self._events, _Event(base + match.end(), base + match.start(), _Kind.CLOSING_SHORT, 0))
        self._closed = max(self._closed, base + len(self._buffer) - _CLOSING_LONGEST + 1)

    # -- decisions ----------------------------------------------------------------------------------------------------

    def _claim_ended(self, event: "_Event") -> Iterator[Frame | Rejected]:
        """The bytes that a length field claims have all come: a frame, or none."""
        start, end = event.start, event.start + 10 + event.length
        segment, given = self._bytes(start + 6, end - 4), self._bytes(end - 4, end)
        try:
            notes = self._checked(segment, given)
            frame = dissect(segment, raw=self._bytes(start, end), notes=notes)
        except Refusal as refusal:
            if event.kind is _Kind.CLAIM and segment[-2:] != b"&&" and self._allowed(segment).wrong_length:
                late = event.start + LONGEST_CLAIM  # its own closing may still come
                heapq.heappush(self._events, _Event(late, event.start, _Kind.LATE_CLAIM, event.length))
                return
            yield from self._refuse(start, event.end, refusal)
        else:
            yield from self._take(frame, start, end)

    def _checked(self, segment: bytes, given: bytes) -> tuple[Note, ...]:
        """Checksum and closing of a claim that ended.

        :raises Refusal: when they are not those of a data segment of this length.
        """
        if segment[-2:] != b"&&":
            raise _wrong_length(segment)
        if not _HEX.fullmatch(given):
            raise Refusal(
                Reason.CRC_MISMATCH, f"The checksum is {_ascii(given)!r}; four hexadecimal digits were expected."
            )
        computed, got = crc16(segment), int(given, 16)
        if got == computed:
            return ()
        if got != modbus_crc16(segment):
            cause = next((f" ({name})" for name, make in CRC_IMPOSTORS if make(segment) == got), "")
            raise Refusal(Reason.CRC_MISMATCH, f"The checksum is {_ascii(given)}; {computed:04X} was expected{cause}.")
        if not self._allowed(segment).modbus_crc:
            raise Refusal(
                Reason.CRC_MODBUS,
                f"The checksum {_ascii(given)} is plain Modbus CRC-16; {computed:04X} (HJ 212-2017 appendix A) was "
                "expected, and the station's settings do not allow the other.",
            )
        return (Note.CRC_MODBUS,)

    def _closing_ended(self, event: "_Event") -> Iterator[Frame | Rejected]:
        """A data area was closed: decide early what the length field would tell late or wrongly."""
        begun = [candidate for candidate in self._open if candidate[0] < event.start]
        if not begun:
            return
        (start, length), short = begun[-1], event.kind is _Kind.CLOSING_SHORT
        end = event.start + (5 if short else 6)
        segment, digits = self._bytes(start + 6, event.start + 2), self._bytes(event.start + 2, end)
        opening = _OPENING.search(segment)
        if opening is None or segment.find(b"&&", opening.end()) != len(segment) - 2:
            return  # this && opens the data area, or the area had been closed before
        if (length == len(segment) and not short) or int(digits, 16) != crc16(segment):
            return  # the claim ends here too and decides, or there is no proof of anything
        allowed, notes = self._allowed(segment), []
        try:
            if short:
                notes.append(Note.CRC_SHORT)
                if not allowed.short_crc:
                    raise Refusal(
                        Reason.CRC_SHORT,
                        f"The checksum has three digits ({_ascii(digits)}); {int(digits, 16):04X} was expected.",
                    )
            if length != len(segment):
                notes.append(Note.LENGTH_MISMATCH)
                if not allowed.wrong_length:
                    raise Refusal(
                        Reason.LENGTH_MISMATCH,
                        f"The length field says {length}, the data segment has {len(segment)} bytes.",
                    )
            frame = dissect(segment, raw=self._bytes(start, end), notes=tuple(notes))
        except Refusal as refusal:
            yield from self._refuse(start, end, refusal)
        else:
            yield from self._take(frame, start, end)

    def _take(self, frame: Frame, start: int, end: int) -> Iterator[Frame | Rejected]:
        yield from self._give_up_before(start)
        yield from self._noise(start)
        self._done = end
        self._open = [candidate for candidate in self._open if candidate[0] >= end]
        yield frame

    def _refuse(self, start: int, end: int, refusal: Refusal) -> Iterator[Frame | Rejected]:
        """Refuse one candidate and go on at the next ``##`` after its beginning."""
        yield from self._give_up_before(start)
        yield from self._noise(start)
        self._open = [candidate for candidate in self._open if candidate[0] != start]
        yield self._rejected(start, self._next_beginning(start, end), refusal.reason, refusal.sentence)

    def _give_up_before(self, until: int, *, ended: bool = False) -> Iterator[Rejected]:
        """Refuse every candidate that began before ``until``: another one ended first, or the stream did."""
        gone = [candidate for candidate in self._open if candidate[0] < until]
        if not gone:
            return
        self._open = self._open[len(gone) :]
        for index, (start, length) in enumerate(gone):
            yield from self._noise(start)
            last = index + 1 == len(gone)
            stop = until if last else gone[index + 1][0]
            if ended and last:
                had = stop - start
                sentence = f"The stream ended after {had} bytes of a frame; its length field claims {length + 10}."
            else:
                sentence = f"Another frame begins after {stop - start} bytes; the length field claims {length + 10}."
            yield self._rejected(start, stop, Reason.INCOMPLETE, sentence)

    def _rejected(self, start: int, stop: int, reason: Reason, sentence: str) -> Rejected:
        raw = self._bytes(start, min(stop, start + RAW_KEPT))
        self._done = stop
        mn = _MN.search(raw)
        return Rejected(reason, sentence, raw, stop - start, _ascii(mn[1])[:64] if mn else None)

    def _noise(self, until: int) -> Iterator[Rejected]:
        """Hand out what lies between frames and is no line end."""
        if self._done >= until:
            return
        raw = self._bytes(self._done, until)
        size = len(raw)
        self._done = until
        if _BETWEEN.fullmatch(raw):
            return
        self.skipped += size
        if found := _LOOKS_LIKE_FRAME.search(raw):
            reason, at = Reason.MALFORMED, found.start()
            sentence = "After ## and the length no field such as QN= or ST= follows."
        else:
            reason, at = Reason.GARBAGE, 0
            sentence = f"{size} bytes that do not begin a frame; ## and four digits were expected."
        yield Rejected(reason, sentence, bytes(raw[at : at + RAW_KEPT]), size)

    def _allowed(self, segment: bytes) -> Leniencies:
        mn = _MN.search(segment)
        return self._leniencies(_ascii(mn[1])) if mn else STRICT

    # -- the buffer ---------------------------------------------------------------------------------------------------

    def _bytes(self, start: int, stop: int) -> bytes:
        return bytes(self._buffer[start - self._base : stop - self._base])

    def _next_beginning(self, start: int, end: int) -> int:
        """Where a refused candidate's piece stops: at the next ``##`` in it, else at its end."""
        inside = self._buffer.find(b"##", start - self._base + 2, end - self._base)
        if inside >= 0:
            return self._base + inside
        return end - 1 if self._bytes(end - 1, end) == b"#" else end

    def _half_begun_at(self) -> int:
        """Stream offset of a beginning at the buffer's end that is not yet whole, else of the buffer's end."""
        tail = max(self._done - self._base, len(self._buffer) - _BEGINNING_LONGEST)
        match = _HALF_BEGUN.search(self._buffer, tail)
        return self._base + (match.start() if match else len(self._buffer))

    def _drop(self, until: int) -> None:
        if until > self._base:
            del self._buffer[: until - self._base]
            self._base = until
            self._done = max(self._done, until)


class _Kind(IntEnum):
    BEGINNING = 0
    CLAIM = 1
    LATE_CLAIM = 2
    CLOSING = 3
    CLOSING_SHORT = 4


class _Event(NamedTuple):
    """Something that ends at a stream offset; ordered by it, then by where it began."""

    end: int
    start: int
    kind: _Kind
    length: int


def _wrong_length(segment: bytes) -> Refusal:
    """The claimed bytes do not end with a closing ``&&``: say what was found instead."""
    opening = _OPENING.search(segment)
    if opening is None:
        return Refusal(Reason.MALFORMED, f"The {len(segment)} bytes that the length field claims hold no CP=&&.")
    closing = segment.find(b"&&", opening.end())
    found = f"it closes after {closing + 2}" if closing >= 0 else "it is still open"
    return Refusal(
        Reason.LENGTH_MISMATCH,
        f"The length field says {len(segment)} bytes, but the data area does not end there: {found}.",
    )


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")
