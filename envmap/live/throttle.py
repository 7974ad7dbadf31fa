"""The newest readings, one message a station and second. Pure: the clock is handed in."""

from typing import Any

Reading = dict[str, Any]
Message = dict[str, Any]


class Throttle:
    """Collects what stations say and gives each one's newest values at most once in `seconds`.

    Of a factor and kind the newest time stays. A station that has been quiet is passed on at once; what comes sooner
    waits until its second is over, so that the last value always arrives.
    """

    def __init__(self, seconds: float = 1.0, most: int = 10_000) -> None:
        self._seconds, self._most = seconds, most
        self._waiting: dict[str, Message] = {}
        self._told_at: dict[str, float] = {}

    def add(self, message: Message) -> None:
        """Takes one nudge `{"mn", "layer", "feature_id", "readings": […]}`; merges it with what waits."""
        mn = str(message.get("mn"))
        before = self._waiting.get(mn)
        if before is None and len(self._waiting) >= self._most:
            return
        newest = {self._key(r): r for r in (before or {}).get("readings", [])}
        for reading in message.get("readings", []):
            old = newest.get(self._key(reading))
            if old is None or str(old.get("time")) <= str(reading.get("time")):
                newest[self._key(reading)] = reading
        self._waiting[mn] = message | {"readings": list(newest.values())}

    @staticmethod
    def _key(reading: Reading) -> tuple[str, str]:
        return str(reading.get("factor")), str(reading.get("kind"))

    def due(self, now: float) -> list[Message]:
        """What may be passed on at `now` (seconds of a monotonic clock); each message is given once."""
        ready = [mn for mn in self._waiting if now - self._told_at.get(mn, float("-inf")) >= self._seconds]
        if len(self._told_at) > self._most:
            self._told_at = {mn: at for mn, at in self._told_at.items() if now - at < self._seconds}
        for mn in ready:
            self._told_at[mn] = now
        return [self._waiting.pop(mn) for mn in ready]

    def next_due(self, now: float) -> float | None:
        """Seconds until something that waits is due; None when nothing waits."""
        if not self._waiting:
            return None
        return max(0.0, min(self._told_at.get(mn, float("-inf")) + self._seconds for mn in self._waiting) - now)
