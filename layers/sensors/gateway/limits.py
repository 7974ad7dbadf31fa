"""How much one station may send, and how many refused frames are kept: both bounded, whatever comes. Pure."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from layers.sensors.actions.dead_letters import Refused

MINUTE: Final = 60.0
KEYS_AT_MOST: Final = 50_000
"""Stations whose rate is remembered at once; a stranger can make up any number of them."""


class Buckets:
    """Frames a second for each key, averaged over a minute: a minute's worth may come at once (token buckets)."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._rate, self._full, self._clock = per_second, per_second * MINUTE, clock
        self._tokens: dict[tuple[str, str], tuple[float, float]] = {}
        self._swept = clock()

    def wait_for(self, key: tuple[str, str]) -> float:
        """Take one frame's worth; seconds until there is one if there is none now (nothing is taken then)."""
        now = self._clock()
        tokens, at = self._tokens.get(key, (self._full, now))
        tokens = min(self._full, tokens + (now - at) * self._rate)
        if tokens < 1:
            self._tokens[key] = (tokens, now)
            return (1 - tokens) / self._rate
        self._tokens[key] = (tokens - 1, now)
        if len(self._tokens) > KEYS_AT_MOST:
            # Somebody makes up keys. Those that have used little are forgotten: it gives them little back.
            self._tokens = {known: bucket for known, bucket in self._tokens.items() if bucket[0] < self._full / 2}
        elif now - self._swept > MINUTE:
            # A key that was not heard of for a minute has a full bucket, which is what an unknown one has.
            self._tokens = {known: bucket for known, bucket in self._tokens.items() if now - bucket[1] < MINUTE}
            self._swept = now
        return 0.0

    def __len__(self) -> int:
        return len(self._tokens)


class Letters:
    """Refused frames on their way to the database: all counted, the bytes of so many a minute kept."""

    def __init__(self, clock: Callable[[], float], *, per_source: int = 30, overall: int = 600) -> None:
        """:param per_source: kept a minute for each address and reason. :param overall: kept a minute."""
        self._clock, self._per_source, self._overall = clock, per_source, overall
        self._kept: list[Refused] = []
        self._only_counted: Counter[str] = Counter()
        self._this_minute: Counter[tuple[str, str]] = Counter()
        self._minute_began = clock()
        self.total = 0

    def add(self, refused: Refused) -> None:
        """Keep or only count a refused frame."""
        now = self._clock()
        if now - self._minute_began >= MINUTE:
            self._this_minute.clear()
            self._minute_began = now
        self.total += refused.count
        source = (refused.address, refused.reason)
        room = self._this_minute[source] < self._per_source and self._this_minute.total() < self._overall
        if refused.raw is None or not room:
            self._only_counted[refused.reason] += refused.count
            return
        self._this_minute[source] += 1
        self._kept.append(refused)

    def take(self) -> list[Refused]:
        """All that waits, for the database; nothing waits afterwards."""
        counted = [Refused(reason, "", None, count=count) for reason, count in self._only_counted.items()]
        taken = self._kept + counted
        self._kept, self._only_counted = [], Counter()
        return taken

    def give_back(self, taken: list[Refused]) -> None:
        """What the database did not take waits again; the bytes of the oldest go first when there are too many."""
        for one in taken:
            if one.raw is not None and len(self._kept) < self._overall:
                self._kept.append(one)
            else:
                self._only_counted[one.reason] += one.count
