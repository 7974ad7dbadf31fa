"""Charts as SVG from the server: they print, have their text, and need no script."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from envmap.statistics.queries import UnitFigures

from .. import words

register = template.Library()


def short(value: float) -> str:
    """A coordinate with one digit."""
    return f"{value:.1f}"


@register.simple_tag
def mixbar(counts: dict[str, int], width: int = 240, height: int = 8) -> SafeString:
    """How the features of a layer do, worst first: what is well is drawn thin; one of many is still seen."""
    live = [(key, counts[key]) for key in words.CONDITIONS if counts.get(key)]
    total = sum(n for _key, n in live)
    if not total:
        return SafeString("")
    gap, least = 1.5, 4.0
    room = width - gap * (len(live) - 1)
    widths = [max(n / total * room, least) for _key, n in live]
    widest = max(range(len(widths)), key=widths.__getitem__)
    widths[widest] -= sum(widths) - room
    x, parts = 0.0, []
    for (key, _count), wide in zip(live, widths, strict=True):
        top, tall = (height * 0.22, height * 0.56) if key == "normal" else (0.0, float(height))
        parts.append(
            format_html(
                '<rect class="f-{}" x="{}" y="{}" width="{}" height="{}" rx="1.2"></rect>',
                key,
                short(x),
                short(top),
                short(wide),
                short(tall),
            )
        )
        x += wide + gap
    label = ", ".join(f"{words.CONDITIONS[key]} {n}" for key, n in live)
    return format_html(
        '<svg class="mixbar" viewBox="0 0 {} {}" height="{}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        width, height, height, label, mark_safe("".join(parts)),  # noqa: S308  parts are format_html's
    )  # fmt: skip


@register.simple_tag
def columns(rows: list[dict[str, Any]], measure: str, height: int = 96) -> SafeString:
    """Columns of one measure over time, the scale from zero; the table below holds the figures."""
    most = max((row[measure] for row in rows), default=0)
    step, parts = 1000 / max(len(rows), 1), []
    for n, row in enumerate(rows):
        tall = row[measure] / most * (height - 4) if most else 0
        if tall:
            parts.append(
                format_html(
                    '<rect class="col" x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>',
                    short(n * step + step * 0.1),
                    short(height - tall),
                    short(max(step * 0.8, 1)),
                    short(tall),
                    row["label"],
                    row[measure],
                )
            )
    return format_html(
        '<svg class="columns" viewBox="0 0 1000 {}" height="{}" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="col-base" d="M0 {}h1000"></path>{}</svg>',
        height, height, short(height - 0.5), mark_safe("".join(parts)),  # noqa: S308  parts are format_html's
    )  # fmt: skip


TARGET = 85.0  # percent of orders closed on time: the aim that the pages draw as a line


@register.simple_tag
def unit_dots(units: list[UnitFigures], width: int = 320, row: int = 26) -> SafeString:
    """On-time closing by unit: a dot, hollow the period before, a diamond where the aim is missed; figures at the right.

    The axis is cut at the lowest ten, which dots may be and bars never. Names cut with an ellipsis keep their title.
    """
    rates = [rate for unit in units for rate in (unit.on_time_rate, unit.rate_before) if rate is not None]
    low = min([60.0, *(rate // 10 * 10 for rate in rates)])
    left, right, tall = width * 0.40, width - 66, row * len(units)

    def x(rate: float) -> str:
        return short(left + (rate - low) / (100 - low) * (right - left))

    parts = [
        *(_line("dot-grid", x(at), tall) for at in (low, (low + 100) / 2, 100.0)),
        *(_text("dot-axis", x(at), tall + 14, f"{at:.0f}%") for at in (low, (low + 100) / 2, 100.0)),
        _line("dot-target", x(TARGET), tall),
    ]
    for n, unit in enumerate(units):
        y, name = row * n + row / 2, unit.department.name
        parts.append(_text("dot-name", short(left - 10), y + 4, _cut(name, 10), title=name))
        if unit.rate_before is not None:
            parts.append(_dot("dot-before", x(unit.rate_before), y, 5))
        if unit.on_time_rate is not None:
            at = x(unit.on_time_rate)
            parts.append(_dot("dot-now", at, y, 5.5) if unit.on_time_rate >= TARGET else _diamond(at, y))
            parts.append(_text("dot-figure", str(width), y + 4, f"{unit.on_time_rate:.2f}%"))
    told = [f"{unit.department.name} {unit.on_time_rate:.2f}%" for unit in units if unit.on_time_rate is not None]
    return format_html(
        '<svg class="dots" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        width, tall + 18, ", ".join(told), mark_safe("".join(parts)),  # noqa: S308  parts are format_html's
    )  # fmt: skip


def _line(kind: str, x: str, tall: int) -> SafeString:
    return format_html('<line class="{}" x1="{}" x2="{}" y1="0" y2="{}"></line>', kind, x, x, tall)


def _text(kind: str, x: str, y: float, words: str, title: str = "") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}"><title>{}</title>{}</text>', kind, x, short(y), title or words, words
    )


def _dot(kind: str, x: str, y: float, radius: float) -> SafeString:
    return format_html('<circle class="{}" cx="{}" cy="{}" r="{}"></circle>', kind, x, short(y), radius)


def _diamond(x: str, y: float) -> SafeString:
    return format_html('<path class="dot-missed" d="M{} {}l6 6-6 6-6-6z"></path>', x, short(y - 6))


def _cut(name: str, most: int) -> str:
    """As much of a name as fits into `most` Chinese characters; Latin letters take about half of one."""
    wide = 0.0
    for n, letter in enumerate(name):
        wide += 1 if letter > "\u2e80" else 0.56
        if wide > most:
            return f"{name[: n - 1].rstrip()}…"
    return name
