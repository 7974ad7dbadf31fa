"""What happened in the demo's past weeks: issues and orders with who did what when. Pure and seeded.

A story is told by the people whom the demo has: an officer files and dispatches, the unit accepts, reports, is sent
back, the officer verifies. Deadlines are computed by the product; a story only says how early or late somebody was, in
shares of the category's time.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from .things import Thing

SHANGHAI = ZoneInfo("Asia/Shanghai")
End = Literal["verified", "reported", "accepted", "sent", "returned", "withdrawn", "rejected", "filed", "open"]


@dataclass(frozen=True, slots=True)
class Clock:
    """The times of a category: `kind` urgent, hours or days; `accept` and `report` in hours, or in days."""

    kind: str
    accept: float
    report: float

    def after(self, share: float, *, of: Literal["accept", "report"]) -> timedelta:
        """Real time after which `share` of the category's time has passed at most.

        Working time never runs faster than real time, so a share below one is in time whatever the calendar. Late
        spans are stretched until office hours and days of rest cannot make them early again.
        """
        amount = self.accept if of == "accept" else self.report
        span = timedelta(days=amount) if self.kind == "days" else timedelta(hours=amount)
        if share <= 1 or self.kind == "urgent":
            return span * share
        return span * share + (timedelta(days=3) if self.kind == "hours" else timedelta(days=amount * 0.6 + 4))


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
    notes: list[str] = field(default_factory=list)


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
        favoured: Collection[str] = (),
    ) -> None:
        """`favoured` are units whose people sign in: they get more of the work, and more of what is still open."""
        self.favoured = frozenset(favoured)
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
        for end, manner, count in PLANS[stage]:
            for _ in range(count):
                stories.append(self._story(end, manner, TALES[len(stories) % len(TALES)]))
        return sorted(stories, key=lambda s: s.opened_at)

    def _clock(self, tale: Tale) -> Clock:
        row = self.categories[tale.category]
        return Clock(row["clock"], float(row["accept"]), float(row["report"]))

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
        """A moment of a past day's office hours, on a weekday."""
        day = self.now.date() - timedelta(days=days_ago)
        while day.weekday() > 4:
            day -= timedelta(days=1)
        return datetime.combine(day, time(8, 40), SHANGHAI) + timedelta(minutes=self.rng.randint(0, 170))

    def _story(self, end: End, manner: str, tale: Tale) -> Story:
        row = self.categories[tale.category]
        thing, unit = self._pick(row, often=0.75 if end in ("sent", "accepted", "reported", "returned") else 0.35)
        clock = self._clock(tale)
        story = Story(thing, tale, unit, self.now, end, seed=self.rng.randrange(2**31))
        late = 1.25 if manner == "late" else 0.5
        if end in ("open", "filed", "rejected"):
            story.opened_at = self.now - timedelta(minutes=self.rng.randint(25, 300))
            if end == "rejected":
                story.opened_at = self._morning(self.rng.randint(2, 25))
            story.ended_at = story.opened_at + timedelta(minutes=15)
            return story
        # How long it takes from dispatch to the last step, so that the whole story fits between then and now.
        accept = clock.after(self.rng.uniform(0.2, 0.7), of="accept")
        report = max(clock.after(late * self.rng.uniform(0.8, 1.15), of="report"), accept + timedelta(minutes=20))
        again = clock.after(0.3, of="report")
        if end == "sent":
            ago = clock.after(1.6 if manner == "late" else 0.3, of="accept")
        elif end == "accepted" and manner == "prompt":
            ago = accept + clock.after(0.25, of="report") * self.rng.uniform(0.2, 0.9)
        elif end == "accepted" and manner == "late":
            ago = clock.after(1.35, of="report")
        elif end == "accepted":
            ago = report + timedelta(hours=3)
        elif end in ("reported", "returned"):
            ago = (report if end == "reported" else accept) + timedelta(minutes=self.rng.randint(20, 200))
        elif end == "withdrawn":
            ago = timedelta(days=self.rng.randint(3, 20))
        else:
            ago = report + again + timedelta(days=self.rng.randint(1, 24), hours=3)
        start = self.now - ago
        if end in ("verified", "withdrawn") or (manner == "late" and clock.kind != "urgent"):
            # What is over or long overdue began in office hours; a day earlier makes nothing less late.
            start = self._morning((self.now.date() - start.date()).days + 1)
        story.opened_at = start - timedelta(minutes=self.rng.randint(8, 40))
        story.dispatched_at = start
        if end == "sent":
            return story
        if end == "withdrawn":
            story.ended_at = start + timedelta(minutes=50)
            return story
        story.accepted_at = start + accept
        if end == "returned":
            story.ended_at = story.accepted_at + timedelta(minutes=10)
            story.accepted_at = None
            return story
        if end == "accepted" and manner != "rework":
            return story
        story.reported_at = start + report
        if end == "reported":
            return story
        if manner == "rework":
            story.sent_back_at = story.reported_at + timedelta(minutes=40)
            if end == "accepted":
                return story
            story.reported_again_at = story.sent_back_at + again
        story.ended_at = (story.reported_again_at or story.reported_at) + timedelta(minutes=self.rng.randint(30, 150))
        return story
