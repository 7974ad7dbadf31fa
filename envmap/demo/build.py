"""Builds the demo through the same actions that users call, so that every row has a history, a trail and its facts.

The people act at their own times: `clock.standing_at` lets the past weeks pass in seconds. Everything is one
transaction: a build that is killed leaves an empty database, which the next start fills.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Point
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from envmap.accounts import actions as accounts
from envmap.accounts.asker import SYSTEM, Asker
from envmap.accounts.models import Department, User
from envmap.accounts.queries import asker_for
from envmap.core import area, clock
from layers.catalogue import actions as catalogue
from layers.catalogue.models import Layer
from layers.sensors import actions as sensors
from layers.sensors.models import Alarm
from tasks.issues import actions as issues
from tasks.orders import actions as orders
from tasks.orders.queries import calendar

from . import reference
from .names import person
from .photos import photo
from .series import EXCEEDING, values
from .sheet import Sheet, Village
from .stories import Story, Teller
from .things import SEED, Logger, Thing, things_of

SILENT_FOR = timedelta(hours=5)
MINUTES_BACK = timedelta(minutes=6)
EXCEEDED_FOR = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Mood:
    """How a stage's instruments are doing: how many exceed by layer, and how many have fallen silent."""

    exceeding: dict[str, int]
    silent: int


MOODS = {
    "quiet": Mood({}, 2),
    "alarm-day": Mood({"dust-sites": 5, "sewage-stations": 3, "outfalls": 1, "epidemic-control": 1}, 7),
    "month-end": Mood({"dust-sites": 2, "sewage-stations": 1}, 4),
}
DEFAULT_STAGE = "alarm-day"


class Builder:
    """One build of a stage. `say` gets a line for each step."""

    def __init__(self, stage: str, say: Callable[[str], None]) -> None:
        self.stage, self.say = stage, say
        self.now = clock.now()
        self.rng = random.Random(SEED)
        self.people: dict[str, Asker] = {}
        self.sheet = Sheet.read(area.area_path())

    @transaction.atomic
    def build(self) -> None:
        """The whole stage, into a database that holds reference data at most."""
        if not Layer.objects.exists():
            reference.load_all()
        units = reference.read("demo/units.json")
        self.make_units(units)
        self.make_people(units["departments"])
        declared = {layer.key: len(layer.schema["properties"]) for layer in Layer.objects.filter(builtin=True)}
        things = things_of(self.sheet, units["departments"], declared, clock.today())
        self.make_features(things)
        self.tell_stories(things)
        self.measure(things)
        self.answer_alarms()

    # -- units and people ---------------------------------------------------------------------------------------
    def make_units(self, units: dict[str, Any]) -> None:
        """Operators, enterprises and contractors, and which layers are shared with which department."""
        reference.make_departments(
            [
                {
                    "code": d["code"],
                    "names": {"zh-hans": d["name"], "en": d["name_en"]},
                    "kind": d["kind"],
                    "sector_hint": d["sector_hint"],
                    "parent": d["parent"],
                    "phone": d["phone"],
                    "seat": Point(*self.sheet.lonlat(village.seat.x, village.seat.y), srid=4326),
                }
                for d, village in zip(units["departments"], self.seats(len(units["departments"])), strict=True)
            ]
        )
        for share in units["shares"]:
            catalogue.share_layer(by=SYSTEM, key=share["layer"], department=share["department"])

    def seats(self, wanted: int) -> list[Village]:
        """Villages in which the fictitious units are at home; of a generator of their own, so that nothing else moves."""
        return random.Random(f"{SEED} seats").choices(self.sheet.villages, k=wanted)

    def make_people(self, units: Sequence[dict[str, Any]]) -> None:
        """The demo accounts, and for every other unit one person who does its work and cannot sign in."""
        file = reference.read("demo/accounts.json")
        towns = sorted(town.code for town in self.sheet.towns)
        staffed: dict[str, str] = {}
        for account in file["accounts"]:
            accounts.make_user(
                by=SYSTEM, username=account["username"], name=account["name"], password=file["password"], is_demo=True
            )
            for n, held in enumerate(account["memberships"]):
                code = held["department"]
                if code.startswith("town:"):
                    code = towns[int(code.removeprefix("town:")) - 1]
                accounts.add_membership(
                    by=SYSTEM, username=account["username"], department=code, role=held["role"], is_default=n == 0
                )
                if held["role"] in ("field", "partner"):
                    staffed.setdefault(code, account["username"])
        self.favoured = frozenset(staffed)
        for department in Department.objects.exclude(kind="bureau").exclude(code__in=staffed):
            username = f"staff-{department.code}"
            # Without a password: the person is there to have done the unit's work, not to sign in.
            accounts.make_user(by=SYSTEM, username=username, name=person(self.rng), password=None, is_demo=True)
            role = "partner" if department.kind in ("contractor", "enterprise") else "field"
            accounts.add_membership(
                by=SYSTEM, username=username, department=department.code, role=role, is_default=True
            )
            staffed[department.code] = username
        by_name = {user.username: user for user in User.objects.filter(is_demo=True)}
        self.people = {code: asker_for(by_name[username]) for code, username in staffed.items()}
        self.officer = asker_for(by_name["officer"])
        self.say(f"{len(by_name)} people in {Department.objects.count()} departments")

    # -- what is out there --------------------------------------------------------------------------------------
    def make_features(self, things: Sequence[Thing]) -> None:
        """Features with their parties, and the stations that belong to them."""
        by_layer: dict[str, list[Thing]] = {}
        for thing in things:
            by_layer.setdefault(thing.layer, []).append(thing)
        for layer, group in by_layer.items():
            catalogue.make_features(
                by=self.officer,
                layer=layer,
                rows=[
                    catalogue.NewFeature(
                        name=thing.name,
                        geometry=GEOSGeometry(json.dumps(thing.geometry), srid=4326),
                        code=thing.code,
                        department=thing.department,
                        attributes=thing.attributes,
                        parties=thing.parties,
                    )
                    for thing in group
                ],
            )
        loggers = [(thing, logger) for thing in things for logger in thing.loggers]
        for thing, logger in loggers:
            sensors.make_station(
                by=self.officer, mn=logger.mn, name=logger.name, protocol="hj212", st=logger.st, password=logger.password,
                layer=thing.layer, feature=thing.code, department=thing.department, expected_interval=logger.interval,
            )  # fmt: skip
        self.say(f"{len(things)} features, {len(loggers)} stations")

    # -- what was done ------------------------------------------------------------------------------------------
    def tell_stories(self, things: Sequence[Thing]) -> None:
        """Issues and orders of the past weeks in all their states."""
        categories = {row["code"]: row for row in reference.rows("categories.csv")}
        sectors = {d.sector_hint: d.code for d in Department.objects.filter(kind="sector").exclude(sector_hint="")}
        stories = Teller(things, categories, sectors, self.now, SEED, calendar(), self.favoured).told(self.stage)
        for story in stories:
            self.play(story)
        self.say(f"{len(stories)} issues told")

    def play(self, story: Story) -> None:
        """One story, each step by the person and at the time that it says."""
        officer, thing = self.officer, story.thing
        unit = self.people[story.unit]
        public = thing.layer in ("outfalls", "marine-debris")
        with clock.standing_at(story.opened_at):
            issue = issues.open_issue(
                by=unit if public and story.seed % 3 == 0 and unit.role == "field" else officer,
                title=f"{thing.name}：{story.tale.title}", category=story.tale.category, description=story.tale.said,
                layer=thing.layer, feature=thing.code,
            )  # fmt: skip
        if story.end == "open":
            return
        if story.end in ("filed", "rejected"):
            with clock.standing_at(story.ended_at or story.opened_at):
                if story.end == "filed":
                    issues.accept(issue.number, by=officer, note="情况属实，待定责任单位。")
                else:
                    issues.reject(issue.number, by=officer, note="现场复核未见该情况。")
            return
        assert story.dispatched_at is not None
        with clock.standing_at(story.dispatched_at):
            number = orders.dispatch(issue.number, by=officer, department=story.unit, note=story.tale.said).number
        if story.end == "returned" and story.ended_at:
            with clock.standing_at(story.ended_at):
                orders.return_(number, by=unit, note="不在本单位责任范围，请改派。")
            return
        if story.end == "withdrawn" and story.ended_at:
            with clock.standing_at(story.ended_at):
                orders.withdraw(number, by=officer, note="与前一件重复，撤回。")
            return
        if story.accepted_at:
            with clock.standing_at(story.accepted_at):
                orders.accept(number, by=unit, note="收到，安排人员到场。")
        if story.reported_at:
            self.report(story, number, unit, story.reported_at, after=story.sent_back_at is None)
        if story.sent_back_at:
            with clock.standing_at(story.sent_back_at):
                orders.send_back(number, by=officer, note="照片看不出整改后情况，请同点位补拍。")
        if story.reported_again_at:
            self.report(story, number, unit, story.reported_again_at, after=True)
        if story.end == "verified" and story.ended_at:
            with clock.standing_at(story.ended_at):
                orders.verify(number, by=officer, note="现场复核，情况属实。")

    def report(self, story: Story, number: str, unit: Asker, at: datetime, *, after: bool) -> None:
        """The unit's report with a picture from before and one of now, taken some minutes earlier at the place."""
        spot = story.thing.place.spot
        with clock.standing_at(at):
            files = []
            for is_after in (False, True) if after else (False,):
                shaken = self.rng.uniform(-12, 12), self.rng.uniform(-12, 12)
                lon, lat = self.sheet.lonlat(spot.x + shaken[0], spot.y + shaken[1])
                taken = at - timedelta(minutes=6 if is_after else 55)
                picture = photo(
                    story.thing.layer, after=is_after, taken_at=taken, lon=lon, lat=lat, seed=story.seed + is_after
                )
                name = f"{'after' if is_after else 'before'}-{number}.jpg"
                upload = SimpleUploadedFile(name, picture, content_type="image/jpeg")
                files.append(catalogue.store_attachment(by=unit, upload=upload).pk)
            orders.report(
                number, by=unit, note=story.tale.done, attachments=files,
                location={"type": "Point", "coordinates": [lon, lat]}, accuracy=round(self.rng.uniform(4, 18), 1),
            )  # fmt: skip

    # -- what is measured ---------------------------------------------------------------------------------------
    def measure(self, things: Sequence[Thing]) -> None:
        """The last day of every station, hour by hour, and the last minutes one by one."""
        mood = MOODS[self.stage]
        exceeding, silent = self._chosen(things, mood)
        stored = 0
        for thing in things:
            for logger in thing.loggers:
                quiet = logger.mn in silent
                until = self.now - SILENT_FOR if quiet else self.now
                since = until - EXCEEDED_FOR if logger.mn in exceeding else None
                with clock.standing_at(until):
                    stored += sensors.record_readings(
                        by=self.officer, mn=logger.mn, readings=list(self._readings(logger, until, since))
                    ).stored
        sensors.note_silence(self.now)
        self.say(f"{stored} readings, {Alarm.objects.filter(cleared_at=None).count()} alarms open")

    def _chosen(self, things: Sequence[Thing], mood: Mood) -> tuple[set[str], set[str]]:
        """MNs of the stations that exceed (such as can), and of those that have fallen silent."""
        exceeding: set[str] = set()
        rest: list[str] = []
        for layer in {thing.layer: None for thing in things}:
            can = [lg.mn for t in things if t.layer == layer for lg in t.loggers if set(lg.factors) & set(EXCEEDING)]
            self.rng.shuffle(can)
            count = mood.exceeding.get(layer, 0)
            exceeding.update(can[:count])
            rest += can[count:]
        return exceeding, set(self.rng.sample(rest, min(mood.silent, len(rest))))

    def _readings(self, logger: Logger, until: datetime, since: datetime | None) -> Iterable[sensors.NewReading]:
        hours = values(
            logger.factors, kind="hour", start=until - timedelta(hours=25),
            end=until.replace(minute=0, second=0, microsecond=0), seed=logger.mn, exceeds_since=since,
        )  # fmt: skip
        minutes = values(
            logger.factors, kind="minute", start=until - MINUTES_BACK, end=until - timedelta(minutes=1), seed=logger.mn,
            exceeds_since=since,
        )  # fmt: skip
        for one in (*hours, *minutes):
            yield sensors.NewReading(factor=one.factor, kind=one.kind, time=one.time, value=one.value, flag="N")

    def answer_alarms(self) -> None:
        """Alarms become issues, and the officer has seen every third."""
        opened = issues.open_from_alarms()
        alarms = list(Alarm.objects.filter(cleared_at=None).order_by("opened_at", "pk"))
        for alarm in alarms[::3]:
            sensors.acknowledge(by=self.officer, alarm_id=alarm.pk, note="已看到，通知现场核查。")
        self.say(f"{len(opened)} issues opened from alarms")


def build(stage: str, say: Callable[[str], None]) -> None:
    """Builds a stage into a database without features; ValueError for an unknown one."""
    if stage not in MOODS:
        raise ValueError(f"There is no stage {stage}; it is one of {', '.join(MOODS)}.")
    Builder(stage, say).build()
