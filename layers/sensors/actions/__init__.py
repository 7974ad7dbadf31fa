"""All that changes what is measured: the only writers of this room's tables."""

from .alarms import acknowledge
from .dead_letters import Refused, forget_dead_letters, keep_dead_letters
from .partitions import make_partitions
from .readings import NewReading, Recorded, record_readings
from .reference import load_factors, load_limits
from .rules import delete_rule, make_rule, update_rule
from .silence import note_silence
from .stations import make_station, update_station
from .stranded import clear_stranded

__all__ = [
    "NewReading",
    "Recorded",
    "Refused",
    "acknowledge",
    "clear_stranded",
    "delete_rule",
    "forget_dead_letters",
    "keep_dead_letters",
    "load_factors",
    "load_limits",
    "make_partitions",
    "make_rule",
    "make_station",
    "note_silence",
    "record_readings",
    "update_rule",
    "update_station",
]
