"""The clock can be made to stand for a while, and goes on afterwards."""

from datetime import UTC, datetime

import pytest

from envmap.core import clock


def test_the_clock_stands_inside_the_block_and_goes_on_after_it():
    then = datetime(2026, 2, 13, 9, 0, tzinfo=UTC)
    with clock.standing_at(then):
        assert clock.now() == then
        with clock.standing_at(datetime(2026, 2, 14, 23, 30, tzinfo=clock.SHANGHAI)):
            assert clock.now() == datetime(2026, 2, 14, 15, 30, tzinfo=UTC)
            assert clock.today().isoformat() == "2026-02-14"
        assert clock.now() == then
    assert clock.now() > then


def test_the_clock_goes_on_even_when_the_block_fails():
    with pytest.raises(LookupError), clock.standing_at(datetime(2026, 2, 13, tzinfo=UTC)):
        raise LookupError
    assert clock.now().year > 2000
    assert clock.now() != datetime(2026, 2, 13, tzinfo=UTC)
