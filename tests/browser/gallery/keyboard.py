"""Walks through a page by Tab alone and compares what took the focus with what a mouse can press."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from .cases import Case
from .pages import PAGES
from .walker import Walker

HERE = Path(__file__).parent
BEFORE = (HERE / "keys_before.js").read_text(encoding="utf-8").split("\n", 1)[1]
AFTER = (HERE / "keys_after.js").read_text(encoding="utf-8").split("\n", 1)[1]
STEPS = 15
MOST = 900  # presses; a page with more stops is a trap in itself


def cases_by_key() -> list[Case]:
    """Each page once at a desk and once on a phone, for the role that comes last in its row: it sees most of it."""
    return [Case(page, page.roles[-1], "zh-hans", page.themes[0], width) for page in PAGES for width in (390, 1440)]


def tab_through(page: Page) -> list[str]:
    """Presses Tab until nothing new takes the focus; what was not reached, or could not be seen, as sentences."""
    page.evaluate(BEFORE)
    before, pressed = -1, 0
    while (reached := page.evaluate("window.keyboardWalk.reached.size")) > before:
        if pressed >= MOST:
            return [f"after {pressed} presses of Tab new things still take the focus"]
        before = reached
        for _ in range(STEPS):
            page.keyboard.press("Tab")
        pressed += STEPS
    return page.evaluate(AFTER)


def walk_by_keys(walker: Walker, case: Case) -> list[str]:
    """The defects of one page for somebody without a mouse."""
    defects = walker.open(case)
    assert walker.page is not None
    return defects + tab_through(walker.page)
