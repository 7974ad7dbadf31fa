"""Celery: jobs live in each room's ``jobs.py``; Redis carries them and may lose all of them."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "envmap.settings")

app = Celery("envmap")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
