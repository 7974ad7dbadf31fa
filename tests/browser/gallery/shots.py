"""The pictures of docs/screenshots: which load each shows. Made anew by `make gallery ARGS=--screenshots`."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from tests.browser.chromium import chromium

from .cases import Case
from .pages import PAGES
from .walker import Walker

FOLDER = Path(__file__).parents[3] / "docs" / "screenshots"
COLOURS = 256  # a page has few; so a picture is a third as large
SHOTS = {  # name of the picture: (key of the page, role, language, theme, width)
    "map": ("map", "officer", "zh-hans", "light", 1440),
    "map-dark": ("map", "officer", "zh-hans", "dark", 1440),
    "map-panel": ("map-feature", "officer", "zh-hans", "light", 1440),
    "map-english": ("map", "anonymous", "en", "light", 1440),
    "issues": ("issues", "officer", "zh-hans", "light", 1440),
    "orders": ("orders", "officer", "zh-hans", "light", 1440),
    "order": ("order", "officer", "zh-hans", "light", 1440),
    "statistics": ("statistics", "supervisor", "zh-hans", "light", 1440),
    "manage-layer": ("layer", "admin", "zh-hans", "light", 1440),
    "signin": ("signin", "anonymous", "zh-hans", "light", 1440),
    "field": ("field", "field", "zh-hans", "light", 390),
    "field-order": ("field-order", "field", "zh-hans", "light", 390),
    "field-queue": ("field-queue", "field", "zh-hans", "light", 390),
    "screen": ("screen", "supervisor", "zh-hans", "dark", 1920),
    "report": ("report", "anonymous", "zh-hans", "light", 390),
}


def take_all(base_url: str, folder: Path = FOLDER) -> list[Path]:
    """Takes every picture of SHOTS whose page is there; gives the files written."""
    pages = {page.key: page for page in PAGES}
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        walker = Walker(browser, base_url)
        for name, (key, *rest) in SHOTS.items():
            if key not in pages:
                continue
            walker.open(Case(pages[key], *rest))
            assert walker.page is not None
            shot = Image.open(io.BytesIO(walker.page.screenshot(scale="css"))).convert("RGB")
            path = folder / f"{name}.png"
            shot.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
            written.append(path)
        walker.close()
    return written
