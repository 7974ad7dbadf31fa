"""HJ 212 (2017, 2005; 2025 as far as it is plain text): bytes in, readings out. Pure: nothing of Django."""

from layers.sensors.ingest.hj212.commands import Command, Kind, Part, command
from layers.sensors.ingest.hj212.crc import crc16
from layers.sensors.ingest.hj212.decode import SHANGHAI, Reading, parse_time, readings
from layers.sensors.ingest.hj212.encode import answer, encode, encode_segment
from layers.sensors.ingest.hj212.frame import STRICT, Edition, Frame, Leniencies, dissect
from layers.sensors.ingest.hj212.reader import CAPACITY, FrameReader, Rejected
from layers.sensors.ingest.hj212.reasons import Note, Reason, Refusal

__all__ = [
    "CAPACITY",
    "SHANGHAI",
    "STRICT",
    "Command",
    "Edition",
    "Frame",
    "FrameReader",
    "Kind",
    "Leniencies",
    "Note",
    "Part",
    "Reading",
    "Reason",
    "Refusal",
    "Rejected",
    "answer",
    "command",
    "crc16",
    "dissect",
    "encode",
    "encode_segment",
    "parse_time",
    "readings",
]
