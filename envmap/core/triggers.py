"""Triggers that more than one room puts on its tables: append-only rows and audit by the database."""

from collections.abc import Sequence
from typing import Any

import pgtrigger
from django.db import models


class AppendOnly(pgtrigger.Trigger):  # type: ignore[misc]
    """Refuses UPDATE and DELETE of every row."""

    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete

    def get_func(self, model: models.Model) -> str:
        return (
            "RAISE EXCEPTION 'Rows of % are append-only: % is refused.', TG_TABLE_NAME, TG_OP "
            "USING ERRCODE = 'insufficient_privilege';"
        )


class Audited(pgtrigger.Trigger):  # type: ignore[misc]
    """Writes a `core_auditrow` for each change, with the transaction's actor and the old and new values that differ.

    `kind` is the first word of the row's kind (`rule` makes `rule.made`, `rule.changed`, `rule.removed`);
    `watch` limits updates to those columns; values of columns in `hidden` are never written, only that they changed.
    """

    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(
        self,
        *,
        kind: str,
        watch: Sequence[str] = (),
        hidden: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        self.kind, self.watch, self.hidden = kind, tuple(watch), tuple(hidden)
        super().__init__(**kwargs)

    def get_declare(self, model: models.Model) -> list[tuple[str, str]]:
        return [
            ("before", "jsonb"),
            ("after", "jsonb"),
            ("changes", "jsonb"),
            ("what", "text"),
        ]

    def get_func(self, model: models.Model) -> str:
        pk = model._meta.pk.column  # type: ignore[union-attr]
        array = ", ".join(f"'{name}'" for name in self.hidden)
        hidden = f"ARRAY[{array}]::text[]"
        watched = ", ".join(f"'{name}'" for name in self.watch)
        only = f"AND key = ANY(ARRAY[{watched}])" if self.watch else ""
        return f"""
            before := CASE WHEN TG_OP = 'INSERT' THEN '{{}}'::jsonb ELSE to_jsonb(OLD) END;
            after := CASE WHEN TG_OP = 'DELETE' THEN '{{}}'::jsonb ELSE to_jsonb(NEW) END;
            SELECT jsonb_object_agg(key, CASE WHEN key = ANY({hidden}) THEN '"hidden"'::jsonb
                       ELSE jsonb_build_array(before -> key, after -> key) END)
              INTO changes
              FROM (SELECT DISTINCT key FROM jsonb_object_keys(before || after) AS keys(key)) AS k
             WHERE (before -> key) IS DISTINCT FROM (after -> key) {only};
            IF changes IS NULL THEN RETURN NULL; END IF;
            what := '{self.kind}.' || CASE TG_OP WHEN 'INSERT' THEN 'made' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END;
            INSERT INTO core_auditrow (at, kind, actor, subject, detail, address)
            VALUES (clock_timestamp(), what,
                    nullif(current_setting('envmap.actor', true), '')::jsonb,
                    TG_TABLE_NAME || ':' || coalesce(after ->> '{pk}', before ->> '{pk}'), changes, '');
            RETURN NULL;
        """
