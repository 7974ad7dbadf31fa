"""What the map's tools do: measuring, choosing several, the table with bulk dispatch, the picture; all by keyboard too."""

import struct
from pathlib import Path

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import expect
from pyproj import Geod

from layers.catalogue.models import Feature
from layers.sensors.models import Alarm
from tasks.orders.models import Order
from tests.cast import SPOT, make_feature
from tests.envmap.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ON_MAP = "document.getElementById('map').focus()"
OVERLAPPING = """async () => {
  const { names } = (await import('/static/js/map/main.js')).workbench
  const pairs = names.flatMap((a, n) => names.slice(n + 1).map((b) => [a, b]))
  return { names: names.length, pairs: pairs.filter(([a, b]) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1]) }
}"""
PLACE = """() => {
  const t = new DOMMatrix(getComputedStyle(document.getElementById('crosshair')).transform)
  const { lng, lat } = leafletmapmap.containerPointToLatLng([t.e, t.f])
  return [lng, lat]
}"""


@pytest.fixture
def crowd(cast, sheet):
    """2,500 outfalls on a grid round the spot, so that a table has something to hold."""
    layer, unit = cast.layer["outfalls"], cast.department["bureau"]
    Feature.objects.bulk_create(
        Feature(layer=layer, code=f"P{n:04d}", name=f"排口 {n}", department=unit, attributes={"area": n},
                geometry=Point(SPOT.x + 0.0008 * (n % 50), SPOT.y + 0.0008 * (n // 50), srid=4326))
        for n in range(2500)
    )  # fmt: skip


def test_a_distance_is_measured_on_the_ellipsoid_by_keyboard_alone(cast, sheet, sit_down):
    visitor = sit_down(language="en-GB").map()
    visitor.look_at(SPOT, 14)
    visitor.page.focus("[data-menu=menu-measure]")
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Enter")  # the menu's first: distance
    visitor.wait_for("#sketch")
    places = []
    for key in (None, "ArrowRight", "ArrowRight"):
        if key:
            before = visitor.page.evaluate("leafletmapmap.getCenter().lng")
            visitor.page.keyboard.press(key)
            moved = f"leafletmapmap.getCenter().lng > {before} && !leafletmapmap._panAnim?._inProgress"
            eventually(lambda moved=moved: visitor.page.evaluate(moved))
        places.append(visitor.page.evaluate(PLACE))
        visitor.page.keyboard.press("Enter")
        expect(visitor.page.locator("#sketch-said")).to_contain_text(f"{len(places)} points")
    metres = Geod(ellps="WGS84").line_length(*zip(*places, strict=True))
    expected = f"{metres / 1000:.2f} km" if metres >= 1000 else f"{metres:.0f} m"
    expect(visitor.page.locator("#sketch-said")).to_have_text(f"3 points · {expected}")
    visitor.page.keyboard.press("Backspace")
    expect(visitor.page.locator("#sketch-said")).to_contain_text("2 points")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("#sketch")).to_be_hidden()
    assert visitor.complaints == []


def test_a_box_chooses_what_lies_in_it_and_the_table_dispatches_it_each_row_with_its_result(
    cast, sit_down, raise_alarm
):
    raise_alarm()
    eventually(lambda: Alarm.objects.filter(issue_alarm__isnull=False).exists())
    make_feature(cast.layer["dust-sites"], "far", geometry=Point(SPOT.x + 0.05, SPOT.y, srid=4326))
    officer = sit_down("officer").map()
    officer.look_at(SPOT, 15)
    officer.wait_for("#view-list [data-key]")
    box = officer.page.locator("#map").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    officer.page.click("[data-menu=menu-choose]")
    officer.page.click("[data-sketch=box]")
    officer.page.mouse.move(middle[0] - 60, middle[1] - 60)
    officer.page.mouse.down()
    officer.page.mouse.move(middle[0] + 60, middle[1] + 60, steps=4)
    officer.page.mouse.up()
    card = officer.page.locator("#marked")
    expect(card).to_contain_text("已选 2 个")
    expect(card).to_contain_text("告警 1")
    officer.page.click("#marked .btn:not(.quiet)")
    rows = officer.page.locator(".grid-row")
    expect(rows).to_have_count(2)
    officer.page.click("#table-dispatch")
    officer.page.select_option("#dispatch-dialog-unit", "unit-one")
    officer.page.fill("#dispatch-dialog-note", "请核查")
    officer.page.click("#dispatch-dialog .btn.pri")
    expect(officer.page.locator("#toasts")).to_contain_text("已派遣 1 件，1 个要素没有待派问题")
    order = Order.objects.get()
    assert order.department.code == "unit-one"
    expect(rows.filter(has_text=order.number)).to_have_count(1)
    assert officer.complaints == []


def test_thousands_of_rows_are_sorted_and_walked_by_keyboard_while_few_of_them_are_made(cast, crowd, sit_down):
    visitor = sit_down(language="en-GB").map("/#map=13/24.62/118.27&layers=outfalls")
    visitor.page.focus("#table-open")
    visitor.page.keyboard.press("Enter")
    visitor.page.select_option("#table-scope", "all")
    expect(visitor.page.locator("#table-said")).to_have_text("2501 rows", timeout=60_000)
    assert visitor.page.locator(".grid-row").count() < 60
    visitor.page.click("[data-column=code] button")
    body = visitor.page.locator("#table-body")
    body.focus()
    visitor.page.keyboard.press("End")
    expect(visitor.page.locator(".grid-row.is-active")).to_contain_text("P2499")
    visitor.page.keyboard.press("Home")
    expect(visitor.page.locator(".grid-row.is-active")).to_contain_text("outfalls-1")
    visitor.page.click(".col-choice summary")
    visitor.page.check("[data-column='attributes.area']")
    visitor.page.click("[data-column='attributes.area'] button")
    visitor.page.click("[data-column='attributes.area'] button")  # the other way round: greatest first
    body.focus()
    visitor.page.keyboard.press("Home")
    expect(visitor.page.locator(".grid-row.is-active")).to_contain_text("2499")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for("#panel .panel-body")
    assert "P2499" in visitor.text("#panel")
    expect(visitor.page.locator(".grid-row[aria-selected=true]")).to_contain_text("P2499")
    assert visitor.complaints == []


def test_symbols_are_one_tab_stop_crowds_are_rings_and_no_name_lies_upon_another(cast, crowd, sit_down):
    visitor = sit_down(language="en-GB").map("/#map=13/24.62/118.27")
    visitor.page.focus("#symbol-stop")
    first = visitor.page.get_attribute("#symbol-stop", "aria-label")
    assert "features" in first, "2,500 things in one view are rings at any zoom"
    visitor.page.keyboard.press("ArrowUp")
    assert visitor.page.get_attribute("#symbol-stop", "aria-label")
    zoom = visitor.page.evaluate("leafletmapmap.getZoom()")
    visitor.page.keyboard.press("Enter")
    eventually(lambda: visitor.page.evaluate("leafletmapmap.getZoom()") > zoom)
    for at in (13, 16, 17):
        visitor.look_at(Point(SPOT.x + 0.01, SPOT.y + 0.01, srid=4326), at)
        visitor.wait_for("#workbench[data-settled=true]")
        found = visitor.page.evaluate(OVERLAPPING)
        assert found["pairs"] == []
    assert found["names"] > 5
    assert visitor.complaints == []


def test_the_view_is_kept_as_a_picture_with_its_margins(cast, sheet, sit_down, tmp_path):
    officer = sit_down("officer").map()
    officer.page.click("[data-menu=menu-picture]")
    with officer.page.expect_download() as download:
        officer.page.click("#png-view")
    path = Path(tmp_path) / "view.png"
    download.value.save_as(path)
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    size = officer.page.evaluate("leafletmapmap.getSize()")
    assert struct.unpack(">II", data[16:24]) == (2 * size["x"], 2 * (size["y"] + 124))
    assert download.value.suggested_filename.startswith("地图-")
    officer.page.evaluate("window.print = () => {}")
    officer.page.click("[data-menu=menu-picture]")
    officer.page.click("#print-view")
    officer.wait_for("#print-sheet img", state="attached")
    officer.page.emulate_media(media="print")
    expect(officer.page.locator("#print-sheet img")).to_be_visible()
    expect(officer.page.locator("#dock")).to_be_hidden()
    assert officer.complaints == []


def test_a_gcj02_sheet_is_moved_as_a_whole_and_our_geometry_is_not(cast, sheet, sit_down, settings):
    settings.BASEMAP = "amap"
    visitor = sit_down()
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f030005fe02fea7352e8f0000000049454e44ae426082"
    )
    visitor.page.route("https://webrd*/**", lambda route: route.fulfill(content_type="image/png", body=pixel))
    visitor.map(f"/#map=15/{SPOT.y}/{SPOT.x}")
    moved = """async () => {
      const { toGcj02 } = await import('/static/js/map/projection.js')
      const { lng, lat } = leafletmapmap.getCenter()
      const [lon2, lat2] = toGcj02([lng, lat])
      const by = leafletmapmap.project([lat, lng]).subtract(leafletmapmap.project([lat2, lon2]))
      const at = leafletmapmap.getPane('sheet-0')._leaflet_pos
      return [at.x - by.x, at.y - by.y, Math.hypot(by.x, by.y)]
    }"""
    dx, dy, far = visitor.page.evaluate(moved)
    assert abs(dx) <= 0.5 and abs(dy) <= 0.5 and far > 50
    (symbol,) = visitor.page.evaluate(
        "async () => (await import('/static/js/map/main.js')).workbench.symbols.map((s) => [s.px, s.py])"
    )
    place = visitor.page.evaluate(f"leafletmapmap.latLngToContainerPoint([{SPOT.y}, {SPOT.x}])")
    assert abs(symbol[0] - place["x"]) < 1 and abs(symbol[1] - place["y"]) < 1
