"""Every office and phone page in Chromium, in both sizes and languages: no error, no foreign request, nothing cut off."""

import uuid

import pytest

from tests.browser.chromium import Visitor, chromium
from tests.outside.client import Api, photo
from tests.stack import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PAGES = {
    "officer": [
        "/issues/", "/issues/?tab=all", "/issues/new/", "/orders/", "/orders/?tab=ended", "/statistics/",
        "/statistics/dust-sites/?by=town", "/statistics/dust-sites/?by=day", "/manage/stations/", "/manage/stations/new/",
        "/manage/rules/", "/manage/dead-letters/", "/tokens/", "/password/", "/nowhere/",
    ],
    "admin": [
        "/manage/people/", "/manage/people/new/", "/manage/people/field/", "/manage/departments/", "/manage/layers/",
        "/manage/layers/dust-sites/", "/manage/audit/",
    ],
    "field": ["/field/", "/field/?tab=all", "/field/?tab=ended", "/field/map/", "/field/new/",
              "/field/queue/", "/field/me/", "/orders/", "/issues/", "/issues/new/"],
}  # fmt: skip
FIRST = {
    "officer": [("/issues/?tab=all", "/issues/WT"), ("/orders/", "/orders/ZF"), ("/orders/?tab=ended", "/orders/ZF")],
    "field": [("/field/?tab=all", "/field/ZF")],
    "admin": [],
}
FAULTS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)]
  const ids = all('[id]').map((e) => e.id).filter((id, n, every) => every.indexOf(id) !== n)
  const nameless = all('main input:not([type=hidden]), main select, main textarea')
    .filter((e) => !e.labels?.length && !e.getAttribute('aria-label')).map((e) => e.name)
  const styled = all('body [style]').filter((e) => !e.closest('.leaflet-container, .compare')).map((e) => e.outerHTML.slice(0, 80))
  const mute = all('button, a[href]')
    .filter((e) => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.querySelector('img[alt]'))
    .map((e) => e.outerHTML.slice(0, 80))
  const narrow = all('.orow-title').filter((e) => e.offsetParent && e.clientWidth < 100).map((e) => `${e.clientWidth} px`)
  const say = (what, which) => which.map((one) => `${what}: ${one}`)
  return [...say('id twice', ids), ...say('no label', nameless), ...say('inline style', styled), ...say('no name', mute),
    ...say('a title squeezed to', narrow)]
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("who", PAGES)
def test_every_page_stands_in_both_sizes_and_languages(stack, browser, who, language):
    visitor = Visitor(browser, stack.base_url, **DESK, language=language)
    visitor.sign_in(who, then="/password/")
    paths = list(PAGES[who])
    for listing, pattern in FIRST[who]:
        visitor.page.goto(listing)
        link = visitor.page.locator(f"main a[href^='{pattern}']").first
        paths.append(link.get_attribute("href").split("#")[0])
    for size in (DESK, PHONE):
        visitor.page.set_viewport_size(size)
        for path in paths:
            visitor.page.goto(path)
            assert visitor.page.evaluate(FAULTS) == [], path
            visitor.check()
    visitor.context.close()


@pytest.fixture
def order(stack):
    """An order of the field's unit, accepted by them."""
    office, field = Api(stack.base_url, "officer"), Api(stack.base_url, "field")
    issue = office.post(
        "/issues", {"title": f"看得见的问题 {uuid.uuid4().hex[:6]}", "location": {"type": "Point", "coordinates": [118.27, 24.66]}}, 201
    )  # fmt: skip
    unit = field.get("/me")["department"]["code"]
    made = office.post(f"/issues/{issue['number']}/dispatch", {"department": unit}, 201)
    field.post(f"/orders/{made['number']}/accept", {}, 200)
    return made["number"]


def test_what_is_being_typed_stays_while_the_page_follows_what_happens(stack, browser, order):
    desk = Visitor(browser, stack.base_url, **DESK)
    desk.sign_in("officer", then=f"/orders/{order}/")
    comment = desk.page.locator("#verb-comment")
    comment.locator("summary").click()
    comment.locator("textarea").fill("写到一半")
    desk.page.wait_for_function("document.querySelector('#stale-banner').hidden")
    Api(stack.base_url, "field").post(f"/orders/{order}/comment", {"note": "现场说一句"}, 200)
    desk.page.locator("#order-trail .ev-comment").wait_for()
    assert comment.locator("textarea").input_value() == "写到一半"
    desk.check()


def test_a_photo_that_does_not_arrive_stops_the_report_until_it_is_taken_off(stack, browser, order):
    phone = Visitor(browser, stack.base_url, **PHONE, has_touch=True, is_mobile=True)
    phone.sign_in("field", then=f"/field/{order}/")
    phone.page.locator("#field-foot a[href='#report']").click()
    report = phone.page.locator("#report")
    report.locator("textarea").fill("已处理")
    report.locator("input[type=file][name=photos]").set_input_files(
        [{"name": "好.jpg", "mimeType": "image/jpeg", "buffer": photo(118.27, 24.66)}, {"name": "坏.txt", "mimeType": "text/plain", "buffer": b"x"}]
    )  # fmt: skip
    report.get_by_text("坏.txt: ").wait_for()
    report.locator("button.pri").click()
    report.get_by_text("坏.txt 没有收下").wait_for()
    assert Api(stack.base_url, "field").get(f"/orders/{order}")["state"] == "accepted"
    report.get_by_label("坏.txt").click()
    report.locator("button.pri").click()
    wait_for(lambda: Api(stack.base_url, "field").get(f"/orders/{order}")["state"] == "reported", 20, "the report")
    report.wait_for(state="detached")
    phone.page.wait_for_load_state()
    phone.check()


def test_a_page_without_script_signs_in_and_answers_an_order(stack, browser, order):
    plain = Visitor(browser, stack.base_url, **PHONE, java_script_enabled=False)
    plain.sign_in("field", then=f"/field/{order}/")
    plain.page.locator(".ph-sheet a[href='#comment']").click()
    form = plain.page.locator("#comment")
    form.locator("textarea").fill("没有脚本也能写")
    form.locator("form button").click()
    assert "没有脚本也能写" in plain.page.locator("#field-trail").inner_text()
