"""docs/interfaces.md is run: its shell examples one after the other, its frame against the product's own reader."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from layers.sensors.ingest.hj212.crc import crc16
from layers.sensors.models import Factor, Reading
from tasks.orders.models import Order
from tests.cast import PASSWORD
from tests.envmap.api.caller import ROOT, document

PAGE = (Path(__file__).parents[3] / "docs" / "interfaces.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_shell_examples_run_from_the_first_to_the_last(live_server, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    Factor.objects.create(code="a34002", names={"zh-hans": "颗粒物"}, unit="mg/m3")
    script = "set -euo pipefail\n" + "\n".join(body for kind, body in BLOCKS if kind == "bash")
    environment = os.environ | {
        "ENVMAP": live_server.url,
        "OFFICER": f"officer:{PASSWORD}",
        "FIELD": f"field:{PASSWORD}",
        "no_proxy": "*",
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Unknown parameter colour" in done.stdout
    assert Order.objects.get().state == "verified"
    assert Reading.objects.count() == 1


def test_the_frame_that_the_page_builds_is_one():
    (example,) = [body for kind, body in BLOCKS if kind == "python" and "crc16" in body]
    made = {}
    exec(example, made)
    assert made["frame"]("QN=1;CP=&&&&") == b"##0012QN=1;CP=&&&&%04X\r\n" % crc16(b"QN=1;CP=&&&&")


def test_the_page_names_every_path_of_the_document():
    text = re.sub(r"`", "", PAGE)
    for path in document()["paths"]:
        last = path.removeprefix(ROOT).rstrip("/").rsplit("/", 1)[-1]
        assert last in text or last == "{id}", f"docs/interfaces.md does not name {path}"
