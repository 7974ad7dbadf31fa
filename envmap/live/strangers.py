"""Sockets at addresses where nobody listens."""

from channels.generic.websocket import AsyncWebsocketConsumer


class NotFound(AsyncWebsocketConsumer):
    """Refuses the handshake, instead of an exception in the log for every scanner that passes by."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        """Closes before accepting: the handshake fails with 403."""
        await self.close()
