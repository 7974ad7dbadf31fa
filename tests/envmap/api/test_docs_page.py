"""The browsable reference in a real browser: it works under the strict CSP and asks nobody else."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.skipif(
        not (ROOT / "static" / "vendor" / "swagger-ui").is_dir(),
        reason="static/vendor is made by `make run` and `make test`",
    ),
]


def browse(address):
    """What the page showed, asked for and complained of. Runs in a thread of its own, because Playwright keeps a loop."""
    from playwright.sync_api import sync_playwright

    asked, complaints = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/api/v1/docs")
        page.wait_for_selector("#operations-features-list_features", timeout=60_000)
        page.click("#operations-me_and_tokens-me .opblock-summary-control")
        page.wait_for_selector("#operations-me_and_tokens-me .try-out__btn", timeout=30_000)
        page.click("#operations-me_and_tokens-me .try-out__btn")
        page.click("#operations-me_and_tokens-me .execute")
        page.wait_for_selector(
            "#operations-me_and_tokens-me .live-responses-table .response-col_status", timeout=30_000
        )
        status = page.inner_text("#operations-me_and_tokens-me .live-responses-table tbody .response-col_status")
        count = page.locator(".opblock").count()
        browser.close()
    return asked, complaints, status, count


def test_the_reference_can_be_browsed_and_tried_without_any_other_host(live_server):
    with ThreadPoolExecutor(1) as pool:
        asked, complaints, status, count = pool.submit(browse, live_server.url).result()
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {
        urlsplit(live_server.url).netloc
    }
    # The one refusal is the 401 that was asked for by trying `GET /me` without credentials.
    assert [text for text in complaints if "401" not in text] == []
    assert status.startswith("401")
    assert count > 50
