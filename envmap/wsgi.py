"""Pages, tiles and JSON: everything but sockets and event streams."""

import multiprocessing
import os

from django.core.wsgi import get_wsgi_application

from envmap.core.orphans import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "envmap.settings")
if multiprocessing.parent_process() is not None:  # a worker of granian, not the only process
    die_with_parent()
application = get_wsgi_application()
