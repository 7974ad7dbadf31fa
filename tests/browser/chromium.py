"""A headless Chromium for journeys, and the notes that are taken of each page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What Chromium says of a request that was refused on purpose is no fault of the page.
EXPECTED = ("Failed to load resource", "WebSocket connection to")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; ENVMAP_CHROMIUM names another."""
    path = os.environ.get("ENVMAP_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "no Chromium here; `make test` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """One person's browser: a page of a size, with its requests, console errors and outside hosts noted."""

    def __init__(
        self, browser: Browser, base_url: str, *, width: int, height: int, language: str = "zh-CN", **more
    ) -> None:
        self.base_url = base_url
        self.context = browser.new_context(
            base_url=base_url, viewport={"width": width, "height": height}, locale=language, **more
        )
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _console(self, message) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED):
            self.errors.append(message.text)

    def sign_in(self, username: str, *, then: str) -> None:
        """Through the form, as a person does."""
        self.page.goto(f"/signin/?next={then}")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", "envmap-demo")
        self.page.click("form[action*='signin'] button:not([type=button])")
        self.page.wait_for_url(lambda url: "/signin/" not in url)

    def paths(self) -> list[str]:
        """The requests noted so far, without the host; `blob:` and `data:` are none."""
        return [url.removeprefix(self.base_url) for url in self.requests if url.startswith("http")]

    def check(self) -> None:
        """No console error, no request to another host, no sideways scroll."""
        assert self.errors == []
        assert [url for url in self.requests if url.startswith("http") and not url.startswith(self.base_url)] == []
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{self.page.url} scrolls sideways by {wide} px"
