"""The wall screen hangs there for months: ten thousand live messages and three midnights leave no heap behind."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.browser.chromium import Visitor, chromium
from tests.outside.client import Api
from tests.stack import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]
MEGABYTE = 1024 * 1024
MOST = 5 * MEGABYTE
# Facts of before again, as new ones of now: through the same relay, numbered and told as any other.
AGAIN = """
INSERT INTO core_outboxfact (type, layer, feature, feature_id, ref, number, station, rule, state, at, location, audience)
SELECT type, layer, feature, feature_id, ref, number, station, rule, state, now(), location, audience
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM core_outboxfact
      WHERE type ~ '^(alarm|order|issue|feature)' AND audience && ARRAY['public', 'bureau', 'work']::varchar[]) AS told,
     generate_series(1, %(times)s)
ORDER BY generate_series, n LIMIT %(count)s
"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


class Wall:
    """The screen in a browser whose clock is ours, with the facts that its socket has heard counted."""

    def __init__(self, stack, browser) -> None:
        self.stack = stack
        self.heard = 0
        self.visitor = Visitor(browser, stack.base_url, width=1920, height=1080)
        self.page = self.visitor.page
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        self.visitor.sign_in("supervisor", then="/password/")
        self.page.clock.install(time=datetime.now(UTC))
        self.page.goto("/screen/")
        self.page.wait_for_selector("main")
        self.page.wait_for_function("!document.documentElement.classList.contains('is-stale')")
        self.session = self.page.context.new_cdp_session(self.page)

    def _count(self, frame) -> None:
        message = json.loads(frame)
        self.heard += "prev" in message

    def tell(self, count: int) -> None:
        """So many facts happen; comes back when the page has heard them all."""
        wanted = self.heard + count
        with psycopg.connect(self.stack.superuser_dsn, autocommit=True) as connection:
            there = connection.execute("SELECT count(*) FROM core_outboxfact").fetchone()
            assert there and there[0], "the demo has told nothing yet"
            connection.execute(AGAIN, {"times": count // there[0] + 1, "count": count})

        def is_heard() -> bool:
            self.page.clock.run_for(100)  # timers of the page go on; the socket is as real as ever
            return self.heard >= wanted

        wait_for(is_heard, 120, f"{count} facts on the wall")

    def sleep_over_midnight(self) -> None:
        """A day passes on the page's clock."""
        self.page.clock.fast_forward(timedelta(days=1).total_seconds() * 1000)

    def heap(self) -> int:
        """Bytes in use after a forced collection."""
        for _ in range(3):
            self.session.send("HeapProfiler.collectGarbage")
        return self.session.send("Runtime.getHeapUsage")["usedSize"]


def test_ten_thousand_messages_and_three_midnights_leave_no_heap_behind(stack, browser):
    assert Api(stack.base_url, "supervisor").get("/me")
    wall = Wall(stack, browser)
    wall.tell(1_000)
    before = wall.heap()
    for _ in range(3):
        wall.tell(3_000)
        wall.sleep_over_midnight()
    after = wall.heap()
    assert wall.heard >= 10_000
    assert after - before < MOST, f"{(after - before) / MEGABYTE:.1f} MB more after {wall.heard} messages"
    wall.visitor.check()
