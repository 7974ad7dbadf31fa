"""Filters drive map, list and counts in one step; the view stands in the address, and "back" undoes a choice."""

import re

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import expect

from tests.cast import SPOT, make_feature
from tests.envmap.waiting import eventually

expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def near(metres: float) -> Point:
    """A place east of the cast's spot."""
    return Point(SPOT.x + metres / 101_000, SPOT.y, srid=4326)


@pytest.fixture
def sites(cast, sheet):
    """Three dust sites more: two in earthwork, one of them of another unit."""
    layer, units = cast.layer["dust-sites"], cast.department
    make_feature(layer, "A", geometry=near(300), attributes={"stage": "earthwork"}, department=units["unit-one"])
    make_feature(layer, "B", geometry=near(600), attributes={"stage": "earthwork"}, department=units["unit-two"])
    make_feature(layer, "C", geometry=near(900), attributes={"stage": "finishing"}, department=units["unit-one"])


def shown(screen) -> list[str]:
    """The names of the symbols on the sheet, sorted."""
    keys = "(await import('/static/js/map/main.js')).workbench.symbols.map((s) => s.code)"
    return sorted(screen.page.evaluate(f"async () => {keys}"))


def test_a_filter_by_attribute_and_unit_changes_map_list_and_counts_together_and_back_undoes_it(cast, sites, sit_down):
    officer = sit_down("officer").map()
    officer.look_at(SPOT, 15)
    rows = officer.page.locator("#view-list [data-key]")
    expect(rows).to_have_count(5)
    officer.forget()
    officer.page.click("[data-layer=dust-sites] .layer-more")
    officer.page.click("[data-layer=dust-sites] .tag-add")
    officer.page.select_option("#names-dust-sites", "stage")
    officer.page.fill("#value-dust-sites", "earthwork")
    officer.page.keyboard.press("Enter")
    expect(rows).to_have_count(3)  # two sites, and the outfall, of whose layer nothing was asked
    assert shown(officer) == ["A", "B", "outfalls-1"]
    expect(officer.page.locator("[data-layer=dust-sites] .layer-count")).to_have_text("2")
    assert officer.count("normal") == 3
    tiles = [url for url in officer.requests if "/tiles/dust-sites/" in url]
    assert tiles and all(url.endswith("?attributes.stage=earthwork") for url in tiles)
    assert not any("/tiles/outfalls/" in url for url in officer.requests), "nothing was asked of this layer"
    officer.page.select_option("#filter-department", "unit-one")
    expect(rows).to_have_count(1)
    assert shown(officer) == ["A"] and officer.count("normal") == 1
    assert "dust-sites.stage=earthwork" in officer.page.url and "department=unit-one" in officer.page.url

    officer.page.reload()
    expect(rows).to_have_count(1)
    assert officer.page.input_value("#filter-department") == "unit-one"
    officer.page.go_back()
    expect(rows).to_have_count(3)
    assert officer.page.input_value("#filter-department") == ""
    officer.page.click("#filters-clear")
    expect(rows).to_have_count(5)
    assert officer.complaints == []


def test_alarms_of_the_last_day_are_found_and_a_fact_keeps_the_filter(cast, sites, sit_down, raise_alarm):
    officer = sit_down("officer").map()
    officer.look_at(SPOT, 15)
    rows = officer.page.locator("#view-list [data-key]")
    officer.page.select_option("#filter-since", "24h")
    expect(rows).to_have_count(0)
    assert officer.count("normal") == 0
    officer.forget()
    raise_alarm()
    expect(rows).to_have_count(1)
    expect(officer.page.locator(".legend-one[data-condition=alarm] [data-count]")).to_have_text("1")
    assert officer.count("normal") == 0
    assert all("alarm_since=" in url for url in officer.requests if "/tiles/dust-sites/" in url)


def test_a_view_of_a_town_that_is_gone_is_told_and_shows_everything(cast, sites, sit_down):
    officer = sit_down("officer").map("/#town=nowhere")
    officer.wait_for("#toasts .toast")
    eventually(lambda: "town" not in officer.page.url)
    expect(officer.page.locator("[data-layer=dust-sites] .layer-count")).to_have_text("4")


def test_a_selection_is_a_step_and_layers_are_found_by_name(cast, sites, sit_down):
    visitor = sit_down().map()
    visitor.look_at(SPOT, 15)
    visitor.wait_for("#view-list [data-key]")
    visitor.page.focus("#view-list")
    visitor.page.keyboard.press("Home")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for("#panel .panel-body")
    assert re.search(r"at=outfalls/\d+$", visitor.page.url)
    visitor.page.go_back()
    visitor.wait_for("#panel", state="hidden")
    visitor.page.go_forward()
    visitor.wait_for("#panel .panel-body")
    visitor.page.click("#layer-find")
    visitor.page.keyboard.type("nothing of the kind")
    expect(visitor.page.locator("[data-layer=outfalls]")).to_be_hidden()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("[data-layer=outfalls]")).to_be_visible()
    assert visitor.page.locator("#filter-department").count() == 0, "which units there are is not for visitors"
    assert visitor.complaints == []
