"""Walks through a running demo: `python -m tests.browser.gallery.run --url http://… [--few] [--out DIR] [--pages a,b]`.

Writes pictures, `index.html` and `counts.json` below DIR, says what is wrong, and ends with status 1 if anything is.
"""

from __future__ import annotations

import argparse
import html
import json
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from time import monotonic

from tests.browser.chromium import chromium

from .cases import Case, few, product_of
from .keyboard import cases_by_key, walk_by_keys
from .pages import NO_PAGES, PAGES
from .places import Places
from .shots import take_all
from .walker import Walker, plain

PICTURE = {"type": "jpeg", "quality": 55}


def walk(
    base_url: str, cases: list[Case], folder: str | None = None, *, by_keys: bool = False, is_told: bool = False
) -> list[tuple[str, list[str]]]:
    """One worker's part: each case's name with its defects; `by_keys` presses Tab instead of looking at the page."""
    found = []
    with chromium() as browser:
        walker = Walker(browser, base_url, Places(base_url))
        for case in cases:
            defects = walk_by_keys(walker, case) if by_keys else walker.load(case)
            found.append((case.name, defects))
            for defect in defects if is_told else []:
                print(f"{case.name}: {defect}", file=sys.stderr, flush=True)
            if folder and walker.page:
                walker.page.screenshot(path=Path(folder) / f"{case.name}.jpg", **PICTURE)
        walker.close()
    return found


def parts_of(cases: list[Case], count: int) -> list[list[Case]]:
    """The cases shared out so that a role's windows are opened by few workers and all have about the same to do."""
    ordered = sorted(cases, key=lambda case: (case.role, case.width, case.page.key))
    size = -(-len(ordered) // count)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def counts_of(cases: list[Case], results: dict[str, list[str]], seconds: float) -> dict:
    """What was walked and found, as numbers."""
    return {
        "pages": len({case.page.key for case in cases}),
        "url_names": len({case.page.name for case in cases} - {""}),
        "url_names_without_page": len(NO_PAGES),
        "roles": len({case.role for case in cases}),
        "languages": sorted({case.language for case in cases}),
        "themes": sorted({case.theme for case in cases}),
        "widths": sorted({case.width for case in cases}),
        "loads": len(cases),
        "loads_with_defects": sum(bool(defects) for defects in results.values()),
        "defects": sum(map(len, results.values())),
        "seconds": round(seconds),
        "by_kind": dict(Counter(plain(d).split(":")[0] for ds in results.values() for d in ds).most_common()),
    }


def index_of(cases: list[Case], results: dict[str, list[str]], counts: dict) -> str:
    """The page of all pictures, those with defects first."""
    rows = []
    for case in sorted(cases, key=lambda one: (not results[one.name], one.name)):
        name = html.escape(case.name)
        said = "".join(f"<li>{html.escape(defect)}" for defect in results[case.name])
        rows.append(f'<figure><a href="{name}.jpg"><img loading="lazy" src="{name}.jpg" alt=""></a>'
                    f"<figcaption>{name}<ul>{said}</ul></figcaption></figure>")  # fmt: skip
    style = (
        "body{font:14px sans-serif}main{display:flex;flex-wrap:wrap;gap:12px}figure{width:300px;margin:0}"
        "img{width:300px;border:1px solid #999}li{color:#a00}"
    )
    told = html.escape(json.dumps(counts, ensure_ascii=False, indent=1))
    return (
        f'<!doctype html><meta charset="utf-8"><title>envmap gallery</title><style>{style}</style>'
        f"<pre>{told}</pre><main>{''.join(rows)}</main>"
    )


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--out", help="folder for pictures, index.html and counts.json")
    parser.add_argument("--few", action="store_true", help="only the covering cases, not the whole product")
    parser.add_argument("--keys", action="store_true", help="by Tab alone: is every control reached, is the focus seen")
    parser.add_argument("--screenshots", action="store_true", help="only make the pictures of docs/screenshots anew")
    parser.add_argument("--pages", default="", help="only pages whose key begins with one of these, by commas")
    parser.add_argument("--roles", default="", help="only these roles, by commas")
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    if told.screenshots:
        print("\n".join(str(path) for path in take_all(told.url)))
        return 0
    wanted = tuple(told.pages.split(","))
    whole = cases_by_key() if told.keys else few() if told.few else list(product_of())
    cases = [case for case in whole if case.page.key.startswith(wanted)]
    cases = [case for case in cases if not told.roles or case.role in told.roles.split(",")]
    if told.out:
        Path(told.out).mkdir(parents=True, exist_ok=True)
    begun = monotonic()
    parts = parts_of(cases, told.workers)
    results: dict[str, list[str]] = {}
    with ProcessPoolExecutor(len(parts)) as pool:
        do = partial(walk, told.url, folder=told.out, by_keys=told.keys, is_told=True)
        for found in pool.map(do, parts):
            results |= dict(found)
    counts = counts_of(cases, results, monotonic() - begun)
    where: dict[str, list[str]] = {}
    for name, defects in results.items():
        for defect in defects:
            where.setdefault(plain(defect), []).append(f"{name}: {defect}")
    for loads in sorted(where.values(), key=len, reverse=True):
        print(f"{len(loads)}× {loads[0]}")
    print(json.dumps(counts, ensure_ascii=False, indent=1))
    if told.out:
        folder = Path(told.out)
        (folder / "index.html").write_text(index_of(cases, results, counts), encoding="utf-8")
        listed = [asdict(case) | {"defects": results[case.name]} for case in cases]
        (folder / "counts.json").write_text(
            json.dumps(counts | {"cases": listed}, ensure_ascii=False, indent=1), encoding="utf-8"
        )
    assert len(PAGES) >= counts["pages"]
    return 1 if counts["defects"] else 0


if __name__ == "__main__":
    sys.exit(main())
