"""The newest readings: one message a station and second."""

from envmap.live.throttle import Throttle


def nudge(mn: str, value: float, *, time: str = "2026-11-24T08:00:00+08:00", factor: str = "a34002") -> dict:
    reading = {"factor": factor, "kind": "minute", "time": time, "value": value}
    return {"mn": mn, "layer": "dust-sites", "feature_id": 1, "readings": [reading]}


def test_a_quiet_station_is_passed_on_at_once_and_then_once_a_second():
    throttle = Throttle()
    throttle.add(nudge("A", 1))
    assert [m["readings"][0]["value"] for m in throttle.due(100.0)] == [1]
    for value in (2, 3, 4):
        throttle.add(nudge("A", value))
        assert throttle.due(100.5) == []
    assert throttle.next_due(100.5) == 0.5
    assert [m["readings"][0]["value"] for m in throttle.due(101.0)] == [4]
    assert throttle.next_due(101.0) is None


def test_stations_do_not_wait_for_one_another():
    throttle = Throttle()
    throttle.add(nudge("A", 1))
    throttle.due(100.0)
    throttle.add(nudge("A", 2))
    throttle.add(nudge("B", 9))
    assert [m["mn"] for m in throttle.due(100.1)] == ["B"]


def test_what_waits_is_merged_and_of_a_factor_the_newest_time_stays():
    throttle = Throttle()
    throttle.add(nudge("A", 1, time="2026-11-24T08:02:00+08:00"))
    throttle.add(nudge("A", 2, time="2026-11-24T08:01:00+08:00"))
    throttle.add(nudge("A", 3, factor="a34004"))
    (message,) = throttle.due(0.0)
    assert {(r["factor"], r["value"]) for r in message["readings"]} == {("a34002", 1), ("a34004", 3)}


def test_memory_is_bounded():
    throttle = Throttle(most=2)
    for mn in "ABCD":
        throttle.add(nudge(mn, 1))
    assert {m["mn"] for m in throttle.due(0.0)} == {"A", "B"}
