"""Which consumer answers at which address."""

from channels.routing import URLRouter
from django.urls import re_path

from .consumers import LiveConsumer
from .strangers import NotFound

websocket_application = URLRouter([re_path(r"^ws/live/$", LiveConsumer.as_asgi()), re_path(r"", NotFound.as_asgi())])
