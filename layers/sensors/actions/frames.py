"""Frames of HJ 212 in: whose they are, what they hold, and what each is answered, once its readings are committed."""

import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import InterfaceError, OperationalError, connection, transaction

from envmap.accounts.asker import SYSTEM
from envmap.core.actor import acting

from .. import queries
from ..ingest import hj212
from ..ingest.hj212 import Frame, Note, Part, Reason, Refusal
from ..models import Factor, Station
from .dead_letters import Refused
from .readings import Delivery, NewReading, Recorded, store
from .wire import in_stored_unit

log = logging.getLogger(__name__)

PARTICULATES: Final = frozenset({"a34001", "a34002", "a34004", "a34005"})
PARTICULATE_PLAUSIBLE: Final = Decimal(10)
"""mg/m³. No monitor of a site or of the air measures more: a larger number is in µg/m³ on the wire."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame with the moment and the address that it came from."""

    frame: Frame
    received_at: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a frame: the bytes to answer with (None: nothing), what was recorded, or why it was refused."""

    answer: bytes | None = None
    recorded: Recorded = field(default_factory=Recorded)
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class FactorTable:
    """Factors by code, and the codes of HJ/T 212-2005; read once and kept by the caller for a while."""

    factors: Mapping[str, Factor]
    codes_2005: Mapping[str, str]

    @classmethod
    def read(cls) -> "FactorTable":
        """As the database has it now."""
        return cls({factor.code: factor for factor in queries.factors()}, queries.factors_by_code_2005())


@dataclass(frozen=True, slots=True)
class _Taken:
    """A frame that belongs to a station and may be answered."""

    delivery: Delivery
    answer: bytes | None


def record_frames(arrived: Sequence[Arrived], table: FactorTable) -> list[Outcome]:
    """Keep the readings of these frames in one transaction and say what each is answered.

    One bad frame never costs another its answer: when the database refuses the batch, it is taken again frame by frame
    in savepoints. :raises OperationalError: (or InterfaceError) when the database is not there or gave way to another
    transaction; nothing is kept then, and the same frames may be given again.
    """
    with acting(SYSTEM.actor):
        taken = _take(arrived, table)
        deliveries = [(at, one) for at, one in enumerate(taken) if isinstance(one, _Taken)]
        outcomes: list[Outcome] = [Outcome(refused=one) if isinstance(one, Refused) else Outcome() for one in taken]
        try:
            with transaction.atomic():
                recorded = store([one.delivery for _at, one in deliveries])
                _check_deferred()
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # whatever it is, one frame's fault must not cost the others their answers
            log.warning("A batch of %d frames failed, taking each alone: %s", len(arrived), error)
            for at, one in deliveries:
                outcomes[at] = _alone(arrived[at], one)
        else:
            for (at, one), result in zip(deliveries, recorded, strict=True):
                outcomes[at] = Outcome(one.answer, result)
    return outcomes


def _alone(arrived: Arrived, taken: _Taken) -> Outcome:
    try:
        with transaction.atomic():
            (recorded,) = store([taken.delivery])
            _check_deferred()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("A frame of %s could not be kept.", arrived.frame.mn)
        sentence = f"The readings could not be kept: {(str(error).splitlines() or [type(error).__name__])[0]}"
        return Outcome(refused=_refused(arrived, Refusal(Reason.STORE_FAILED, sentence)))
    return Outcome(taken.answer, recorded)


def _check_deferred() -> None:
    """A foreign key is checked at the commit by default; here it must speak while a savepoint can still catch it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _take(arrived: Sequence[Arrived], table: FactorTable) -> list[_Taken | Refused]:
    stations = {
        station.mn: station
        for station in Station.objects.select_related("feature__layer").filter(
            mn__in={one.frame.mn for one in arrived if one.frame.mn}
        )
    }
    return [_taken(one, stations.get(one.frame.mn), table) for one in arrived]


def _taken(arrived: Arrived, station: Station | None, table: FactorTable) -> _Taken | Refused:
    frame = arrived.frame
    try:
        if station is None:
            raise Refusal(Reason.UNKNOWN_MN, f"No station has the MN {frame.mn!r}.")
        if not station.is_open and not _same(station.password, frame.pw):
            raise Refusal(Reason.WRONG_PASSWORD, "PW is not the station's.")
        command = hj212.command(frame)
        readings, notes = decode(frame, station, table) if command.part is Part.READINGS else ([], frame.notes)
    except Refusal as refusal:
        return _refused(arrived, refusal)
    except Exception:
        # A fault of ours in reading one frame: it would come again and again, and must not stop the others.
        log.exception("A frame of %s could not be read.", frame.mn)
        return _refused(
            arrived, Refusal(Reason.STORE_FAILED, "The frame could not be read; the gateway's log says why.")
        )
    wanted = command.answered_by if frame.answer_wanted else None
    return _Taken(
        Delivery(station, readings, arrived.received_at, frozenset(notes)),
        hj212.answer(frame, wanted) if wanted is not None else None,
    )


def _same(password: str, given: str | None) -> bool:
    return bool(password) and hmac.compare_digest(password.encode(), (given or "").encode())


def decode(frame: Frame, station: Station, table: FactorTable) -> tuple[list[NewReading], set[Note]]:
    """A frame's readings under their stored codes and in their stored units, and what was unusual in all of it.

    :raises Refusal: ``bad_time``.
    """
    found, notes = [], set(frame.notes)
    aliases = station.aliases
    for one in hj212.readings(frame, table.codes_2005):
        made = NewReading(
            aliases.get(one.factor, one.factor) if aliases else one.factor,
            one.kind.value,
            one.time,
            one.value,
            one.minimum,
            one.maximum,
            one.total,
            one.converted,
            one.flag,
        )
        if station.units:
            stored = in_stored_unit(made, station, table.factors)
            made = stored._replace(value=made.value) if one.value_is_total else stored
        if one.notes:
            notes.update(one.notes)
        if made.factor in PARTICULATES and made.value is not None and made.value > PARTICULATE_PLAUSIBLE:
            notes.add(Note.UNIT_IMPLAUSIBLE)
        found.append(made)
    return found, notes


def _refused(arrived: Arrived, refusal: Refusal) -> Refused:
    return Refused(refusal.reason, refusal.sentence, arrived.frame.raw, mn=arrived.frame.mn, address=arrived.address)
