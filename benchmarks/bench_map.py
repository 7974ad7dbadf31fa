"""The map with 100,000 points in a real Chromium: frame times, long tasks and heap while it is dragged and zoomed.

Beside it, in the same run, Leaflet.markercluster with the very same points, each marker as that library makes it; the
rounds are interleaved, so that a busy machine slows both. `make bench` runs it against an instance of its own; the
points lie in a layer of their own that is taken away again. Needs Chromium and the development packages of npm.
"""

import json
import os
import platform
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "envmap.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.gis.geos import Point  # noqa: E402
from django.db import transaction  # noqa: E402
from playwright.sync_api import Browser, CDPSession, Page  # noqa: E402

from envmap.accounts.asker import SYSTEM  # noqa: E402
from envmap.core import area, clock  # noqa: E402
from layers.catalogue.actions import make_layer, update_layer  # noqa: E402
from layers.catalogue.conditions import Source  # noqa: E402
from layers.catalogue.models import Feature, FeatureCondition, Layer  # noqa: E402
from tests.browser.chromium import chromium  # noqa: E402

POINTS, ROUNDS = 100_000, 2
KEY = "bench-points"
SIZE = {"width": 1440, "height": 900}
ZOOMS = (11, 13, 15)
DRAGS, DRAG = 4, (320, 180)
MODULES = Path(settings.ROOT) / "node_modules" / "leaflet.markercluster" / "dist"

WATCH = """
() => {
  window.bench = { frames: [], long: [], last: 0 }
  new PerformanceObserver((list) => list.getEntries().forEach((e) => window.bench.long.push(e.duration))).observe({ type: 'longtask' })
  const step = (now) => {
    if (window.bench.last && !window.bench.isPaused) window.bench.frames.push(now - window.bench.last)
    window.bench.last = window.bench.isPaused ? 0 : now
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
}
"""
"""Notes the time between frames and the long tasks, from now on."""

RIVAL = """<!doctype html><meta charset="utf-8"><title>markercluster</title>
<link rel="stylesheet" href="/static/leaflet/leaflet.css"><style>html, body, #map {{ height: 100%; margin: 0 }}{styles}</style>
<div id="map"></div><script src="/static/leaflet/leaflet.js"></script><script>{script}</script>
<script>
const map = L.map('map', {{ maxZoom: 18, minZoom: 9 }}).setView([{lat}, {lon}], 11)
const group = L.markerClusterGroup({{ chunkedLoading: true, chunkProgress: (done, total) => {{ window.isReady = done === total }} }})
map.addLayer(group)
group.addLayers({points}.map(([lat, lon]) => L.marker([lat, lon])))
window.benchMap = map
window.benchGroup = group
</script>"""


def places() -> list[tuple[float, float]]:
    """Longitude and latitude of each point: the same with every run, spread over the instance's area in 400 heaps."""
    dice = random.Random(21)
    west, south, east, north = area.current().box
    heaps = [(dice.uniform(west, east), dice.uniform(south, north)) for _ in range(400)]
    spread = (east - west) / 60
    return [
        (round(dice.gauss(x, spread), 6), round(dice.gauss(y, spread), 6))
        for x, y in (dice.choice(heaps) for _ in range(POINTS))
    ]


@contextmanager
def layer_of(found: list[tuple[float, float]]) -> Iterator[None]:
    """A public layer with the points, one in fifty of them in a bad condition, as long as the block lasts."""
    remove()
    names = {"zh-hans": "压力点", "en": "Bench points"}
    make_layer(by=SYSTEM, key=KEY, names=names, geometry=["Point"], schema={"type": "object", "properties": {}})
    update_layer(by=SYSTEM, key=KEY, public=True)
    layer = Layer.objects.get(key=KEY)
    dice, now = random.Random(22), clock.now()
    with transaction.atomic():
        made = Feature.objects.bulk_create(
            [
                Feature(layer=layer, code=f"B-{n:06d}", name=f"{n}", geometry=Point(x, y, srid=4326))
                for n, (x, y) in enumerate(found)
            ],
            batch_size=5000,
        )
        bad = dice.sample(made, POINTS // 50)
        FeatureCondition.objects.bulk_create(
            [FeatureCondition(feature=f, source=Source.SENSORS, rank=dice.randint(1, 4), since=now) for f in bad],
            batch_size=5000,
        )
    try:
        yield
    finally:
        remove()


def remove() -> None:
    """Takes the layer and everything in it away, as no action does: it never was anything real."""
    with transaction.atomic():
        FeatureCondition.objects.filter(feature__layer__key=KEY).delete()
        Feature.objects.filter(layer__key=KEY)._raw_delete("default")
        Layer.objects.filter(key=KEY).delete()


def drag(page: Page) -> None:
    """There and back by hand, so that every round sees the same."""
    middle = (SIZE["width"] / 2 + 60, SIZE["height"] / 2)
    for number in range(DRAGS):
        sign = 1 if number % 2 == 0 else -1
        page.mouse.move(middle[0] - sign * DRAG[0] / 2, middle[1] - sign * DRAG[1] / 2)
        page.mouse.down()
        page.mouse.move(middle[0] + sign * DRAG[0] / 2, middle[1] + sign * DRAG[1] / 2, steps=20)
        page.mouse.up()
        page.wait_for_timeout(150)


def measured(page: Page, session: CDPSession, to_map: str, settled: str) -> dict[str, Any]:
    """Figures of one page, which is ready: at each zoom it is dragged to and fro, and between them zoomed."""
    page.evaluate(WATCH)
    waits, heaps = [], []
    for zoom in (*ZOOMS, *reversed(ZOOMS[:-1])):
        began = time.perf_counter()
        page.evaluate(f"{to_map}.setZoom({zoom})")
        page.wait_for_function(settled, timeout=600_000)
        waits.append(time.perf_counter() - began)
        drag(page)
        page.evaluate("window.bench.isPaused = true")  # a collection that we ask for is none of the page's pauses
        session.send("HeapProfiler.collectGarbage")
        heaps.append(session.send("Runtime.getHeapUsage")["usedSize"])
        page.evaluate("window.bench.isPaused = false")
    page.wait_for_function(settled, timeout=600_000)
    noted = page.evaluate("window.bench")
    nodes = session.send("Memory.getDOMCounters")["nodes"]
    frames = sorted(noted["frames"])
    return {
        "frames": len(frames),
        "frame_ms": {
            "p50": round(frames[len(frames) // 2], 1),
            "p95": round(frames[int(len(frames) * 0.95)], 1),
            "max": round(frames[-1], 1),
        },
        "frames_over_50_ms": sum(frame > 50 for frame in frames),
        "long_tasks": {"count": len(noted["long"]), "sum_ms": round(sum(noted["long"])), "max_ms": round(max(noted["long"], default=0))},
        "zoom_to_shown_ms": {"p50": round(statistics.median(waits) * 1000), "max": round(max(waits) * 1000)},
        "heap_mb": {"max": round(max(heaps) / 1e6, 1), "end": round(heaps[-1] / 1e6, 1)},
        "dom_nodes": nodes,
    }  # fmt: skip


def opened(browser: Browser) -> tuple[Page, CDPSession]:
    """A page with nothing kept from before."""
    context = browser.new_context(viewport=SIZE, locale="en-GB", bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(600_000)
    return page, context.new_cdp_session(page)


def ours(browser: Browser, base: str) -> dict[str, Any]:
    """The product's own page, signed out, the bench's layer alone switched on."""
    page, session = opened(browser)
    began = time.perf_counter()
    west, south, east, north = area.current().box
    page.goto(f"{base}/#map=11/{(south + north) / 2}/{(west + east) / 2}&layers={KEY}")
    page.wait_for_selector("#workbench[data-settled=true]", timeout=120_000)
    ready = time.perf_counter() - began
    settled = "() => document.getElementById('workbench').dataset.settled === 'true'"
    found = measured(page, session, "leafletmapmap", settled)
    page.context.close()
    return {"ready_ms": round(ready * 1000), **found}


def rival(browser: Browser, base: str, found: list[tuple[float, float]]) -> dict[str, Any]:
    """Leaflet.markercluster with the same points, on a page that the test alone serves."""
    page, session = opened(browser)
    west, south, east, north = area.current().box
    html = RIVAL.format(
        styles=(MODULES / "MarkerCluster.css").read_text() + (MODULES / "MarkerCluster.Default.css").read_text(),
        script=(MODULES / "leaflet.markercluster.js").read_text(),
        points=json.dumps([[y, x] for x, y in found]),
        lat=(south + north) / 2,
        lon=(west + east) / 2,
    )
    page.route("**/bench-rival", lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=html))
    began = time.perf_counter()
    page.goto(f"{base}/bench-rival")
    page.wait_for_function("() => window.isReady", timeout=600_000)
    ready = time.perf_counter() - began
    settled = "() => !window.benchMap._animatingZoom && !window.benchGroup._inZoomAnimation"
    figures = measured(page, session, "benchMap", settled)
    page.context.close()
    return {"ready_ms": round(ready * 1000), **figures}


def main() -> None:
    """Measure, print, and write JSON."""
    assert MODULES.is_dir(), "node_modules/leaflet.markercluster is missing: npm ci"
    base = os.environ.get("ENVMAP_BENCH_URL", f"http://127.0.0.1:{settings.HTTP_PORT}").rstrip("/")
    found = places()
    rounds: list[dict[str, Any]] = []
    with layer_of(found), chromium() as browser:
        ours(browser, base)  # tiles that nobody has asked for yet are the database's affair
        for _ in range(ROUNDS):
            rounds.append({"envmap": ours(browser, base), "markercluster": rival(browser, base, found)})
        version = browser.version
    result = {
        "machine": {"cpus": os.cpu_count(), "load": os.getloadavg(), "python": platform.python_version(), "chromium": version},
        "points": POINTS,
        "rounds": rounds,
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    print(text)
    folder = Path(os.environ.get("ENVMAP_BENCH_RESULTS", str(Path(settings.VAR) / "bench")))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "map.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
