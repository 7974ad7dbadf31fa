"""Cases: a page for a role in a language, a theme and a width. All of them, or few that hold every pair of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TypeVar

from .pages import PAGES, Page

LANGUAGES = ("zh-hans", "en")
WIDTHS = {390: 844, 768: 1024, 1440: 900, 1920: 1080}
"""Width → height of the window in CSS px."""

T = TypeVar("T", bound=tuple)


@dataclass(frozen=True, slots=True)
class Case:
    """One load."""

    page: Page
    role: str
    language: str
    theme: str
    width: int

    @property
    def name(self) -> str:
        """`orders-officer-zh-hans-dark-390`: as a file and in a message."""
        return f"{self.page.key}-{self.role}-{self.language}-{self.theme}-{self.width}"


def pairs_of(row: tuple) -> set[tuple]:
    """All pairs of values of a row, each value with its place."""
    return set(combinations(enumerate(row), 2))


def covering(rows: Sequence[tuple]) -> list[tuple]:
    """Few of the rows that hold every pair of values which any of them holds: greedily the row with most new pairs.

    Deterministic. Of equal rows that one is taken whose values were taken least, then the first. Rows with the rarest
    values (pages that one role reaches) come into it by themselves, because only they hold their pairs.
    """
    left = {row: pairs_of(row) for row in rows}
    missing = set().union(*left.values()) if left else set()
    taken: Counter = Counter()
    chosen = []
    while missing:
        best, most = None, (0, 0)
        for row, pairs in left.items():
            pairs &= missing
            worth = len(pairs), -sum(taken[one] for one in enumerate(row))
            if pairs and (best is None or worth > most):
                best, most = row, worth
        assert best is not None
        chosen.append(best)
        taken.update(enumerate(best))
        missing -= left.pop(best)
    return chosen


def product_of(pages: Sequence[Page] = PAGES) -> Iterator[Case]:
    """Every page in every role that reaches it, language, theme and width."""
    for page in pages:
        for role, language, theme, width in product(page.roles, LANGUAGES, page.themes, WIDTHS):
            yield Case(page, role, language, theme, width)


def few(pages: Sequence[Page] = PAGES) -> list[Case]:
    """Cases that hold every pair of values at least once, only of combinations that are reached."""
    by_key = {page.key: page for page in pages}
    rows = [(case.page.key, case.role, case.language, case.theme, case.width) for case in product_of(pages)]
    return [Case(by_key[key], *rest) for key, *rest in covering(rows)]
