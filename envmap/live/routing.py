"""Which consumer answers at which address."""

from channels.routing import URLRouter

websocket_application = URLRouter([])
