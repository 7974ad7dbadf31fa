"""The demo's past: every story is in order, lies behind us, and is as late or early as it says. Pure."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from envmap.demo.series import EXCEEDING, USUAL, values
from envmap.demo.sheet import Sheet
from envmap.demo.stories import PLANS, STAGES, TALES, Clock, Teller, unit_of
from envmap.demo.things import things_of

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures"
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def read(name):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


with (FIXTURES / "categories.csv").open(encoding="utf-8", newline="") as file:
    CATEGORIES = {row["code"]: row for row in csv.DictReader(file)}
SECTORS = {d["sector_hint"]: d["code"] for d in read("departments.json")["departments"] if d["kind"] == "sector"}


@pytest.fixture(scope="module")
def things():
    declared = {
        p.stem: len(read(f"layers/{p.name}")["schema"]["properties"]) for p in (FIXTURES / "layers").glob("*.json")
    }
    sheet = Sheet.read(next((FIXTURES / "areas").glob("*/area.json")))
    return things_of(sheet, read("demo/units.json")["departments"], declared, date(2026, 11, 24))


@pytest.fixture(params=STAGES)
def stories(request, things):
    return Teller(things, CATEGORIES, SECTORS, NOW, 1).told(request.param)


def test_every_story_runs_forward_and_ends_before_now(stories):
    for story in stories:
        steps = [
            story.opened_at, story.dispatched_at, story.accepted_at, story.reported_at, story.sent_back_at,
            story.reported_again_at, story.ended_at,
        ]  # fmt: skip
        passed = [at for at in steps if at is not None]
        assert passed == sorted(passed), story
        if story.end not in ("open", "filed"):
            assert passed[-1] <= NOW, story


def test_each_stage_has_as_many_stories_as_its_plan_and_all_ends(things):
    for stage, plan in PLANS.items():
        told = Teller(things, CATEGORIES, SECTORS, NOW, 1).told(stage)
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


def test_a_share_below_one_is_in_time_and_a_late_one_outlasts_weekends():
    hours = Clock("hours", 2, 8)
    assert hours.after(0.5, of="report") == timedelta(hours=4)
    assert hours.after(1.2, of="report") > timedelta(days=3)
    assert Clock("urgent", 1, 12).after(1.5, of="report") == timedelta(hours=18)
    assert Clock("days", 1, 10).after(1.2, of="report") > timedelta(days=16)


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
