"""Settings of the tests: the real engines, a fast password hasher, plain static names."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("ENVMAP_LOG_LEVEL", "WARNING")

from envmap.settings import *  # noqa: F403
from envmap.settings import DATABASES, STORAGES

# A pool would keep connections open past the end of a test database.
DATABASES["default"]["OPTIONS"] = {}
DATABASES.pop("owner", None)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
