"""A citizen's report in a real browser on a phone: a place by tap, a photo made small, the receipt, and the officer who sees it."""

import io

import pytest
from PIL import Image

from tasks.issues.models import Category, Issue

pytestmark = pytest.mark.django_db(transaction=True)


def big_photo() -> bytes:
    """A JPEG of twelve megapixels, as phones make them."""
    buffer = io.BytesIO()
    Image.effect_noise((4000, 3000), 60).convert("RGB").save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def test_a_citizen_reports_with_a_photo_and_a_tap_and_keeps_the_link(browser, site, cast):
    Category.objects.create(
        code="DS", names={"zh-hans": "工地扬尘", "en": "Construction dust"}, layer=cast.layer["dust-sites"]
    )
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="zh-CN"
    )
    page = context.new_page()
    complaints, sizes = [], []
    page.on("console", lambda m: m.type in ("error", "warning") and complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: r.method == "POST" and sizes.append(len(r.post_data_buffer or b"")))
    page.goto(f"{site}/report/")
    page.wait_for_selector(".mini-map[data-drawn=true]")
    photo = big_photo()
    page.set_input_files("#id_photos", {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo})
    page.wait_for_selector("[data-previews] figure img")
    page.tap(".mini-map")
    page.wait_for_selector(".pin")
    page.get_by_text("工地扬尘").tap()
    page.fill("#id_description", "工地出口泥浆上路")
    page.get_by_role("button", name="提交").dblclick()
    page.wait_for_selector("[data-receipt]")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    issue = Issue.objects.get(source="citizen")
    assert (issue.layer, issue.issue_attachments.count()) == (cast.layer["dust-sites"], 1)
    assert sum(sizes) < len(photo) / 2  # made small on the device
    assert "工地出口泥浆上路" in page.inner_text("main")
    page.goto(f"{site}/report/")  # the device remembers its own reports
    page.wait_for_selector(f"[data-own-reports] a:has-text('{issue.number}')")
    assert complaints == []
    context.close()
