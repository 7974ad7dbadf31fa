"""Pages, tiles and JSON: everything but sockets and event streams."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "envmap.settings")
application = get_wsgi_application()
