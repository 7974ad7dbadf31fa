"""Pages by keyset: a cursor names the last row seen, never a count of rows, so inserts neither repeat nor hide any."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from .params import Paged, bad

T = TypeVar("T")
SCALARS: dict[str, Callable[[Any], Any]] = {"int": int, "str": str, "time": datetime.fromisoformat}


@dataclass(frozen=True)
class Key:
    """One column of an ordering: its path in the ORM, its kind (`int`, `str`, `time`) and direction."""

    path: str
    kind: str
    descending: bool = False

    def of(self, row: Any) -> Any:
        """The row's value, as a cursor keeps it."""
        value = row
        if isinstance(row, dict):
            value = row[self.path]
        else:
            for part in self.path.split("__"):
                value = getattr(value, part)
        return value.isoformat() if isinstance(value, datetime) else value

    @property
    def order(self) -> str:
        return f"-{self.path}" if self.descending else self.path


@dataclass(frozen=True)
class Ordering:
    """A total ordering: its last column is the key, so that no two rows tie."""

    name: str
    keys: tuple[Key, ...]

    def after(self, values: list[Any]) -> Q:
        """Rows beyond the one with these values."""
        beyond, same = Q(), Q()
        for key, value in zip(self.keys, values, strict=True):
            step = "lt" if key.descending else "gt"
            beyond |= same & Q(**{f"{key.path}__{step}": value})
            same &= Q(**{key.path: value})
        first = self.keys[0]
        # Says again what the disjunction implies, because an index can use this and not that.
        return Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": values[0]}) & beyond


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows and the cursor of the next ones."""

    rows: list[T]
    next: str | None


def write(ordering: Ordering, values: list[Any]) -> str:
    """A cursor: URL-safe, without padding."""
    text = json.dumps([ordering.name, *values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(ordering: Ordering, cursor: str) -> list[Any]:
    """The values of a cursor of this ordering. Raises BadQuery for anything else."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if name != ordering.name or len(values) != len(ordering.keys):
            raise ValueError("another list's")
        made = [SCALARS[key.kind](value) for key, value in zip(ordering.keys, values, strict=True)]
        for value in made:
            # PostgreSQL keeps neither NUL nor half a surrogate pair, and our times have an offset and four digits.
            if isinstance(value, datetime) and (value.tzinfo is None or not 1900 <= value.year <= 2999):
                raise ValueError("not a time of ours")
            if "\x00" in str(value).encode().decode():
                raise ValueError("not a text of ours")
        return made
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise bad("cursor", _("This cursor is not one that this list has given; begin without one.")) from None


def page(rows: "QuerySet[Any, T]", ordering: Ordering, query: Paged) -> Page[T]:
    """One page of a queryset, whatever order it came in: at most `limit` rows beyond the cursor, in one query."""
    if query.cursor is not None:
        rows = rows.filter(ordering.after(parse(ordering, query.cursor)))
    found = list(rows.order_by(*(key.order for key in ordering.keys))[: query.limit + 1])
    more = len(found) > query.limit
    found = found[: query.limit]
    return Page(found, write(ordering, [key.of(found[-1]) for key in ordering.keys]) if more else None)


def newest_first(name: str, instant: str) -> Ordering:
    """By an instant, newest first, ending in the key."""
    return Ordering(name, (Key(instant, "time", descending=True), Key("pk", "int", descending=True)))


def listed(page: Page[T], items: list[Any]) -> dict[str, Any]:
    """The body of a list."""
    return {"items": items, "next": page.next}


def page_of(items: Sequence[T], ordering: Ordering, query: Paged) -> tuple[list[T], str | None]:
    """A page of a short list that is there whole already, in the ordering's order, by its one column."""
    (key,) = ordering.keys
    left = list(items)
    if query.cursor is not None:
        (last,) = parse(ordering, query.cursor)
        left = [item for item in left if key.of(item) > last]
    shown = left[: query.limit]
    return shown, write(ordering, [key.of(shown[-1])]) if len(left) > query.limit else None
