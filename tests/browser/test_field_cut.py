"""The phone before a whole instance: how much a first visit costs, and a connection that is cut while a photo goes."""

import io
import random
import signal
import uuid

import pytest
from PIL import Image

from tests.browser.chromium import Visitor, chromium
from tests.outside.client import Api
from tests.stack import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
MOST = 250_000  # bytes of a first visit as they come over the line, without tiles


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def noise(side: int = 1600) -> bytes:
    """A photograph that no camera could make smaller: it takes long to send."""
    image = Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def test_a_first_visit_costs_at_most_250_kb_without_tiles(stack, browser):
    phone = Visitor(browser, stack.base_url, **PHONE)
    phone.sign_in("field", then="/password/")
    known = phone.context.storage_state()
    fresh = browser.new_context(
        base_url=stack.base_url, storage_state=known, viewport={"width": 390, "height": 844}, is_mobile=True
    )
    page = fresh.new_page()
    line = fresh.new_cdp_session(page)
    line.send("Network.enable")
    address: dict[str, str] = {}
    cost: dict[str, int] = {}
    line.on("Network.requestWillBeSent", lambda said: address.update({said["requestId"]: said["request"]["url"]}))
    line.on("Network.loadingFinished", lambda said: cost.update({said["requestId"]: said["encodedDataLength"]}))
    page.goto("/field/")
    page.wait_for_selector("[data-sheet][data-settled=true]")
    page.wait_for_load_state("networkidle")
    paid = {address[i]: n for i, n in cost.items() if "/tiles/" not in address[i] and address[i].startswith("http")}
    assert any("/field/app." in url for url in paid) and any(url.endswith("/field/") for url in paid)
    assert sum(paid.values()) <= MOST, sorted(paid.items(), key=lambda one: -one[1])[:12]
    fresh.close()
    phone.context.close()


def test_a_photo_cut_in_the_middle_by_a_dying_server_arrives_once_and_the_report_after_it(stack, browser):
    office, field = Api(stack.base_url, "officer"), Api(stack.base_url, "field")
    issue = office.post(
        "/issues", {"title": f"断线 {uuid.uuid4().hex[:6]}", "location": {"type": "Point", "coordinates": [118.27, 24.66]}}, 201
    )  # fmt: skip
    order = office.post(
        f"/issues/{issue['number']}/dispatch", {"department": field.get("/me")["department"]["code"]}, 201
    )
    number = order["number"]
    field.post(f"/orders/{number}/accept", {}, 200)
    phone = Visitor(browser, stack.base_url, **PHONE)
    phone.sign_in("field", then=f"/field/{number}/")
    phone.page.locator("#field-foot a[href='#report']").click()
    report = phone.page.locator("#report")
    line = phone.context.new_cdp_session(phone.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
    line.send("Network.emulateNetworkConditions", slow)
    failed: list[str] = []
    phone.page.on("requestfailed", lambda request: failed.append(request.url))
    # A worker of nginx may outlive its master for a moment: then the cut is a 502 and not a broken connection.
    phone.page.on("response", lambda answer: answer.status >= 500 and failed.append(answer.url))
    with phone.page.expect_request("**/api/v1/attachments"):
        report.locator("input[type=file][name=photos]").set_input_files(
            [{"name": "大.jpg", "mimeType": "image/jpeg", "buffer": noise()}]
        )
    report.locator("textarea[name=note]").fill("断线也要送到")
    report.locator("button.pri").click()
    pids = {name: stack.kill(name, signal.SIGKILL) for name in ("nginx", "wsgi")}
    for name, pid in pids.items():
        stack.wait_back(name, pid)
    line.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    wait_for(lambda: field.get(f"/orders/{number}")["state"] == "reported", 90, "the report")
    told = [event for event in field.get(f"/orders/{number}/events")["items"] if event["verb"] == "report"]
    assert len(told) == 1 and len(told[0]["attachments"]) == 1 and told[0]["note"] == "断线也要送到"
    assert any("/api/v1/" in url for url in failed), "nothing was cut"
    phone.context.close()
