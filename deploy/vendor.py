"""Copies the front end's third-party files out of `node_modules` into the git-ignored `static/vendor/`.

An allow-list, not the whole folder: `collectstatic` would copy thousands of files and fails on modules that import
names without a path. Files are kept under names without an `@`, with their source maps and licences. What an import
map has to say is written down in `deploy/README.md`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .errors import Trouble
from .files import digest

# (file in node_modules, file in static/vendor)
FILES = (
    ("htmx.org/dist/htmx.min.js", "htmx/htmx.min.js"),
    ("htmx.org/LICENSE", "htmx/LICENSE"),
    ("pbf/index.js", "pbf/pbf.js"),
    ("pbf/LICENSE", "pbf/LICENSE"),
    ("@mapbox/point-geometry/index.js", "point-geometry/point-geometry.js"),
    ("@mapbox/point-geometry/LICENSE", "point-geometry/LICENSE"),
    ("@mapbox/vector-tile/index.js", "vector-tile/vector-tile.js"),
    ("@mapbox/vector-tile/LICENSE.txt", "vector-tile/LICENSE.txt"),
    ("uplot/dist/uPlot.esm.js", "uplot/uPlot.esm.js"),
    ("uplot/dist/uPlot.iife.min.js", "uplot/uPlot.iife.min.js"),
    ("uplot/dist/uPlot.min.css", "uplot/uPlot.min.css"),
    ("uplot/LICENSE", "uplot/LICENSE"),
    ("geographiclib-geodesic/geographiclib-geodesic.min.js", "geographiclib/geographiclib-geodesic.min.js"),
    ("geographiclib-geodesic/LICENSE.txt", "geographiclib/LICENSE.txt"),
    ("swagger-ui-dist/swagger-ui-bundle.js", "swagger-ui/swagger-ui-bundle.js"),
    ("swagger-ui-dist/swagger-ui-bundle.js.map", "swagger-ui/swagger-ui-bundle.js.map"),
    ("swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt", "swagger-ui/swagger-ui-bundle.js.LICENSE.txt"),
    ("swagger-ui-dist/swagger-ui.css", "swagger-ui/swagger-ui.css"),
    ("swagger-ui-dist/swagger-ui.css.map", "swagger-ui/swagger-ui.css.map"),
    ("swagger-ui-dist/LICENSE", "swagger-ui/LICENSE"),
    ("lucide-static/LICENSE", "lucide/LICENSE"),
)

SYMBOL = (
    '<symbol id="i-{name}" viewBox="0 0 24 24"><g fill="none" stroke="currentColor" '
    'stroke-width="var(--icon-stroke,1.75)" stroke-linecap="round" stroke-linejoin="round">{body}</g></symbol>'
)


def icon_names(text: str) -> list[str]:
    """The names in `deploy/icons.txt`: words, without comment lines."""
    return " ".join(line for line in text.splitlines() if not line.startswith("#")).split()


def sprite(names: list[str], icons: Path) -> str:
    """One SVG with a symbol `i-<name>` for each name; raises Trouble for a name that lucide does not have."""
    symbols = []
    for name in names:
        file = icons / f"{name}.svg"
        if not file.is_file():
            raise Trouble(f"deploy/icons.txt names the icon {name!r}, which lucide-static does not have.")
        found = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(encoding="utf-8"), re.DOTALL)
        if not found:
            raise Trouble(f"{file} is not an SVG file; remove node_modules and run the command again.")
        symbols.append(SYMBOL.format(name=name, body=re.sub(r"\s+", " ", found.group(1)).strip()))
    comment = "<!-- lucide-static, ISC licence, copyright Lucide contributors -->"
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', comment, *symbols, "</svg>", ""])


def wanted(root: Path) -> str:
    """The stamp of a complete copy: it changes with the lock, the list of icons and this file."""
    return digest([root / "package-lock.json", root / "deploy" / "icons.txt", Path(__file__)])


def is_complete(root: Path) -> bool:
    """Whether `static/vendor/` is what this version wants."""
    stamp = root / "static" / "vendor" / ".stamp"
    return stamp.is_file() and stamp.read_text(encoding="ascii") == wanted(root)


def copy(root: Path) -> None:
    """Make `static/vendor/` anew: built beside it, then renamed, so that no half of it is ever served."""
    modules, target, building = root / "node_modules", root / "static" / "vendor", root / "static" / "vendor.new"
    shutil.rmtree(building, ignore_errors=True)
    for source, destination in FILES:
        if not (modules / source).is_file():
            raise Trouble(f"node_modules/{source} is missing; remove node_modules and run the command again.")
        (building / destination).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, building / destination)
    names = icon_names((root / "deploy" / "icons.txt").read_text(encoding="utf-8"))
    (building / "icons.svg").write_text(sprite(names, modules / "lucide-static" / "icons"), encoding="utf-8")
    (building / ".stamp").write_text(wanted(root), encoding="ascii")
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
