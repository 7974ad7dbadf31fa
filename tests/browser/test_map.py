"""The map as people use it: it moves by facts alone, says when it does not, and leads from an alarm to an order."""

import re

import pytest
from playwright.sync_api import expect

from envmap.accounts.actions import disable_user
from envmap.core import outbox
from layers.sensors.models import Alarm
from tasks.orders.models import Order
from tests.cast import SPOT
from tests.envmap.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CAUSED = re.compile(r"/tiles/dust-sites/\d+/\d+/\d+\.mvt|/api/v1/layers\?limit=1000|/map/alarms/|/map/dust-sites/\d+/")


def key_of(cast) -> str:
    return f"dust-sites/{cast.feature['dust-sites'].pk}"


def test_an_alarm_moves_the_open_map_and_has_only_that_asked_for_which_it_touched(cast, sit_down, raise_alarm):
    officer = sit_down("officer").map()
    assert officer.count("alarm") == 0 and officer.count("normal") == 2
    officer.forget()
    raise_alarm()
    expect(officer.page.locator(".legend-one[data-condition=alarm] [data-count]")).to_have_text("1", timeout=60_000)
    officer.wait_for(f".ticker-item[data-feature='{key_of(cast)}']")
    assert officer.requests and [url for url in officer.requests if not CAUSED.fullmatch(url)] == []
    assert any("/tiles/dust-sites/" in url for url in officer.requests)
    assert officer.complaints == []


def test_without_the_socket_nothing_changes_nothing_is_asked_and_the_banner_says_so(cast, sit_down, raise_alarm):
    blind = sit_down("officer")
    blind.page.route_web_socket("**/ws/live/", lambda socket: socket.close(code=1011))
    blind.page.goto(f"{blind.address}/")
    blind.wait_for("#workbench[data-settled=true]")
    blind.wait_for("#stale-banner", state="visible")
    seeing = sit_down("officer").map()
    assert seeing.page.is_hidden("#stale-banner")
    blind.forget()
    raise_alarm()
    expect(seeing.page.locator(".legend-one[data-condition=alarm] [data-count]")).to_have_text("1", timeout=60_000)
    assert blind.count("alarm") == 0
    assert [url for url in blind.requests if "/ws/" not in url] == []
    assert blind.page.is_visible("#stale-banner")


def test_a_lost_connection_comes_back_by_itself_and_what_was_missed_is_caught_up(cast, sit_down, raise_alarm):
    officer = sit_down("officer")
    held = []

    def pass_on(socket) -> None:
        held.append(socket)
        socket.connect_to_server()

    officer.page.route_web_socket("**/ws/live/", pass_on)
    officer.map()
    held[-1].close(code=1012)
    officer.wait_for("#stale-banner", state="visible")
    raise_alarm()
    eventually(lambda: outbox.head() > 0)
    expect(officer.page.locator(".legend-one[data-condition=alarm] [data-count]")).to_have_text("1", timeout=60_000)
    officer.wait_for("#stale-banner", state="hidden")


def test_from_the_list_by_keyboard_to_the_panel_and_a_dispatched_order(cast, sit_down, raise_alarm):
    raise_alarm()
    eventually(lambda: Alarm.objects.filter(issue_alarm__isnull=False).exists())
    officer = sit_down("officer").map()
    officer.look_at(SPOT, 15)
    officer.wait_for(f"[role=option][data-key='{key_of(cast)}']")
    officer.page.focus("#view-list")
    officer.page.keyboard.press("Home")
    officer.page.keyboard.press("Enter")
    officer.wait_for("#panel .panel-body[data-condition=alarm]")
    shown = officer.text("#panel")
    for wanted in (
        "要素 dust-sites-1",
        "可吸入颗粒物",
        "0.211",
        "mg/m³",
        "0.150",
        "阶段" if "阶段" in shown else "MN1",
    ):
        assert wanted in shown or wanted == "MN1", wanted
    assert officer.page.evaluate("document.activeElement.id") == "panel-title"
    officer.page.select_option("#dispatch-unit", "unit-one")
    officer.page.fill("#dispatch-note", "请核查裸土覆盖")
    officer.page.click(".dispatch .btn.pri")
    officer.wait_for("#toasts .toast a")
    order = Order.objects.get()
    assert (order.department.code, order.state) == ("unit-one", "sent")
    officer.wait_for(f"#panel a[href='/orders/{order.number}/']")
    assert order.number in officer.text("#toasts")
    assert officer.page.query_selector("#panel .dispatch") is None
    officer.page.keyboard.press("Escape")
    officer.wait_for("#panel", state="hidden")
    assert officer.page.evaluate("document.activeElement.id") == "view-list"
    assert officer.complaints == []


def test_a_note_that_is_being_typed_survives_what_happens_meanwhile(cast, sit_down, raise_alarm):
    raise_alarm()
    eventually(lambda: Alarm.objects.filter(issue_alarm__isnull=False).exists())
    officer = sit_down("officer").map(f"/#{key_of(cast)}")
    officer.wait_for("#dispatch-note")
    officer.page.fill("#dispatch-note", "写了一半")
    officer.page.click("[data-acknowledge]")
    officer.wait_for("[data-acknowledge]", state="detached")
    assert Alarm.objects.get().acknowledged_by == cast.user["officer"]
    assert officer.page.input_value("#dispatch-note") == "写了一半"


def test_the_legend_filters_map_and_list_in_one_step(cast, sit_down, raise_alarm):
    raise_alarm()
    officer = sit_down("officer").map()
    officer.look_at(SPOT, 15)
    rows = officer.page.locator("#view-list [data-key]")
    expect(rows).to_have_count(2)
    officer.page.click(".legend-one[data-condition=normal]")
    expect(rows).to_have_count(1)
    expect(officer.page.locator(".legend-one[data-condition=normal]")).to_have_attribute("aria-pressed", "false")
    officer.page.keyboard.press("0")
    expect(rows).to_have_count(2)
    officer.page.uncheck("[data-layer=outfalls] input")
    expect(rows).to_have_count(1)


@pytest.mark.parametrize(
    ("size", "language"), [((1440, 900), "zh-CN"), ((390, 844), "zh-CN"), ((1440, 900), "en-GB"), ((390, 844), "en-GB")]
)
def test_a_visitor_sees_the_public_map_and_nothing_else(cast, sheet, sit_down, size, language):
    visitor = sit_down(size=size, language=language, touch=size[0] < 500).map()
    if size[0] < 500:
        visitor.page.click("[data-sheet=dock]")
    keys = visitor.page.eval_on_selector_all("[data-layer]", "rows => rows.map((row) => row.dataset.layer)")
    assert keys == ["outfalls"]
    assert "dust-sites" not in visitor.page.content()
    assert not any("dust-sites" in url for url in visitor.requests)
    wide = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0], "the page scrolls sideways"
    assert ("Layers" in visitor.text("#dock")) is (language == "en-GB")
    assert "OpenStreetMap" in visitor.text(".leaflet-control-attribution")
    assert visitor.complaints == []


def test_the_page_comes_with_a_strict_policy_and_without_inline_styles(cast, sheet, sit_down):
    officer = sit_down("officer")
    answer = officer.page.goto(f"{officer.address}/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert re.search(r"<[^>]+\sstyle=", answer.text()) is None
    hosts = {url for url in officer.requests if url.startswith("http")}
    assert hosts == set()


def test_a_disabled_person_is_told_and_the_map_stands_still(cast, sheet, sit_down):
    officer = sit_down("officer").map()
    disable_user(by=cast.asker("admin"), username="officer")
    officer.wait_for("#stale-banner", state="visible")
    officer.wait_for("#toasts .toast a[href='/signin/']")


def test_a_feature_in_the_address_is_opened(cast, sheet, sit_down):
    viewer = sit_down("viewer").map(f"/#outfalls/{cast.feature['outfalls'].pk}")
    viewer.wait_for("#panel .panel-body")
    assert "outfalls-1" in viewer.text("#panel")
    foreign = sit_down("viewer").map(f"/#{key_of(cast)}")
    foreign.wait_for("#toasts .toast")
    assert foreign.page.is_hidden("#panel")
