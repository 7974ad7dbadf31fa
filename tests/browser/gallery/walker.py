"""Loads one case after the other in one Chromium and says what is wrong with each; pages and sign-ins are used again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response
from playwright.sync_api import Error as BrowserError

from .cases import WIDTHS, Case
from .pages import NOBODY
from .places import NoSuchThing, Places

HERE = Path(__file__).parent
AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
FAULTS = (HERE / "faults.js").read_text(encoding="utf-8").split("\n", 1)[1]
MAP_FAULTS = (HERE / "map_faults.js").read_text(encoding="utf-8").split("\n", 1)[1]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})
  // Marks on a map stand where their places are (WCAG 2.2, 2.5.8: essential); the list beside it has them all, in full size.
  for (const one of found.violations.filter(({ id }) => id === 'target-size')) {
    one.nodes = one.nodes.filter((node) => !node.target.join(' ').includes('data-mark'))
  }
  return found.violations.flatMap((one) => one.nodes.slice(0, 3).map((node) =>
    `axe ${one.id}: ${node.target.join(' ')} (${node.any.concat(node.all, node.none).map((c) => c.message).join('; ').slice(0, 160)})`))
}"""
STILL = """() => document.readyState === 'complete' && !document.querySelector('.htmx-request')
  && document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity)"""
PASSWORD = "envmap-demo"
PHONE_BELOW = 700
PATIENCE = 20_000  # ms, for a busy machine; nothing is measured by it


class Walker:
    """`load(case)` opens it and gives its defects as sentences; `page` then shows it. One Chromium, one thread."""

    def __init__(self, browser: Browser, base_url: str, places: Places | None = None) -> None:
        self.browser = browser
        self.base_url = base_url.rstrip("/")
        self.places = places or Places(self.base_url)
        self.axe = AXE.read_text(encoding="utf-8")
        self.cookies: dict[str, list] = {}
        self.contexts: dict[tuple[str, bool], BrowserContext] = {}
        self.pages: dict[tuple[str, bool], Page] = {}
        self.noted: list[str] = []
        self.page: Page | None = None

    def close(self) -> None:
        """Closes the windows that were opened."""
        for context in self.contexts.values():
            context.close()

    # -- people --------------------------------------------------------------------------------------------------
    def cookies_of(self, role: str) -> list:
        """The cookies of a signed-in person; signs in through the form the first time."""
        if role == NOBODY:
            return []
        if role not in self.cookies:
            context = self.browser.new_context(base_url=self.base_url)
            page = context.new_page()
            page.goto("/signin/?next=/password/")
            page.fill("input[name=username]", role)
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(lambda url: "/signin/" not in url, timeout=PATIENCE)
            self.cookies[role] = context.cookies()
            context.close()
        return self.cookies[role]

    def window(self, role: str, width: int) -> Page:
        """The role's window: one like a desk's and one like a phone's, each kept for all its cases."""
        is_phone = width < PHONE_BELOW
        if (role, is_phone) not in self.pages:
            context = self.browser.new_context(
                base_url=self.base_url, viewport={"width": width, "height": WIDTHS[width]}, reduced_motion="reduce",
                is_mobile=is_phone, has_touch=is_phone, timezone_id="Asia/Shanghai", locale="zh-CN",
            )  # fmt: skip
            context.add_cookies(self.cookies_of(role))
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            self.listen(page)
            self.contexts[role, is_phone], self.pages[role, is_phone] = context, page
        return self.pages[role, is_phone]

    def listen(self, page: Page) -> None:
        """Notes what the page complains of, and requests to other hosts."""

        def console(said: ConsoleMessage) -> None:
            if said.type == "error":
                self.noted.append(f"console: {said.text[:300]} ({said.location.get('url', '')})")

        def request(asked: Request) -> None:
            if asked.url.startswith(("http", "ws")) and urlsplit(asked.url).netloc != urlsplit(self.base_url).netloc:
                self.noted.append(f"request to another host: {asked.url[:200]}")

        page.on("console", console)
        page.on("pageerror", lambda error: self.noted.append(f"script error: {str(error)[:300]}"))
        page.on("request", request)

    # -- one load ------------------------------------------------------------------------------------------------
    def open(self, case: Case) -> list[str]:
        """Goes there and waits until it stands still; the defects met on the way."""
        path = self.places.path(case.page, case.role)
        self.page = page = self.window(case.role, case.width)
        page.set_viewport_size({"width": case.width, "height": WIDTHS[case.width]})
        chosen = {"django_language": case.language, "theme": case.theme}
        page.context.add_cookies([{"name": k, "value": v, "url": self.base_url} for k, v in chosen.items()])
        page.goto("about:blank")  # or else a change behind # would load nothing
        self.noted.clear()
        response = page.goto(path)
        assert isinstance(response, Response)
        defects = []
        if response.status != case.page.status:
            defects.append(f"status {response.status}, not {case.page.status}")
        for what, wait in (
            (f"{case.page.ready} does not come", lambda: page.wait_for_selector(case.page.ready, state="attached")),
            (f"{case.page.has} is not to be seen", lambda: page.wait_for_selector(case.page.has)),
            ("it does not come to rest", lambda: page.wait_for_function(STILL)),
        ):
            try:
                wait()
            except BrowserError as error:
                defects.append(f"{what} ({str(error).splitlines()[0][:120]})")
        return defects

    def load(self, case: Case) -> list[str]:
        """Everything that is wrong with the case, [] when nothing is."""
        try:
            defects = self.open(case)
            page = self.page
            assert page is not None
            asked = {"width": case.width, "language": case.language, "theme": case.theme, "status": case.page.status}
            defects += page.evaluate(FAULTS, asked)
            if case.page.name == "map":
                defects += page.evaluate(MAP_FAULTS)
            self.bring_axe(page)
            defects += page.evaluate(RUN_AXE, TAGS)
        except NoSuchThing as nothing:
            return [str(nothing)]
        except BrowserError as error:
            return [f"it could not be looked at: {str(error).splitlines()[0][:200]}", *dict.fromkeys(self.noted)]
        expected = "Failed to load resource: the server responded with a status of " + str(case.page.status)
        refused = case.page.status >= 400
        return defects + [one for one in dict.fromkeys(self.noted) if not (refused and expected in one)]

    def bring_axe(self, page: Page) -> None:
        """axe-core into the page by the debugger, so that the page's own policy of scripts stays as strict as it is."""
        session = page.context.new_cdp_session(page)
        try:
            answer = session.send("Runtime.evaluate", {"expression": self.axe, "returnByValue": False})
            assert "exceptionDetails" not in answer, json.dumps(answer)[:500]
        finally:
            session.detach()


def plain(defect: str) -> str:
    """A defect without what differs from load to load, so that the same one is counted once."""
    return re.sub(r"\d+", "#", defect)
