"""Numbers that people read to each other: a series, the local date and a count of at least four digits."""

from django.db import connection

from . import clock


def next_number(series: str) -> str:
    """`WT20261124-0001`: the next of a series today. Must run in a transaction; holds the counter's row until its end."""
    day = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_counter (series, day, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (series, day) DO UPDATE SET last = core_counter.last + 1 RETURNING last",
            [series, day],
        )
        return f"{series}{day:%Y%m%d}-{cursor.fetchone()[0]:04d}"
