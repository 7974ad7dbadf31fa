"""Names in two languages: a JSON object {"zh-hans", "en"}, read in the language of the asker."""

from typing import TypedDict, cast

from django.utils.translation import get_language

Names = TypedDict("Names", {"zh-hans": str, "en": str})


def in_language(names: dict[str, str], language: str | None = None) -> str:
    """The name in `language` (else the active one), in Chinese where it is missing."""
    return names.get(language or get_language() or "zh-hans") or names.get("zh-hans") or names.get("en", "")


def both(names: dict[str, str]) -> Names:
    """The two names as the API gives them, the missing one filled from the other."""
    return cast(
        Names,
        {
            "zh-hans": in_language(names, "zh-hans"),
            "en": names.get("en") or in_language(names, "zh-hans"),
        },
    )
