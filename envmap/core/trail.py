"""The chained trail: rows that are only ever appended, each carrying the hash of the one before it.

Writing a row is one INSERT. The insert trigger alone, in the database, checks that its number follows the last one,
writes its text (`payload`), computes `hash = sha256(previous_hash + "\\n" + payload)` in lower-case hex and moves the
parent's head (`events`, `head_hash`), see docs/interfaces.md. The note itself and its salt stand in a table of their
own, so that what a person wrote can be erased while the chain still verifies.
"""

import hashlib
import secrets
from typing import Any, ClassVar

import pgtrigger
from django.contrib.gis.db import models
from django.core.serializers.json import DjangoJSONEncoder

from .triggers import AppendOnly

GENESIS = "0" * 64


def note_hash(salt: str, note: str) -> str:
    """`sha256(salt + note)` in lower-case hex, over UTF-8."""
    return hashlib.sha256((salt + note).encode()).hexdigest()


def new_salt() -> str:
    """128 random bits in hex: a short note cannot be guessed from its hash."""
    return secrets.token_hex(16)


def chain_hash(previous_hash: str, payload: str) -> str:
    """What the trigger computes; here for those who check it."""
    return hashlib.sha256(f"{previous_hash}\n{payload}".encode()).hexdigest()


class ChainHead(models.Model):
    """Columns of a thing that has a trail: how many events it has and the hash of the last; only the trigger moves them."""

    events = models.PositiveIntegerField(default=0, editable=False)
    head_hash = models.CharField(max_length=64, default=GENESIS, editable=False)

    class Meta:
        abstract = True


class ChainedEvent(models.Model):
    """One row of a trail. A subclass adds the foreign key `subject` to a ChainHead and `Meta.triggers`."""

    seq = models.PositiveIntegerField()
    verb = models.CharField(max_length=32)
    from_state = models.CharField(max_length=16, null=True)
    to_state = models.CharField(max_length=16)
    by_id = models.BigIntegerField(null=True, db_column="by_user")
    by_department = models.CharField(max_length=40, null=True)
    by_role = models.CharField(max_length=16)
    at = models.DateTimeField()
    happened_at = models.DateTimeField(null=True)
    location = models.PointField(srid=4326, null=True)
    accuracy = models.FloatField(null=True)
    answers = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    attachments = models.JSONField(default=list)  # [{"id", "sha256"}] in upload order
    note_hash = models.CharField(max_length=64, null=True)
    payload = models.TextField(editable=False, default="")
    previous_hash = models.CharField(max_length=64, editable=False, default="")
    hash = models.CharField(max_length=64, editable=False, default="")

    chains: ClassVar[list[type["ChainedEvent"]]] = []

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        ChainedEvent.chains.append(cls)


class EventNote(models.Model):
    """What a person wrote at an event, with its salt; may be emptied by an audited action, never changed otherwise."""

    note = models.TextField()
    salt = models.CharField(max_length=32)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Link(pgtrigger.Trigger):  # type: ignore[misc]
    """Before each insert: the row's number, text and hash, and the head of its subject."""

    when = pgtrigger.Before
    operation = pgtrigger.Insert

    def get_declare(self, model: models.Model) -> list[tuple[str, str]]:
        return [("last", "integer"), ("head", "text")]

    def get_func(self, model: models.Model) -> str:
        subject = model._meta.get_field("subject")
        table, column = subject.related_model._meta.db_table, subject.column  # type: ignore[union-attr]
        stamp = """'YYYY-MM-DD"T"HH24:MI:SS.US"+08:00"'"""
        return f"""
            SELECT events, head_hash INTO STRICT last, head FROM {table} WHERE id = NEW.{column} FOR UPDATE;
            IF NEW.seq IS DISTINCT FROM last + 1 THEN
                RAISE EXCEPTION 'Event % does not follow event % of {table} %.', NEW.seq, last, NEW.{column}
                USING ERRCODE = 'serialization_failure';
            END IF;
            NEW.previous_hash := head;
            NEW.payload := json_build_object(
                'seq', NEW.seq, 'verb', NEW.verb, 'from', NEW.from_state, 'to', NEW.to_state,
                'by', json_build_object('id', NEW.by_user, 'department', NEW.by_department, 'role', NEW.by_role),
                'at', to_char(NEW.at AT TIME ZONE 'Asia/Shanghai', {stamp}),
                'happened_at', to_char(NEW.happened_at AT TIME ZONE 'Asia/Shanghai', {stamp}),
                'location', ST_AsGeoJSON(NEW.location, 7)::json, 'accuracy', NEW.accuracy,
                'answers', NEW.answers,
                'attachments', coalesce((SELECT json_agg(a ->> 'sha256' ORDER BY n)
                                           FROM jsonb_array_elements(NEW.attachments) WITH ORDINALITY AS t(a, n)), '[]'::json),
                'note_hash', NEW.note_hash)::text;
            NEW.hash := encode(sha256(convert_to(head || E'\\n' || NEW.payload, 'UTF8')), 'hex');
            UPDATE {table} SET events = NEW.seq, head_hash = NEW.hash WHERE id = NEW.{column};
            RETURN NEW;
        """


class GuardHead(pgtrigger.Trigger):  # type: ignore[misc]
    """Before each update of a ChainHead: its head moves only by an event's insert."""

    when = pgtrigger.Before
    operation = pgtrigger.Update

    def get_func(self, model: models.Model) -> str:
        return """
            IF pg_trigger_depth() < 2 AND (NEW.events, NEW.head_hash) IS DISTINCT FROM (OLD.events, OLD.head_hash) THEN
                RAISE EXCEPTION 'The head of % is moved by its trail alone.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        """


class OnlyErased(pgtrigger.Trigger):  # type: ignore[misc]
    """A note may be emptied (and say when), never rewritten or deleted."""

    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete

    def get_func(self, model: models.Model) -> str:
        return """
            IF TG_OP = 'DELETE' OR NEW.note <> '' OR NEW.salt <> '' OR NEW.erased_at IS NULL OR NEW.event_id <> OLD.event_id THEN
                RAISE EXCEPTION 'A note can be erased, not rewritten.' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        """


CHAIN_TRIGGERS = [AppendOnly(name="append_only"), Link(name="link")]
