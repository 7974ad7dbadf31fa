"""CRC-16 of HJ 212-2017, appendix A, and its common impostor.

The standard's listing loads ``(reg >> 8) ^ byte`` at each step and so throws the low byte of the register away: only
256 values can occur. A passing CRC is therefore weak proof, and the frame reader checks length and field syntax too.
"""

from collections.abc import Callable, Iterable
from typing import Final

_POLYNOMIAL: Final = 0xA001


def _shifted(register: int) -> int:
    for _ in range(8):
        low = register & 1
        register >>= 1
        if low:
            register ^= _POLYNOMIAL
    return register


_TABLE: Final = tuple(_shifted(index) for index in range(256))
_HIGH: Final = bytes(value >> 8 for value in _TABLE)


def crc16(segment: bytes) -> int:
    """The checksum of a data segment after HJ 212-2017 appendix A.

    Takes the bytes between the length field and the checksum; returns 0..65535, sent as four hexadecimal digits, high
    byte first. The standard's own example (101 characters) gives ``0x1C80``.
    """
    if not segment:
        return 0xFFFF
    high = 0xFF
    table = _HIGH
    for byte in segment[:-1]:
        high = table[high ^ byte]
    return _TABLE[high ^ segment[-1]]


def modbus_crc16(segment: bytes) -> int:
    """Plain Modbus CRC-16, which some loggers send in place of the standard's: named in the refusal, never silent."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ _TABLE[(register ^ byte) & 0xFF]
    return register


def swapped(value: int) -> int:
    """The same two bytes the other way round."""
    return ((value & 0xFF) << 8) | (value >> 8)


CRC_IMPOSTORS: Final[Iterable[tuple[str, Callable[[bytes], int]]]] = (
    ("the bytes are swapped", lambda segment: swapped(crc16(segment))),
    ("plain Modbus CRC-16 with swapped bytes", lambda segment: swapped(modbus_crc16(segment))),
)
"""Wrong variants that are named in the sentence of a refusal and never accepted."""
