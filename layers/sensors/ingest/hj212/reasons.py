"""Why a frame was refused, and what was forgiven: stable words for machines, sentences for people."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a frame was not taken. The values stand in dead letters and metrics and do not change."""

    GARBAGE = "garbage"
    """Bytes that do not begin a frame."""
    MALFORMED = "malformed"
    """A frame whose data segment does not follow HJ 212-2017 section 6.3.2."""
    INCOMPLETE = "incomplete"
    """The connection ended, or another frame began, before the frame was whole."""
    LENGTH_MISMATCH = "length_mismatch"
    """The length field does not tell the length of the data segment."""
    CRC_MISMATCH = "crc_mismatch"
    """The checksum is not that of the data segment."""
    CRC_MODBUS = "crc_modbus"
    """The checksum is plain Modbus CRC-16 (a station setting can allow it)."""
    CRC_SHORT = "crc_short"
    """The checksum's leading zero is missing (a station setting can allow it)."""
    ENCRYPTED = "encrypted"
    """HJ 212-2025 ciphertext, which cannot be read."""
    BAD_TIME = "bad_time"
    """DataTime is missing or is no date and time."""
    UNKNOWN_COMMAND = "unknown_command"
    """CN is reserved, or of an edition that does not know it."""
    WRONG_DIRECTION = "wrong_direction"
    """A command that only the host may send to a site."""
    UNKNOWN_MN = "unknown_mn"
    """No station has this MN."""
    WRONG_PASSWORD = "wrong_password"
    """PW is not the station's."""
    RATE_LIMITED = "rate_limited"
    """The station sent more frames than it may."""
    STORE_FAILED = "store_failed"
    """The database refused the frame's readings."""


class Note(StrEnum):
    """What was unusual in a frame that was taken all the same."""

    CRC_MODBUS = "crc_modbus"
    CRC_SHORT = "crc_short"
    LENGTH_MISMATCH = "length_mismatch"
    SEGMENT_LONG = "segment_long"
    """More than 1024 characters in the data segment (HJ 212-2017 table 2)."""
    MN_UNUSUAL = "mn_unusual"
    """MN is not 24 (2017) or 14 (2005) hexadecimal digits."""
    SEPARATOR = "separator"
    """A comma where a semicolon belongs in the header, or no separator before CP."""
    SPLIT_WITHOUT_NUMBERS = "split_without_numbers"
    """Flag says that the message is split, but PNUM and PNO are missing: read as a single frame."""
    EDITION_2025 = "edition_2025"
    """Version bits of HJ 212-2025: read by the rules of 2017."""
    EDITION_UNKNOWN = "edition_unknown"
    """Version bits of no known edition: read by the rules of 2017."""
    FLAG_UNREADABLE = "flag_unreadable"
    ENCODING_GB18030 = "encoding_gb18030"
    ENCODING_UNKNOWN = "encoding_unknown"
    REPEATED_FIELD = "repeated_field"
    """A field stands twice; the first one counts."""
    VALUE_UNREADABLE = "value_unreadable"
    TIME_CUT = "time_cut"
    """A time of 17 digits was cut to 14."""
    VALUE_FROM_RTD = "value_from_rtd"
    """A period's value came as -Rtd."""
    UNIT_IMPLAUSIBLE = "unit_implausible"
    """A value is too large for the unit in which it is said to be."""


class Refusal(Exception):
    """A frame that is not taken: a stable reason and a sentence."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
