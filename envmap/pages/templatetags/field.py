"""What the field pages' scripts say, in the person's language."""

import json

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from envmap.accounts.asker import ANONYMOUS
from envmap.accounts.roles import May

from ..field_words import words_for_leaving, words_for_scripts

register = template.Library()


@register.simple_tag
def field_words() -> SafeString:
    """The words as JSON in `#field-words`."""
    return json_script(words_for_scripts(), "field-words")


@register.simple_tag(takes_context=True)
def leaving(context: dict[str, object]) -> SafeString:
    """The script that looks after unsent work where a field worker signs out, and after whoever signs in next."""
    request = context.get("request")
    asker = context.get("asker") or ANONYMOUS
    is_signin = isinstance(request, HttpRequest) and request.path == "/signin/"
    if not is_signin and not asker.may(May.PAGE_FIELD):  # type: ignore[attr-defined]
        return SafeString("")
    text = json.dumps(words_for_leaving()).replace("<", "\\u003C")
    return format_html(
        '<script type="application/json" id="leave-words" data-person="{}">{}</script><script type="module" src="{}"></script>',
        getattr(asker, "username", ""), mark_safe(text), static("js/field/leaving.js"),  # noqa: S308  escaped above
    )  # fmt: skip


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, for a loop."""
    return text.split()
