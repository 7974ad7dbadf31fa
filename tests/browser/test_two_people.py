"""The story in three browsers at once: an officer at a desk, a field team's phone, and somebody who is nobody, before the
public map. Nothing is reloaded by hand."""

import re
import uuid
from datetime import datetime, timedelta

import pytest

from tests.browser.chromium import Visitor, chromium
from tests.outside.client import SHANGHAI, Api, Monitor, hour_frame, new_mn, photo
from tests.stack import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]
PLACE = [118.2712, 24.6655]
COD = "w01018"


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def api(stack):
    return Api(stack.base_url, "officer")


@pytest.fixture
def site(api):
    """An outfall, which everybody sees, with a monitor of its own."""
    code, mn = f"look-{uuid.uuid4().hex[:8]}", new_mn()
    feature = api.post(
        "/layers/outfalls/features",
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": PLACE},
            "properties": {"code": code, "name": "三人故事的排口", "attributes": {}},
        },
        201,
    )
    api.post(
        "/stations",
        {"mn": mn, "name": "水质监测仪", "protocol": "hj212", "st": "32", "password": "123456", "layer": "outfalls",
         "feature": code, "units": {COD: "mg/L"}, "expected_interval": 7200},
        201,
    )  # fmt: skip
    hour = datetime.now(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    return {"id": feature["id"], "code": code, "mn": mn, "at": hour}


def measure(stack, site, value: str, hours_ago: int) -> None:
    """One hour mean of COD in mg/L from the outfall's monitor, acknowledged."""
    monitor = Monitor(stack.hj212_port)
    monitor.send(hour_frame(site["mn"], {COD: value}, site["at"] - timedelta(hours=hours_ago)))
    monitor.answer()
    monitor.close()


def is_alarming(api, site) -> bool:
    return bool(api.get("/alarms", station=site["mn"], open="true")["items"])


# What a fact about an outfall may lead an open map to ask for; the first reading of a place also brings the chart.
CAUSED = re.compile(r"/tiles/[\w-]+/\d+/|/map/|/api/v1/(layers|alarms|issues|orders)|/static/vendor/uplot/")


def test_an_officer_and_a_field_team_close_an_order_before_the_eyes_of_the_public(stack, browser, api, site):
    desk = Visitor(browser, stack.base_url, width=1440, height=900)
    phone = Visitor(
        browser, stack.base_url, width=390, height=844, has_touch=True, is_mobile=True,
        geolocation={"longitude": PLACE[0], "latitude": PLACE[1]}, permissions=["geolocation"],
    )  # fmt: skip
    desk.sign_in("officer", then="/")
    desk.page.goto(f"/#outfalls/{site['id']}")
    panel = desk.page.locator("#panel article")
    panel.wait_for()
    assert panel.get_attribute("data-condition") == "normal"
    desk.page.wait_for_selector("#workbench[data-settled=true]")
    phone.sign_in("field", then="/field/")
    phone.page.wait_for_selector("#field-orders")
    public = Visitor(browser, stack.base_url, width=1440, height=900, language="en-GB")
    public.page.goto(f"/#outfalls/{site['id']}")
    public.page.wait_for_selector("#panel article[data-condition=normal]")
    public.page.wait_for_selector("#workbench[data-settled=true]")

    # The water worsens: the open panel turns to alarm, and the log holds only what the fact caused.
    desk.page.wait_for_load_state("networkidle")
    desk.requests.clear()
    measure(stack, site, "80", 3)
    desk.page.wait_for_selector("#panel article[data-condition=alarm]")
    asked = desk.paths()
    assert asked, "the panel cannot have changed without asking"
    assert [path for path in asked if not CAUSED.search(path)] == []
    public.page.wait_for_selector("#panel article[data-condition=alarm]")

    # Two clicks to dispatch: the unit, and send. The phone's list shows it by itself.
    form = desk.page.locator("form[data-dispatch]")
    form.wait_for()
    unit = Api(stack.base_url, "field").get("/me")["department"]["code"]
    form.locator("select[name=department]").select_option(unit)
    form.locator("button").click()
    wait_for(lambda: api.get("/orders", layer="outfalls", feature=site["code"])["items"], 20, "the order")
    number = api.get("/orders", layer="outfalls", feature=site["code"])["items"][0]["number"]
    card = phone.page.locator(f"#field-orders a[href^='/field/{number}/']").first
    card.wait_for()
    desk.page.wait_for_selector(f"#panel a[href='/orders/{number}/']")

    # The team accepts on the phone and reports with a real photo and its position.
    card.click()
    phone.page.locator("#field-foot form button.pri").click()
    phone.page.locator("#field-foot a[href='#report']").click()
    report = phone.page.locator("#report")
    report.locator("textarea[name=note]").fill("已封堵，残水已抽走 😀")
    report.locator("input[type=file][name=photos]").set_input_files(
        [{"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": photo(*PLACE)}]
    )
    report.locator(".ph-shot").wait_for()
    report.locator("button.pri").click()
    wait_for(lambda: api.get(f"/orders/{number}")["state"] == "reported", 20, "the report")
    told = api.get(f"/orders/{number}/events")["items"][-1]
    assert (told["verb"], told["note"], len(told["attachments"])) == ("report", "已封堵，残水已抽走 😀", 1)

    # The water is clean again: for the public, too, it is now being put right, without a word about who does it.
    measure(stack, site, "20", 2)
    public.page.wait_for_selector("#panel article[data-condition=rectifying]")

    # The officer opens the order, sends it back once; the phone's open page asks for a report again.
    desk.page.goto(f"/orders/{number}/")
    back = desk.page.locator("#verb-send_back")
    back.locator("summary").click()
    back.locator("textarea[name=note]").fill("请补拍封堵处")
    back.locator("form button").click()
    wait_for(lambda: api.get(f"/orders/{number}")["rework_count"] == 1, 20, "the send-back")
    again = phone.page.locator("#field-foot a[href='#report']")
    again.wait_for()
    phone.page.locator("#field-trail").get_by_text("请补拍封堵处").wait_for()
    again.click()
    report.locator("textarea[name=note]").fill("已补拍")
    report.locator("input[type=file][name=photos]").set_input_files(
        [{"name": "出入口.jpg", "mimeType": "image/jpeg", "buffer": photo(*PLACE, colour=(30, 60, 90))}]
    )
    report.locator(".ph-shot").wait_for()
    report.locator("button.pri").click()

    # It stands on the officer's open page by itself, and is verified there.
    verify = desk.page.locator("#verb-verify form button")
    verify.wait_for()
    verify.click()
    wait_for(lambda: api.get(f"/orders/{number}")["state"] == "verified", 20, "the verification")
    phone.page.wait_for_selector("#field-verbs:not(:has(form))", state="attached")
    public.page.wait_for_selector("#panel article[data-condition=normal]")
    assert number not in public.page.content()
    desk.check(), phone.check(), public.check()


def test_with_the_socket_blocked_nothing_changes_and_the_banner_appears(stack, browser, api, site):
    cut = Visitor(browser, stack.base_url, width=1440, height=900)
    cut.page.route_web_socket("**/ws/live/", lambda socket: socket.close())
    cut.sign_in("officer", then="/")
    cut.page.goto(f"/#outfalls/{site['id']}")
    cut.page.wait_for_selector("#panel article[data-condition=normal]")
    cut.page.wait_for_selector("#stale-banner:not([hidden])")
    cut.page.wait_for_selector("#workbench[data-settled=true]")
    cut.page.wait_for_load_state("networkidle")
    cut.requests.clear()
    measure(stack, site, "90", 3)
    wait_for(lambda: is_alarming(api, site), 20, "the alarm")

    # Somebody else's open map has it by now; this one has asked for nothing and shows what it showed.
    seen = Visitor(browser, stack.base_url, width=1440, height=900)
    seen.sign_in("officer", then="/")
    seen.page.goto(f"/#outfalls/{site['id']}")
    seen.page.wait_for_selector("#panel article[data-condition=alarm]")
    assert cut.page.locator("#panel article").get_attribute("data-condition") == "normal"
    assert [path for path in cut.paths() if "/ws/live/" not in path] == []
    assert cut.page.locator("#stale-banner").is_visible()
    assert cut.errors == []
