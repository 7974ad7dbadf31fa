"""The database's own guards hold against whoever speaks SQL, in any session."""

import pytest
from django.db import ProgrammingError, connection, transaction

from envmap.core.models import AuditRow
from layers.catalogue.models import FeatureHistory


@pytest.mark.parametrize("model", [AuditRow, FeatureHistory])
def test_no_setting_of_a_session_switches_a_trigger_off(cast, model):
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(tgname)::text FROM pg_trigger WHERE NOT tgisinternal")
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [cursor.fetchone()[0]])
    row = model.objects.first()
    for change in (
        lambda: model.objects.filter(pk=row.pk).delete(),
        lambda: model.objects.filter(pk=row.pk).update(at=row.at),
    ):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            change()
    assert model.objects.filter(pk=row.pk).exists()
