"""Keeps the rows that tell of a layer's changes few."""

from django.db import connection


def gather_touches() -> int:
    """Replaces the touches of each layer by one of the same weight: its revision stays what it is. Gives their number.

    Readers see either the old rows or the new one, for both lie in one statement; rows that another transaction is
    gathering or has not committed are left alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH old AS (
                DELETE FROM catalogue_layertouch
                 WHERE id IN (SELECT id FROM catalogue_layertouch FOR UPDATE SKIP LOCKED)
             RETURNING layer_id, weight),
            gathered AS (
                INSERT INTO catalogue_layertouch (layer_id, weight)
                SELECT layer_id, sum(weight) FROM old GROUP BY layer_id RETURNING 1)
            SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gathered)
            """
        )
        return int(cursor.fetchone()[0])
