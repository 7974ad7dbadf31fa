"""The demo district stays alive by itself: its stations go on talking HJ 212 after the start."""

from datetime import datetime

import pytest

from tests.outside.client import Api
from tests.stack import wait_for

pytestmark = pytest.mark.stack


def test_most_stations_are_heard_of_again_within_two_minutes(stack):
    officer = Api(stack.base_url, "officer")

    def heard() -> dict[str, str]:
        return {
            one["mn"]: one["last_seen"] for one in officer.get("/stations", limit=1000)["items"] if one["last_seen"]
        }

    before = heard()
    assert len(before) >= 50
    newest = max(map(datetime.fromisoformat, before.values()))

    def again() -> bool:
        return sum(datetime.fromisoformat(at) > newest for at in heard().values()) > len(before) * 0.8

    wait_for(again, 180, "four of five stations to be heard of again")
    silent = officer.get("/stations", condition="silent", limit=1000)["items"]
    assert 0 < len(silent) < len(before) * 0.2
