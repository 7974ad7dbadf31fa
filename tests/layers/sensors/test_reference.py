"""Reference data, partitions and refused frames: loaded again without a trace, moved, counted."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db import connection

from envmap.accounts.asker import SYSTEM
from layers.sensors import actions, queries
from layers.sensors.actions import Refused
from layers.sensors.models import (
    DeadLetter,
    DeadLetterCount,
    Factor,
    Limit,
    Reading,
)
from tests.layers.sensors import make
from tests.layers.sensors.make import MN, NOON, minute

FIXTURES = Path(__file__).parents[3] / "fixtures"


# -- reference data, partitions, dead letters ---------------------------------------------------------------------------


def rows(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_fixtures_load_twice_without_a_trace(db) -> None:
    validity = {(row["standard"], row["version"]): row for row in rows("standards.csv")}
    limits = [
        {**validity[(row["standard"], row["version"])], **row}
        for path in sorted((FIXTURES / "limits").glob("*.csv"))
        for row in rows(f"limits/{path.name}")
    ]
    for _ in range(2):
        assert actions.load_factors(by=SYSTEM, rows=rows("factors.csv")) == Factor.objects.count()
        assert actions.load_limits(by=SYSTEM, rows=limits) == Limit.objects.count() > 500
    pm10 = Limit.objects.get(standard="GB 3095", version="2012", factor_code="a34002", period="day", limit_class="2")
    assert (pm10.upper, pm10.unit, pm10.valid_to) == (Decimal("0.15"), "mg/m³", date(2026, 2, 28))
    assert queries.factors_by_code_2005()["011"] == "w01018"


def test_a_month_made_later_takes_its_rows_out_of_the_default(cast) -> None:
    make.factor()
    make.station()
    actions.record_readings(by=cast.asker("officer"), mn=MN, readings=[minute(0, "0.1")])
    actions.make_partitions(date(2026, 11, 24))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM sensors_reading")
        assert cursor.fetchall() == [("sensors_reading_202611",)]
    assert actions.make_partitions(date(2026, 11, 24)) == 0
    assert Reading.objects.count() == 1


def test_refused_frames_are_kept_as_far_as_given_and_always_counted(cast) -> None:
    letter = Refused("crc_mismatch", "The checksum is wrong.", b"##\x00\xff", mn=MN, address="127.0.0.1")
    actions.keep_dead_letters(
        [letter, Refused("crc_mismatch", "", None, count=41), Refused("garbage", "", None, count=7)]
    )
    actions.keep_dead_letters([letter])
    assert [bytes(one.raw) for one in DeadLetter.objects.all()] == [b"##\x00\xff"] * 2
    assert queries.dead_letter_counts() == {"crc_mismatch": 43, "garbage": 7}
    assert DeadLetterCount.objects.get(reason="crc_mismatch").kept == 2
    assert queries.dead_letters(cast.asker("officer"), reason="crc_mismatch").count() == 2
    assert queries.dead_letters(cast.asker("viewer")).count() == 0


def test_old_dead_letters_are_forgotten_and_their_counts_are_not(cast) -> None:
    actions.keep_dead_letters([Refused("garbage", "", b"x")])
    DeadLetter.objects.update(at=NOON.replace(year=2020))
    assert actions.forget_dead_letters() == 1
    assert queries.dead_letter_counts() == {"garbage": 1}
