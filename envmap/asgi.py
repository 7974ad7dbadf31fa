"""Sockets and event streams; the same urls answer here too, so that one process is enough in a test."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "envmap.settings")
django_application = get_asgi_application()

# Consumers import models, which exist only once Django is set up.
from channels.routing import ProtocolTypeRouter  # noqa: E402

from envmap.live.routing import websocket_application  # noqa: E402

application = ProtocolTypeRouter({"http": django_application, "websocket": websocket_application})
