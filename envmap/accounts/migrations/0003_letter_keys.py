"""A person may turn single-letter shortcuts off (WCAG 2.2, success criterion 2.1.4)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_department_seat")]

    operations = [
        migrations.AddField(model_name="user", name="letter_keys", field=models.BooleanField(default=True)),
    ]
