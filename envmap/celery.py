"""Celery: jobs live in each room's ``jobs.py``; Redis carries them and may lose all of them."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from envmap.core.orphans import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "envmap.settings")

app = Celery("envmap")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@worker_process_init.connect  # type: ignore[untyped-decorator,misc]
def _die_with_worker(**_: Any) -> None:
    die_with_parent()
