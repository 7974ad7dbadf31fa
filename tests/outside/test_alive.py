"""The demo district stays alive by itself: its stations go on talking HJ 212 after the start."""

from datetime import datetime

import pytest

from tests.outside.client import SHANGHAI, Api
from tests.stack import wait_for

pytestmark = pytest.mark.stack


def test_stations_that_speak_each_minute_are_heard_of_again_and_a_few_stay_silent(stack):
    officer, began = Api(stack.base_url, "officer"), datetime.now(SHANGHAI)

    def each_minute() -> list[dict]:
        stations = officer.get("/stations", limit=1000)["items"]
        return [one for one in stations if one["expected_interval"] == 60 and one["last_seen"]]

    assert len(each_minute()) >= 50

    def heard_again() -> bool:
        stations = each_minute()
        return sum(datetime.fromisoformat(one["last_seen"]) > began for one in stations) > len(stations) * 0.8

    wait_for(heard_again, 240, "four of five stations to be heard of again")
    silent = sum(one["condition"] == "silent" for one in each_minute())
    assert 0 < silent < len(each_minute()) * 0.2
