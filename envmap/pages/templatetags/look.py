"""Icons, symbols, chips, coins, clocks and times as templates write them (names and measures: static/css/tokens.css)."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from envmap.core import clock

from .. import theme, words
from ..alarm_facts import shown_unit
from ..clocks import Deadline, words_for_script
from ..context import import_map

register = template.Library()
LAYERS_WITH_A_GLYPH = {"outfalls", "sewage-stations", "marine-debris", "dust-sites", "epidemic-control"}


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """A lucide icon; decoration only, the word stands beside it."""
    href = staticfiles_storage.url("vendor/icons.svg")
    return format_html(
        '<svg class="icon" width="{}" height="{}" aria-hidden="true"><use href="{}#i-{}"></use></svg>',
        size, size, href, name,
    )  # fmt: skip


@register.simple_tag
def symbol(name: str, size: int = 16) -> SafeString:
    """One of our own symbols: `layer-*`, `cond-*`, `state-*`, `brand`."""
    href = staticfiles_storage.url("img/symbols.svg")
    return format_html(
        '<svg class="icon" width="{}" height="{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        size, size, href, name,
    )  # fmt: skip


def layer_glyph(layer: str | None) -> str:
    """The symbol of a layer; layers that an administrator made share one."""
    return f"layer-{layer}" if layer in LAYERS_WITH_A_GLYPH else "layer-custom"


@register.simple_tag
def coin(layer: str | None, condition: str | None = "normal", size: int = 30) -> SafeString:
    """A map symbol: the glyph says the layer, the outline the condition, without colour too."""
    condition = condition or "normal"
    href, half = staticfiles_storage.url("img/symbols.svg"), size / 2
    glyph = {"alarm": 0.50, "rectifying": 0.58}.get(condition, 0.60) * size
    if condition in {"alarm", "rectifying"}:
        side = size * (0.86 if condition == "alarm" else 0.94)
        turn = mark_safe(' transform="rotate(45)"') if condition == "alarm" else ""
        body = format_html(
            '<rect class="coin-body" x="{}" y="{}" width="{}" height="{}" rx="{}"{}></rect>',
            _n(-side / 2), _n(-side / 2), _n(side), _n(side), _n(side * 0.2), turn,
        )  # fmt: skip
    else:
        body = format_html('<circle class="coin-body" r="{}"></circle>', _n(half - 1))
    badge: str = ""
    if condition in {"attention", "silent"}:
        mark, at = max(size * 0.5, 11), half * 0.72
        badge = format_html(
            '<circle class="coin-badge" cx="{}" cy="{}" r="{}"></circle>'
            '<use href="{}#cond-{}" x="{}" y="{}" width="{}" height="{}"></use>',
            _n(at), _n(-at), _n(mark * 0.56), href, condition, _n(at - mark / 2), _n(-at - mark / 2), _n(mark), _n(mark),
        )  # fmt: skip
    box = half + 6
    return format_html(
        '<svg class="coin k-{}" width="{}" height="{}" viewBox="{} {} {} {}" role="img" aria-label="{}">{}'
        '<use href="{}#{}" class="coin-glyph" x="{}" y="{}" width="{}" height="{}"></use>{}</svg>',
        condition, _n(2 * box), _n(2 * box), _n(-box), _n(-box), _n(2 * box), _n(2 * box),
        words.CONDITIONS.get(condition, condition), body, href, layer_glyph(layer), _n(-glyph / 2), _n(-glyph / 2),
        _n(glyph), _n(glyph), badge,
    )  # fmt: skip


def _n(value: float) -> str:
    return f"{value:.1f}"


@register.simple_tag
def condition_chip(condition: str) -> SafeString:
    """Mark and word of a feature's condition."""
    return format_html(
        '<span class="chip c-{}">{}{}</span>', condition, symbol(f"cond-{condition}", 13), words.CONDITIONS[condition]
    )


@register.simple_tag
def condition_mark(condition: str, size: int = 13) -> SafeString:
    """The bare mark of a condition."""
    return symbol(f"cond-{condition}", size)


@register.simple_tag
def order_chip(state: str) -> SafeString:
    """Glyph and word of an order's state."""
    return format_html(
        '<span class="chip st-{}">{}{}</span>', state, symbol(f"state-{state}", 13), words.ORDER_STATES[state]
    )


@register.simple_tag
def overdue_chip() -> SafeString:
    """The only filled chip."""
    return format_html('<span class="chip st-overdue">{}{}</span>', symbol("state-overdue", 13), _("Overdue"))


@register.simple_tag
def rework_chip(times: int) -> SafeString:
    """How often an order was sent back; nothing when never."""
    if not times:
        return SafeString("")
    text = ngettext("Sent back %(n)s time", "Sent back %(n)s times", times) % {"n": times}
    return format_html('<span class="chip st-rework">{}{}</span>', symbol("state-rework", 13), text)


ISSUE_LOOKS = {
    "reported": ("st-sent", "flag"),
    "accepted": ("st-accepted", "check"),
    "dispatched": ("st-reported", "send"),
    "settled": ("st-verified", "circle-check"),
    "rejected": ("st-withdrawn", "circle-x"),
}


@register.simple_tag
def issue_chip(state: str) -> SafeString:
    """Glyph and word of an issue's state."""
    look, glyph = ISSUE_LOOKS.get(state, ("plain", "flag"))
    return format_html('<span class="chip {}">{}{}</span>', look, icon(glyph, 13), words.ISSUE_STATES.get(state, state))


@register.simple_tag
def severity_chip(severity: str) -> SafeString:
    """Word of a severity; major and critical in the colour of alarms."""
    look = {"critical": "c-alarm", "major": "c-alarm", "minor": "c-attention"}.get(severity, "plain")
    mark = {"critical": "cond-alarm", "major": "cond-alarm", "minor": "cond-attention"}.get(severity)
    return format_html(
        '<span class="chip {}">{}{}</span>',
        look,
        symbol(mark, 13) if mark else icon("info", 13),
        words.SEVERITIES[severity],
    )


def _instant(value: datetime | str | None) -> datetime | None:
    return parse_datetime(value) if isinstance(value, str) else value


@register.simple_tag
def event_icon(verb: str, size: int = 13) -> SafeString:
    """The icon of a verb in a trail or on a button."""
    return icon(words.EVENT_ICONS.get(verb, "flag"), size)


@register.filter
def brief(value: datetime | str | None) -> str:
    """Today 14:36, this year 11-24 14:36, otherwise the full date; in Asia/Shanghai."""
    instant = _instant(value)
    if instant is None:
        return "–"
    local, today = instant.astimezone(clock.SHANGHAI), clock.today()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


@register.filter
def when(value: datetime | str | None) -> SafeString:
    """A time as people read it, with the full one for machines and in the hint."""
    instant = _instant(value)
    if instant is None:
        return SafeString("–")
    full = instant.astimezone(clock.SHANGHAI)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', full.isoformat(), f"{full:%Y-%m-%d %H:%M:%S}", brief(instant)
    )


@register.filter
def word_of(value: Any, table: str) -> str:
    """The word for a key out of `words`: `{{ issue.source|word_of:"SOURCES" }}`."""
    return str(getattr(words, table).get(value, value))


register.filter("unit", shown_unit)


@register.simple_tag
def layer_icon(layer: str | None, size: int = 16) -> SafeString:
    """The bare glyph of a layer."""
    return symbol(layer_glyph(layer), size)


@register.filter
def attribute_title(field: dict[str, Any], key: str) -> str:
    """The name of an attribute in the asker's language, out of its JSON Schema (`title`, `x-title-en`)."""
    english = field.get("x-title-en") if get_language() == "en" else None
    return str(english or field.get("title") or key)


@register.filter
def audit_value(value: Any) -> str:
    """A change as the audit keeps it: [before, after], or one value."""
    if isinstance(value, list) and len(value) == 2:
        before, after = (json.dumps(v, ensure_ascii=False) for v in value)
        return f"{before} → {after}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def short_hash(value: str) -> str:
    """First and last characters of a hash, enough to compare by eye."""
    return f"{value[:8]}…{value[-8:]}" if value and len(value) > 20 else value


@register.filter
def number(value: Any) -> str:
    """A measured value without the zeros that the column's scale adds."""
    if value is None:
        return "–"
    text = f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.simple_tag
def client_uuid() -> SafeString:
    """The hidden field that makes a form's second sending harmless; new on every page."""
    return format_html('<input type="hidden" name="client_uuid" value="{}">', uuid4())


@register.simple_tag
def import_map_json() -> SafeString:
    """The import map as JSON that cannot close its script element."""
    text = json.dumps(import_map()).replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
    return mark_safe(text)  # noqa: S308  our own names and hashed addresses, escaped above


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The present query string with some parameters changed; None removes one, and any change forgets the cursor."""
    params = context["request"].GET.copy()
    params.pop("cursor", None)
    for name, value in changes.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.simple_tag
def deadline(which: Deadline | None, width: int = 112) -> SafeString:
    """A clock: words first, then the bar of used-up time with a notch at three quarters."""
    if which is None:
        return SafeString("")
    now = clock.now()
    return format_html(
        '<span class="clock ck-{}" data-due="{}" data-since="{}" data-kind="{}" title="{}"><span class="ck-t">{}</span>'
        '<svg width="{}" height="6" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="ck-bg" width="100" height="6" rx="2"></rect><rect class="ck-fg" width="{}" height="6" rx="2"></rect>'
        '<path class="ck-q" d="M75 0v6"></path></svg></span>',
        which.tone(now), which.due.isoformat(), which.since.isoformat(), which.kind,
        full_time(which.due), which.text(now), width, _n(which.used(now) * 100),
    )  # fmt: skip


def full_time(instant: datetime) -> str:
    """Date and hour in Asia/Shanghai, for a hint."""
    return f"{instant.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"


@register.simple_tag
def clock_words() -> str:
    """The words of the clocks, for the script that ticks them."""
    return json.dumps(words_for_script(), ensure_ascii=False)


@register.simple_tag
def command_words() -> str:
    """Headings of what the command bar finds, by kind, as JSON for its script."""
    return json.dumps({kind: str(word) for kind, word in words.FOUND.items()}, ensure_ascii=False)


@register.simple_tag
def theme_words() -> str:
    """What the theme switch shows at each theme, as JSON for its script."""
    shown = []
    for one in theme.THEMES:
        title = _("Theme: %(now)s. Press for: %(next)s.") % {"now": one.word, "next": theme.after(one).word}
        shown.append({"key": one.key, "word": str(one.word), "icon": one.icon, "title": title})
    return json.dumps(shown, ensure_ascii=False)
