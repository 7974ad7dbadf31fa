"""The phone without a signal: what is there, what waits, what goes when the signal is back, and whose it is."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from envmap.accounts.asker import SYSTEM
from envmap.core import clock
from layers.catalogue.models import Attachment
from tasks.issues.models import Issue
from tasks.orders.actions import load_office_hours, withdraw
from tasks.orders.models import OrderEvent
from tests.cast import SPOT
from tests.envmap.waiting import eventually
from tests.layers.catalogue.photos import photo
from tests.tasks.make import dispatch, make_category, open_issue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"size": (390, 844), "touch": True}


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def make_order(cast, sheet):
    """An order of unit-one about the dust site, of a category that wants a pair of photos, a position and a weight."""
    load_office_hours(by=SYSTEM, spans=[["08:30", "12:00"], ["14:30", "18:00"]])
    make_category(layer=cast.layer["dust-sites"], evidence=["P2", "LOC", "KG"])
    return lambda **more: dispatch(cast, open_issue(cast, category="DS-01", **more))


@pytest.fixture
def pick_up(sit_down):
    """`pick_up("field")`: a phone with its worker ready and everything kept for times without a signal."""

    def ready(who: str, **more):
        screen = sit_down(who, **PHONE, **more)
        screen.page.set_default_timeout(60_000)
        screen.page.context.grant_permissions(["geolocation"])
        screen.page.context.set_geolocation({"longitude": SPOT.x, "latitude": SPOT.y, "accuracy": 6})
        screen.page.goto(screen.address + "/field/")
        screen.wait_for("html[data-kept]", state="attached")
        return screen

    return ready


def go(screen, path: str) -> None:
    screen.page.goto(screen.address + path)


def events(order, verb: str):
    return list(OrderEvent.objects.filter(subject=order, verb=verb))


def take(form, name: str, **more) -> None:
    """A photograph into one of the form's places."""
    before = form.locator(".ph-shot").count()
    form.locator(f"input[type=file][name={name}]").set_input_files(
        [{"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": photo((3000, 2000), **more)}]
    )
    form.locator(".ph-shot").nth(before).wait_for()


def test_a_day_without_a_signal_is_sent_in_its_order_each_thing_once(cast, make_order, pick_up):
    first, lost = make_order(title="裸土未覆盖"), make_order(title="渣土撒漏")
    phone = pick_up("field")
    phone.page.context.set_offline(True)

    # The list, the orders and the sheet around them are there.
    go(phone, "/field/")
    phone.page.get_by_role("link", name="裸土未覆盖", exact=True).click()
    phone.wait_for("[data-sheet][data-settled=true]")
    phone.wait_for(".ph-stop")

    # Accepted, reported with the checklist and a pair of photos, although the server has heard of nothing.
    phone.page.locator("#field-foot button.pri").click()
    phone.page.locator("#field-facts [data-waits]").get_by_text("签收待发").wait_for()
    phone.page.locator("#field-foot a[href='#report']").click()
    report = phone.page.locator("#report")
    report.locator("[data-here].is-there").wait_for()
    report.locator("[name=KG]").fill("126")
    report.locator("[name=note]").fill("裸土已覆盖 😀")
    take(report, "before", at=(118.2501, 24.6001))
    take(report, "after")

    # A reload in the middle loses nothing of it.
    phone.page.reload()
    report.locator(".ph-shot").nth(1).wait_for()
    assert report.locator("[name=note]").input_value() == "裸土已覆盖 😀"
    report.locator("button.pri").click()
    phone.page.locator("#field-facts [data-waits]").get_by_text("反馈待发").wait_for()

    # A word to an order that is withdrawn meanwhile, and a new issue.
    go(phone, f"/field/{lost.number}/#comment")
    phone.page.locator("#comment textarea").fill("到了现场，没有看到渣土")
    phone.page.locator("#comment button.pri").click()
    phone.page.locator("#field-facts [data-waits]").get_by_text("留言待发").wait_for()
    withdraw(lost.number, by=cast.asker("officer"), note="误派")
    go(phone, "/field/new/")
    phone.page.locator("[data-here].is-there").wait_for()
    phone.page.locator("[name=title]").fill("路边建筑垃圾")
    phone.page.locator("form button.pri").click()
    phone.page.wait_for_url("**/field/queue/")
    phone.wait_for("#queue[data-shown='5 0']")
    lines = phone.page.locator(".ph-q").all_inner_texts()
    assert [re.sub(r"\s+", " ", line).split(" ")[0] for line in lines] == ["签收", "照片", "反馈", "留言", "新建问题"]
    assert "等照片先到" in lines[2]
    assert phone.text("[data-queue-count]") == "4"
    assert OrderEvent.objects.exclude(verb__in=["dispatch", "withdraw"]).count() == 0

    # The signal is back.
    phone.page.context.set_offline(False)
    phone.wait_for("#queue[data-shown='0 1']")
    assert [len(events(first, verb)) for verb in ("accept", "report")] == [1, 1]
    told = events(first, "report")[0]
    assert (told.answers["KG"], told.location.coords, told.accuracy) == (126, (SPOT.x, SPOT.y), 6)
    before, after = (Attachment.objects.get(pk=told.answers[f"P2.{name}"]) for name in ("before", "after"))
    assert before.location.coords == pytest.approx((118.2501, 24.6001), abs=1e-6)  # the camera's own
    assert after.location.coords == pytest.approx((SPOT.x, SPOT.y), abs=1e-6)  # the phone's
    assert max(before.width, before.height) == 2048
    assert Attachment.objects.count() == 2
    assert events(first, "accept")[0].happened_at < told.happened_at < clock.now()
    assert Issue.objects.get(title="路边建筑垃圾").location.coords == pytest.approx((SPOT.x, SPOT.y))

    # What was refused says why and keeps what was typed; thrown away only when asked twice.
    refused = phone.page.locator("[data-refused]")
    assert refused.get_attribute("data-status") == "409"
    assert "到了现场，没有看到渣土" in refused.inner_text() and lost.number in refused.inner_text()
    refused.locator("[data-way=drop]").click()
    phone.page.locator("dialog button.danger").click()
    phone.wait_for("#queue[data-shown='0 0']")
    assert [c for c in phone.complaints if "Failed to load resource" not in c and "WebSocket" not in c] == []


def test_another_person_on_the_same_phone_neither_sees_nor_sends_what_waits(cast, make_order, pick_up):
    order = make_order(title="裸土未覆盖")
    phone = pick_up("field")
    context = phone.page.context
    context.set_offline(True)
    go(phone, f"/field/{order.number}/#comment")
    phone.page.locator("#comment textarea").fill("只有我知道")
    phone.page.locator("#comment button.pri").click()
    phone.page.locator("#field-facts [data-waits]").get_by_text("留言待发").wait_for()

    def sign_in_as(who: str) -> None:
        client = Client()
        client.force_login(cast.user[who], backend="django.contrib.auth.backends.ModelBackend")
        morsel = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": morsel.key, "value": morsel.value, "url": phone.address}])

    # The sign-in ends while the page stands open: everything waits for its owner.
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    go(phone, "/field/queue/")
    context.set_offline(False)
    phone.page.get_by_role("link", name="登录", exact=True).wait_for()
    phone.wait_for("#queue[data-shown='1 0']")

    # Somebody else signs in on an open page of the first person: the API refuses to do it in their name.
    sign_in_as("field2")
    phone.page.locator("[data-queue-now]").click()
    eventually(lambda: phone.page.locator("#queue").get_attribute("data-shown") == "1 0")
    go(phone, "/field/queue/")
    phone.wait_for("[data-others='1']")
    assert "只有我知道" not in phone.text("body") and order.number not in phone.text("body")
    context.set_offline(True)
    go(phone, f"/field/{order.number}/")
    assert "裸土未覆盖" not in phone.text("body")
    context.set_offline(False)
    assert events(order, "comment") == []

    sign_in_as("field")
    go(phone, "/field/queue/")
    phone.wait_for("#queue[data-shown='0 0']")
    assert [event.by_id for event in events(order, "comment")] == [cast.user["field"].pk]


def test_signing_out_with_unsent_work_warns_first_and_a_clock_off_by_a_day_is_put_right(cast, make_order, pick_up):
    order = make_order()
    phone = pick_up("field")
    wrong = clock.now() - timedelta(days=1)
    phone.page.clock.set_fixed_time(wrong)
    phone.page.context.set_offline(True)
    go(phone, f"/field/{order.number}/")
    phone.page.locator("#field-foot button.pri").click()
    phone.page.locator("#field-facts [data-waits]").wait_for()
    go(phone, "/field/me/")
    phone.page.locator("form[action='/signout/'] button").last.click()
    phone.page.get_by_text("还有 1 项没有发送").wait_for()
    phone.page.get_by_role("button", name="先不退出").click()
    phone.page.context.set_offline(False)
    eventually(lambda: len(events(order, "accept")) == 1)
    assert abs(events(order, "accept")[0].happened_at - clock.now()) < timedelta(minutes=10)
    go(phone, "/field/queue/")
    phone.page.get_by_text("本机时钟慢了").wait_for()


def test_a_full_phone_sends_at_once_and_a_refused_position_costs_only_the_position(cast, make_order, sit_down):
    order = make_order()
    phone = sit_down("field", **PHONE)
    phone.page.add_init_script(
        "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    go(phone, f"/field/{order.number}/")
    with phone.page.expect_navigation():
        phone.page.locator("#field-foot button.pri").click()
    assert len(events(order, "accept")) == 1
    phone.page.locator("#field-foot a[href='#report']").click()
    report = phone.page.locator("#report")
    report.get_by_text("没有允许定位").wait_for()
    report.locator("input[name=photos]").set_input_files(
        [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()}]
    )
    report.get_by_text("本机存储已满").wait_for()
    report.locator("[name=note]").fill("已处理")
    with phone.page.expect_navigation():
        report.locator("button.pri").click()
    assert len(events(order, "report")) == 1
