"""Every published frame of the shared collection is read or refused as its row says. Skipped where it is absent."""

import csv
import json
import os
from pathlib import Path

import pytest

from layers.sensors.ingest.hj212 import Frame, Part, Refusal, Rejected, command, readings
from layers.sensors.ingest.hj212.commands import COMMANDS
from tests.layers.sensors.ingest.frames import read

ROOT = Path(__file__).parents[4]
TABLE = Path(os.environ.get("ENVMAP_SHARED", ROOT.parent / "shared")) / "data/hj212/frames.tsv"
pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"the shared frame collection is not at {TABLE}")

OURS = {"F010": {"mn": "88888881234567"}} | {row: {"st": "32", "qn": "20160801085857534"} for row in ("F063", "F096")}
"""Where the table shows what a strict parser loses to a stray comma and ours does not."""


def rows() -> list[dict[str, str]]:
    if not TABLE.is_file():
        return []
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_a_published_frame_is_met_as_its_row_says(row: dict[str, str]) -> None:
    (event,) = read(row["frame"].replace("\\r\\n", "\r\n").encode())
    if row["crc_ok"] == "false" or row["length_ok"] == "false":
        assert isinstance(event, Rejected), row["note"]
        return
    assert isinstance(event, Frame), event
    said = json.loads(row["decoded"]) | OURS.get(row["id"], {})
    assert [getattr(event, name) for name in ("st", "cn", "mn", "qn", "flag")] == [
        said[name] for name in ("st", "cn", "mn", "qn", "flag")
    ]
    seen: dict[str, str | list[str]] = {}
    for name, value in event.cp:
        known = seen.get(name)
        seen[name] = value if known is None else [*([known] if isinstance(known, str) else known), value]
    assert seen == said["cp"]
    if COMMANDS[event.edition][event.cn].part is Part.REQUEST:
        with pytest.raises(Refusal, match="from host to site"):
            command(event)
        return
    if command(event).part is Part.READINGS and event.cp:
        named = [name.rpartition("-") for name in said["cp"] if "-" in name]
        expected = {(factor, field if field in ("DayData", "NightData") else "") for factor, _, field in named}
        assert len(readings(event)) == len(expected)
