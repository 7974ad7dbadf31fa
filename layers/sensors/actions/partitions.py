"""Monthly partitions of the readings, made ahead; what waited in the default one is moved."""

from datetime import date

from django.db import connection

from envmap.core import clock

MONTHS_BACK, MONTHS_AHEAD = 3, 3


def make_partitions(today: date | None = None) -> int:
    """Make the partitions of the months around ``today`` (Asia/Shanghai) that are not there yet.

    :returns: how many were made. Each is a transaction of its own, so that readings wait no longer than for one.
    """
    day = today or clock.today()
    this_month = day.year * 12 + day.month - 1
    made = 0
    for number in range(this_month - MONTHS_BACK, this_month + MONTHS_AHEAD + 1):
        with connection.cursor() as cursor:
            cursor.execute("SELECT sensors_make_month(%s)", [date(number // 12, number % 12 + 1, 1)])
            (was_made,) = cursor.fetchone() or (False,)
        made += bool(was_made)
    return made
