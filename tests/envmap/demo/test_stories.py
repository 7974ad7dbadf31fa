"""The demo's past: every story is in order, lies behind us, and is as late or early as it says. Pure."""

import csv
import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from envmap.demo.series import EXCEEDING, USUAL, values
from envmap.demo.sheet import Sheet
from envmap.demo.stories import PLANS, STAGES, TALES, Pace, Teller, unit_of
from envmap.demo.things import things_of
from tasks.orders.deadlines import Calendar, Clock

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures"
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def read(name):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


with (FIXTURES / "categories.csv").open(encoding="utf-8", newline="") as file:
    CATEGORIES = {row["code"]: row for row in csv.DictReader(file)}
with (FIXTURES / "calendar.csv").open(encoding="utf-8", newline="") as file:
    DAYS = [(date.fromisoformat(row["date"]), row["kind"]) for row in csv.DictReader(file)]
CALENDAR = Calendar(
    hours=tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in read("office_hours.json")["hours"]),
    holidays=frozenset(day for day, kind in DAYS if kind == "holiday"),
    makeup_days=frozenset(day for day, kind in DAYS if kind == "makeup_workday"),
    known_years=frozenset(day.year for day, _ in DAYS),
)
SECTORS = {d["sector_hint"]: d["code"] for d in read("departments.json")["departments"] if d["kind"] == "sector"}


@pytest.fixture(scope="module")
def things():
    declared = {
        p.stem: len(read(f"layers/{p.name}")["schema"]["properties"]) for p in (FIXTURES / "layers").glob("*.json")
    }
    sheet = Sheet.read(next((FIXTURES / "areas").glob("*/area.json")))
    return things_of(sheet, read("demo/units.json")["departments"], declared, date(2026, 11, 24))


NOWS = [
    NOW,
    datetime(2026, 2, 20, 1, 0, tzinfo=UTC),  # in the Spring Festival
    datetime(2026, 10, 4, 19, 0, tzinfo=UTC),  # at night, in the National Day holidays
    datetime(2027, 1, 3, 23, 30, tzinfo=UTC),  # a Monday morning of a year whose notice is not loaded
]


@pytest.fixture(params=NOWS, ids=lambda now: f"{now:%Y-%m-%d}")
def now(request):
    return request.param


@pytest.fixture(params=STAGES)
def stories(request, things, now):
    return Teller(things, CATEGORIES, SECTORS, now, 1, CALENDAR).told(request.param)


def test_every_story_runs_forward_and_ends_before_now(stories, now):
    for story in stories:
        passed = [at for at in story.steps() if at is not None]
        assert passed == sorted(passed), story
        if story.end not in ("open", "filed"):
            assert passed[-1] <= now, story


def pace_of(story):
    row = CATEGORIES[story.tale.category]
    return Pace(Clock(row["clock"]), {what: Decimal(row[what]) for what in ("accept", "report")}, CALENDAR)


@pytest.mark.parametrize("stage", ["alarm-day", "month-end"])
def test_the_plan_says_how_many_are_late_on_any_day_of_the_year(things, now, stage):
    wanted = Counter()
    for end, manner, many in PLANS[stage]:
        if end in ("verified", "accepted", "sent") and manner != "rework":
            wanted[end, manner == "late"] += many
    told = Counter()
    for story in Teller(things, CATEGORIES, SECTORS, now, 1, CALENDAR).told(stage):
        if story.sent_back_at or story.end not in ("verified", "accepted", "sent"):
            continue
        due = pace_of(story).by(story.dispatched_at, "accept" if story.end == "sent" else "report")
        told[story.end, (story.reported_at or now) > due] += 1
    assert told == wanted


def test_each_stage_has_as_many_stories_as_its_plan_and_all_ends(things):
    for stage, plan in PLANS.items():
        told = Teller(things, CATEGORIES, SECTORS, NOW, 1, CALENDAR).told(stage)
        assert len(told) == sum(count for _, _, count in plan)
    ends = {end for end, _, _ in PLANS["alarm-day"]}
    assert ends == {"verified", "withdrawn", "rejected", "sent", "accepted", "reported", "returned", "filed", "open"}


def test_a_problem_goes_to_the_unit_of_its_category(things):
    site = next(t for t in things if t.layer == "dust-sites")
    contractor = next(code for code, part in site.parties if part == "contractor")
    assert unit_of(site, "contractor", [], SECTORS) == contractor
    assert unit_of(site, "town", [], SECTORS) == site.place.town.code
    assert unit_of(site, "sector", ["city-management"], SECTORS) == "city-management"
    debris = next(t for t in things if t.layer == "marine-debris")
    assert unit_of(debris, "operator", [], SECTORS) == "sea-clean"


def test_every_tale_is_of_a_category_that_exists_and_whose_layer_has_things(things):
    layers = {t.layer for t in things}
    assert {CATEGORIES[t.category]["layer"] for t in TALES} == layers


def test_readings_are_the_same_each_time_and_exceed_only_when_told():
    rules = read("rules.json")["rules"]
    factors = sorted(USUAL)
    span = {"start": NOW - timedelta(days=1), "end": NOW, "seed": "x"}
    calm = list(values(factors, kind="hour", **span))
    assert calm == list(values(factors, kind="hour", **span))
    assert {v.time for v in calm} == {v.time.replace(minute=0) for v in calm}
    assert len(calm) == 24 * len(factors)
    ceiling = {}
    for rule in rules:
        if rule["enabled"]:
            ceiling[rule["factor"]] = min(rule["condition"]["above"], ceiling.get(rule["factor"], 1e9))
    for value in calm:
        assert value.value < ceiling.get(value.factor, 1e9), value
    wild = list(values(factors, kind="hour", exceeds_since=NOW - timedelta(hours=3), **span))
    for factor in set(EXCEEDING) & set(ceiling) - {"a34001", "a34004"}:
        assert [v for v in wild if v.factor == factor and v.value > ceiling[factor]], factor
