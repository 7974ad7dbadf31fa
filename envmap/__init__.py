"""envmap, 翔安环保一张图: the project, its floor (core, accounts) and its doors (api, pages, live)."""

from .celery import app as celery_app

__all__ = ["celery_app"]
