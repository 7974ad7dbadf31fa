"""Charts as SVG from the server: they print, have their text, and need no script."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

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
