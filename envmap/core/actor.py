"""Who acts. The database writes history and audit rows itself, with the actor that the transaction carries."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Actor:
    """A snapshot of who did it: user id, department code and role; names are resolved on reading, so that a person can be erased."""

    id: int | None
    department: str | None
    role: str

    def as_json(self) -> dict[str, int | str | None]:
        """The form in which trails, history and audit keep it."""
        return {"id": self.id, "department": self.department, "role": self.role}


SYSTEM = Actor(id=None, department=None, role="system")


@contextmanager
def acting(by: Actor) -> Iterator[None]:
    """A transaction (or a savepoint within one) that carries `by`; every action runs inside one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('envmap.actor', true)")
            before = cursor.fetchone()[0]
            cursor.execute(
                "SELECT set_config('envmap.actor', %s, true)",
                [json.dumps(by.as_json())],
            )
        yield
        # An action called by another action hands the transaction back to its caller's name.
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('envmap.actor', %s, true)", [before or ""])
