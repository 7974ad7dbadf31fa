"""A real Chromium before the real application; what the page asks for and complains about is written down."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from django.test import Client
from playwright.sync_api import Browser, Page

from envmap.accounts.asker import SYSTEM
from envmap.core import clock
from layers.catalogue.models import Area
from layers.sensors.actions import NewReading, record_readings
from layers.sensors.models import AlarmRule, Factor, Station
from tasks.issues.models import AlarmCategory, Category
from tasks.orders.actions import load_office_hours
from tests.browser.chromium import chromium
from tests.cast import SPOT, Cast
from tests.serving import relaying, serving

# Playwright keeps a loop running in the main thread; the tests' own queries there are none of its business.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

FACTOR = "a34002"


@pytest.fixture(scope="module")
def browser():
    """The machine's Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture
def site(transactional_db):
    """The address of the running application, with a relay beside it."""
    vendor = Path(settings.ROOT) / "static" / "vendor" / "pbf" / "pbf.js"
    assert vendor.is_file(), "static/vendor is missing; `make test` makes it."
    with serving() as address, relaying():
        yield f"http://{address}"


@dataclass
class Screen:
    """One person before one browser: the page, its requests since `forget()`, and its complaints."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """From here on requests are counted anew."""
        self.requests.clear()

    def wait_for(self, selector: str, **more) -> None:
        """Until something is there."""
        self.page.wait_for_selector(selector, timeout=60_000, **more)

    def text(self, selector: str) -> str:
        """What stands there."""
        return self.page.inner_text(selector)

    def count(self, condition: str) -> int:
        """The figure of the legend."""
        return int(self.text(f".legend-one[data-condition={condition}] [data-count]"))

    def look_at(self, point: Point, zoom: int) -> None:
        """Moves the map there."""
        self.page.evaluate(f"leafletmapmap.setView([{point.y}, {point.x}], {zoom})")

    def map(self, path: str = "/") -> "Screen":
        """The map, with its tiles there and the socket up."""
        self.page.goto(self.address + path)
        self.wait_for("#workbench[data-settled=true]")
        self.wait_for("#live-state.is-up")
        return self


@pytest.fixture
def sit_down(browser: Browser, site: str, cast: Cast) -> Callable[..., Screen]:
    """`sit_down("officer", size=(390, 844), language="en-GB")`: a browser of somebody's own; nobody is a visitor."""
    contexts = []

    def open_one(who: str | None = None, *, size=(1440, 900), language="zh-CN", touch=False) -> Screen:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=language, has_touch=touch, reduced_motion="reduce"
        )
        contexts.append(context)
        if who is not None:
            client = Client()
            client.force_login(cast.user[who], backend="django.contrib.auth.backends.ModelBackend")
            morsel = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": morsel.key, "value": morsel.value, "url": site}])
        screen = Screen(context.new_page(), site)
        screen.page.on("request", lambda request: screen.requests.append(request.url.removeprefix(site)))
        screen.page.on("console", lambda said: said.type == "error" and screen.complaints.append(said.text))
        screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        return screen

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def sheet(cast: Cast) -> None:
    """An area to draw: a district round the cast's spot, on land."""
    box = SPOT.buffer(0.1).envelope
    for kind in ("land", "district", "town"):
        Area.objects.create(code=f"x-{kind}", names={"zh-hans": f"{kind} 区", "en": kind}, kind=kind, geometry=box,
                            attribution="© OpenStreetMap contributors")  # fmt: skip


@pytest.fixture
def raise_alarm(cast: Cast, sheet: None) -> Callable[[], None]:
    """`raise_alarm()`: a reading of the dust site above its limit, through the same action as any reading."""
    layer = cast.layer["dust-sites"]
    load_office_hours(by=SYSTEM, spans=[["08:30", "12:00"], ["14:30", "18:00"]])
    parent = Category.objects.create(code="DS", names={"zh-hans": "扬尘", "en": "dust"}, layer=layer)
    category = Category.objects.create(
        code="DS-01", names={"zh-hans": "颗粒物", "en": "particles"}, parent=parent, layer=layer, severity="major",
        clock="urgent", accept_within="0.5", report_within="2", unit_kind="bureau",
    )  # fmt: skip
    factor = Factor.objects.create(
        code=FACTOR, names={"zh-hans": "可吸入颗粒物", "en": "PM10"}, unit="mg/m³", decimals=3
    )
    AlarmCategory.objects.create(layer=layer, factor="*", side="above", category=category)
    Station.objects.create(mn="MN1", name="站点", feature=cast.feature["dust-sites"])
    AlarmRule.objects.create(
        name="PM10", layer=layer, factor=factor, kind="minute", above="0.15", clear_below="0.13", severity="major"
    )

    def raise_one(value: str = "0.211") -> None:
        time = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=1)
        record_readings(
            by=cast.asker("officer"), mn="MN1", readings=[NewReading(FACTOR, "minute", time, Decimal(value), flag="N")]
        )

    return raise_one
