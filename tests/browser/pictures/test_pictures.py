"""The main states look as they did when they were found good: the demo of one frozen morning, in real Chromium.

`make pictures` makes the pictures anew; look at them before they are kept. Fonts differ from machine to machine, so it is
likeness that is asked for (likeness.py), not equality.
"""

import io
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.test import Client
from PIL import Image

from envmap.accounts.models import User
from envmap.core import clock
from envmap.demo.build import build
from tasks.orders.models import Order
from tests.browser.chromium import chromium
from tests.browser.gallery.pages import MAP_READY
from tests.browser.gallery.walker import STILL
from tests.browser.pictures.likeness import difference, kept_of, side_by_side
from tests.serving import serving

HERE = Path(__file__).parent
MORNING = datetime(2026, 11, 24, 10, 20, tzinfo=clock.SHANGHAI)
RENEW = os.environ.get("RENEW_PICTURES") == "1"
DRAWN = ".mini-map[data-drawn=true]"
DESK, PHONE, WALL = (1440, 900), (390, 844), (1920, 1080)


@dataclass(frozen=True, slots=True)
class State:
    """One page in one state, by the name of its picture."""

    name: str
    path: str
    who: str | None = "officer"
    size: tuple[int, int] = DESK
    language: str = "zh-hans"
    theme: str = "light"
    ready: str = "main"


STATES = (
    State("map", "/", ready=MAP_READY),
    State("map-dark-en", "/", None, language="en", theme="dark", ready=MAP_READY),
    State("map-phone", "/", None, PHONE, ready=MAP_READY),
    State("signin", "/signin/", None),
    State("issues", "/issues/", ready=DRAWN),
    State("orders", "/orders/", ready=DRAWN),
    State("orders-dark-en", "/orders/", language="en", theme="dark", ready=DRAWN),
    State("order", "/orders/{order}/", ready=DRAWN),
    State("field", "/field/", "field", PHONE),
    State("field-order", "/field/{field_order}/", "field", PHONE),
    State("report", "/report/", None, PHONE),
    State("help", "/help/officer/"),
    State("screen", "/screen/", "supervisor", WALL, theme="dark", ready="#wall-today"),
    State("statistics", "/statistics/", "supervisor"),
    State("layer", "/manage/layers/dust-sites/", "admin"),
    State("stations", "/manage/stations/"),
)


@contextmanager
def frozen(monkeypatch):
    """Everybody's clock stands at MORNING, in every thread of this process."""
    with monkeypatch.context() as patch:
        patch.setattr(clock, "timezone", SimpleNamespace(now=lambda: MORNING))
        yield


@pytest.fixture
def demo(transactional_db, settings, tmp_path, monkeypatch):
    """The address of the application with the demo as it stands on that morning."""
    settings.MEDIA_ROOT = tmp_path
    settings.DEMO = True
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with frozen(monkeypatch):
        build("alarm-day", lambda line: None)
        with serving() as address:
            yield f"http://{address}"


def path_of(state: State) -> str:
    """The address, with the numbers of orders that have much to show."""
    orders = Order.objects.filter(state="reported").order_by("-rework_count", "pk")
    unit = User.objects.get(username="field").memberships.get().department
    own = Order.objects.filter(department=unit).order_by("-rework_count", "pk")
    return state.path.format(order=orders[0].number, field_order=own[0].number)


def look_at(browser, address: str, state: State) -> Image.Image:
    """A screenshot of the state, one pixel to a CSS px."""
    width, height = state.size
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai",
        reduced_motion="reduce", is_mobile=width < 700, has_touch=width < 700,
    )  # fmt: skip
    try:
        cookies = {"django_language": state.language, "theme": state.theme}
        if state.who:
            client = Client()
            client.force_login(
                User.objects.get(username=state.who), backend="django.contrib.auth.backends.ModelBackend"
            )
            cookies[django_settings.SESSION_COOKIE_NAME] = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        page.clock.set_fixed_time(MORNING)
        page.goto(path_of(state))
        page.wait_for_selector(state.ready, timeout=60_000)
        page.wait_for_function(STILL)
        return Image.open(io.BytesIO(page.screenshot(scale="css", caret="hide", animations="disabled")))
    finally:
        context.close()


@pytest.mark.browser
def test_the_main_states_look_as_they_did(demo, tmp_path_factory):
    strange = []
    folder = tmp_path_factory.mktemp("pictures")
    with chromium() as browser:
        for state in STATES:
            seen = kept_of(look_at(browser, demo, state))
            path = HERE / f"{state.name}.png"
            if RENEW:
                seen.save(path, optimize=True)
                continue
            assert path.is_file(), f"there is no picture of {state.name}; run make pictures and look at it"
            kept = Image.open(path)
            found = difference(kept, seen)
            if not found.is_alike:
                side_by_side(kept, seen, folder / f"{state.name}.png")
                strange.append(f"{state.name}: {found.apart:.1%} of it differ, {found.mean:.1f} of 255 in the mean")
    assert strange == [], f"side by side in {folder}; if that is how it shall look: make pictures\n" + "\n".join(
        strange
    )


def test_no_picture_is_kept_that_nobody_looks_at():
    assert {path.stem for path in HERE.glob("*.png")} == {state.name for state in STATES}


# -- what counts as alike -------------------------------------------------------------------------------------------
def drawn(*boxes, ground="white", size=(1440, 900)) -> Image.Image:
    """A page of boxes `(left, top, right, bottom, colour)`, as it is kept."""
    image = Image.new("RGB", size, ground)
    for left, top, right, bottom, colour in boxes:
        image.paste(colour, (left, top, right, bottom))
    return kept_of(image)


PANEL = (1000, 60, 1400, 860, "#dfe7ea")


def test_the_same_page_is_alike_and_one_that_has_moved_by_a_pixel_too():
    moved = (1001, 61, 1401, 861, "#dfe7ea")
    assert difference(drawn(PANEL), drawn(PANEL)).mean == 0
    assert difference(drawn(PANEL), drawn(moved)).is_alike


@pytest.mark.parametrize(
    "other",
    [
        drawn(ground="#0f1a20"),
        drawn((1000, 60, 1400, 860, "#14242c")),
        drawn(PANEL, (0, 0, 60, 900, "#14242c")),
        drawn(PANEL, (80, 60, 380, 860, "#c8372d")),
    ],
    ids=["dark", "a dark panel", "another rail", "a red list"],
)
def test_another_page_is_not_alike(other):
    assert not difference(drawn(PANEL), other).is_alike


def test_pictures_of_two_sizes_are_not_compared():
    with pytest.raises(ValueError, match="the other"):
        difference(drawn(), drawn(size=PHONE))
