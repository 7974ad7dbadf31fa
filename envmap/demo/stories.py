"""What happened in the demo's past weeks: issues and orders with who did what when. Pure and seeded.

A story is told by the people whom the demo has: an officer files and dispatches, the unit accepts, reports, is sent
back, the officer verifies. How early or late somebody was is said in shares of the time that the product's own
deadlines give, so that a story is late on every day of the year, and in holidays too.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from tasks.orders.deadlines import Calendar, Clock, deadline

from .things import Thing

SHANGHAI = ZoneInfo("Asia/Shanghai")
End = Literal["verified", "reported", "accepted", "sent", "returned", "withdrawn", "rejected", "filed", "open"]


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of a category, by the product's own deadlines: `amounts` in hours, or in days for the clock of days."""

    clock: Clock
    amounts: Mapping[str, Decimal]
    calendar: Calendar

    def by(self, start: datetime, what: str) -> datetime:
        """Until when something that began at `start` must be done; `what` is accept or report."""
        return deadline(start, self.amounts[what], self.clock, self.calendar).at

    def at(self, start: datetime, what: str, share: float) -> datetime:
        """The moment when `share` of the time has passed; beyond one it is late."""
        return start + (self.by(start, what) - start) * share


@dataclass(frozen=True, slots=True)
class Tale:
    """A kind of problem in words: its category, its title and what the unit and the officer write."""

    category: str
    title: str
    said: str
    done: str


TALES = [
    Tale("OF-01", "晴天排水", "连续晴天仍有出水，水质偏浑。", "上游错接已改入污水管，口门断流。"),
    Tale("OF-03", "标志牌缺损", "标志牌倒伏，编号看不清。", "已重立标志牌并更新档案。"),
    Tale("SS-01", "设备停运断电", "现场无电，风机与提升泵停转。", "已恢复供电，运行记录附后。"),
    Tale("SS-03", "管网堵塞冒溢", "检查井冒水，路面有污水。", "已疏通并冲洗路面。"),
    Tale("MD-01", "海面漂浮聚集", "养殖泡沫与塑料成片漂浮。", "已出船打捞，上岸 320 公斤。"),
    Tale("MD-02", "岸滩垃圾堆积", "退潮后滩面垃圾较多。", "已清运，装袋 46 袋。"),
    Tale("DS-02", "裸土未覆盖", "场内裸土约 1200 平方米未盖网。", "已全部覆盖防尘网。"),
    Tale("DS-03", "车辆带泥遗撒", "出口道路带泥约 200 米。", "路面已冲洗，洗车台恢复使用。"),
    Tale("OF-03", "采样口堵塞", "采样井被泥沙淤满，无法采样。", "已清淤，采样井加盖。"),
    Tale("EC-04", "交接记录缺失", "近一周转移联单缺两份。", "联单已补齐，双方签字。"),
]


MARGIN = timedelta(minutes=2)
"""How far behind us the last step of a story lies at least."""


@dataclass(slots=True)
class Story:
    """One issue, and what became of it until `end`. Times are aware; None where it never came to that."""

    thing: Thing
    tale: Tale
    unit: str
    opened_at: datetime
    end: End
    dispatched_at: datetime | None = None
    accepted_at: datetime | None = None
    reported_at: datetime | None = None
    sent_back_at: datetime | None = None
    reported_again_at: datetime | None = None
    ended_at: datetime | None = None
    seed: int = 0

    def steps(self) -> tuple[datetime | None, ...]:
        """Its moments in the order in which they must lie."""
        return (
            self.opened_at, self.dispatched_at, self.accepted_at, self.reported_at, self.sent_back_at,
            self.reported_again_at, self.ended_at,
        )  # fmt: skip


PLANS: dict[str, Sequence[tuple[End, str, int]]] = {
    # end, manner (prompt, late, rework), how many. The story's last step lies at most this far in the past: see `told`.
    "quiet": [("verified", "prompt", 20), ("verified", "rework", 2), ("accepted", "prompt", 2), ("reported", "prompt", 1)],
    "alarm-day": [
        ("verified", "prompt", 28), ("verified", "late", 4), ("verified", "rework", 6), ("withdrawn", "prompt", 2),
        ("rejected", "prompt", 3), ("sent", "prompt", 4), ("sent", "late", 2), ("accepted", "prompt", 6),
        ("accepted", "late", 3), ("accepted", "rework", 2), ("reported", "prompt", 5), ("returned", "prompt", 3),
        ("filed", "prompt", 2), ("open", "prompt", 4),
    ],
    "month-end": [
        ("verified", "prompt", 52), ("verified", "late", 12), ("verified", "rework", 11), ("withdrawn", "prompt", 4),
        ("rejected", "prompt", 5), ("sent", "prompt", 2), ("accepted", "prompt", 4), ("accepted", "late", 6),
        ("reported", "prompt", 6), ("returned", "prompt", 2), ("open", "prompt", 1),
    ],
}  # fmt: skip
STAGES = tuple(PLANS)


def unit_of(thing: Thing, unit_kind: str, hints: Sequence[str], sectors: Mapping[str, str]) -> str:
    """The department that a category sends a thing's problem to: by party, then by sector hint, then the town."""
    part = {"contractor": "contractor", "operator": "operator"}.get(unit_kind)
    if part:
        found = [code for code, what in thing.parties if what == part]
        if found:
            return found[0]
    if unit_kind == "sector":
        for hint in hints:
            if hint in sectors:
                return sectors[hint]
        found = [code for code, what in thing.parties if what == "sector"]
        if found:
            return found[0]
    return thing.place.town.code


class Teller:
    """Makes up stories about things, each in the past of `now`."""

    def __init__(
        self,
        things: Sequence[Thing],
        categories: Mapping[str, Mapping[str, str]],
        sectors: Mapping[str, str],
        now: datetime,
        seed: int,
        calendar: Calendar,
        favoured: Collection[str] = (),
    ) -> None:
        """`favoured` are units whose people sign in: they get more of the work, and more of what is still open."""
        self.favoured, self.calendar = frozenset(favoured), calendar
        self.now, self.categories, self.sectors = now.astimezone(SHANGHAI), categories, sectors
        self.rng = random.Random(seed)
        self.by_layer: dict[str, list[Thing]] = {}
        for thing in things:
            self.by_layer.setdefault(thing.layer, []).append(thing)
        for group in self.by_layer.values():
            self.rng.shuffle(group)

    def told(self, stage: str) -> list[Story]:
        """All stories of a stage, oldest first."""
        stories: list[Story] = []
        for end, manner, many in PLANS[stage]:
            for _ in range(many):
                stories.append(self._story(end, manner, TALES[len(stories) % len(TALES)]))
        return sorted(stories, key=lambda s: s.opened_at)

    def _pace(self, row: Mapping[str, str]) -> Pace:
        amounts = {what: Decimal(row[what]) for what in ("accept", "report")}
        return Pace(Clock(row["clock"]), amounts, self.calendar)

    def _pick(self, row: Mapping[str, str], *, often: float) -> tuple[Thing, str]:
        """The thing that was longest without a story, and its unit; `often` one whose unit is favoured."""
        group = self.by_layer[row["layer"]]
        paired = [(t, unit_of(t, row["unit_kind"], row["unit_hint"].split(), self.sectors)) for t in group]
        liked = [pair for pair in paired if pair[1] in self.favoured]
        thing, unit = (liked if liked and self.rng.random() < often else paired)[0]
        group.remove(thing)
        group.append(thing)
        return thing, unit

    def _morning(self, days_ago: int) -> datetime:
        """A moment of the office hours of the last working day that lies so many days back or more."""
        day = self.now.date() - timedelta(days=days_ago)
        while not self.calendar.is_working(day):
            day -= timedelta(days=1)
        return self.calendar.spans(day)[0][0].astimezone(SHANGHAI) + timedelta(minutes=self.rng.randint(10, 180))

    def _story(self, end: End, manner: str, tale: Tale) -> Story:
        """A story whose steps lie behind us, and that is as late as it says; older starts are tried until it is so."""
        row = self.categories[tale.category]
        thing, unit = self._pick(row, often=0.75 if end in ("sent", "accepted", "reported", "returned") else 0.35)
        story = Story(thing, tale, unit, self.now, end, seed=self.rng.randrange(2**31))
        if end in ("open", "filed", "rejected"):
            story.opened_at = self.now - timedelta(minutes=self.rng.randint(25, 300))
            if end == "rejected":
                story.opened_at = self._morning(self.rng.randint(2, 25))
            story.ended_at = story.opened_at + timedelta(minutes=15)
            return story
        pace = self._pace(row)
        for start in self._starts(end, manner, pace):
            self._steps(story, start, manner, pace)
            if self._fits(story, manner, pace):
                break
        return story

    def _starts(self, end: End, manner: str, pace: Pace) -> Iterator[datetime]:
        """When it may have been dispatched, newest first; what is over lies some days back at least."""
        if end in ("sent", "accepted") and manner == "prompt":
            amount = float(pace.amounts["accept" if end == "sent" else "report"])
            real = timedelta(days=amount) if pace.clock is Clock.DAYS else timedelta(hours=amount)
            yield self.now - real * self.rng.uniform(0.15, 0.5)  # working time never runs faster than real time
        over = end in ("verified", "withdrawn")
        first = self.rng.randint(1, 24) if over else 0
        for days_ago in range(first, first + 120):
            yield self._morning(days_ago)

    def _steps(self, story: Story, start: datetime, manner: str, pace: Pace) -> None:
        """Fills in the steps of a story that was dispatched at `start`."""
        end, rng = story.end, self.rng
        story.opened_at, story.dispatched_at = start - timedelta(minutes=rng.randint(8, 40)), start
        story.accepted_at = story.reported_at = story.sent_back_at = story.reported_again_at = story.ended_at = None
        if end == "sent":
            return
        if end == "withdrawn":
            story.ended_at = start + timedelta(minutes=50)
            return
        accepted = pace.at(start, "accept", rng.uniform(0.2, 0.7))
        if end == "returned":
            story.ended_at = accepted
            return
        if start < self.now < accepted + MARGIN:
            accepted = start + (self.now - start) / 2
        story.accepted_at = accepted
        if end == "accepted" and manner != "rework":
            return
        share = rng.uniform(1.05, 1.4) if manner == "late" else rng.uniform(0.4, 0.6)
        story.reported_at = last = max(pace.at(start, "report", share), accepted + timedelta(minutes=20))
        if end == "reported":
            return
        if manner == "rework":
            story.sent_back_at = story.reported_at + timedelta(minutes=40)
            if end == "accepted":
                return
            story.reported_again_at = last = pace.at(story.sent_back_at, "report", 0.3)
        story.ended_at = last + timedelta(minutes=rng.randint(30, 150))

    def _fits(self, story: Story, manner: str, pace: Pace) -> bool:
        """Whether the last step lies behind us, and whether what is open is late, or in time, as it should be."""
        assert story.dispatched_at is not None
        last = max(at for at in story.steps() if at is not None)
        if last > self.now - MARGIN:
            return False
        if story.end not in ("sent", "accepted") or manner == "rework":
            return True
        due = pace.by(story.dispatched_at, "accept" if story.end == "sent" else "report")
        return due < self.now - MARGIN if manner == "late" else due > self.now
