"""The address that a request really comes from."""

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The peer as our own nginx saw it.

    nginx replaces `X-Forwarded-For` by the one address it vouches for (ENVMAP_TRUSTED_PROXIES decides), so the header
    is believed only on the unix socket, where the peer's own address is empty.
    """
    peer = request.META.get("REMOTE_ADDR") or ""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if peer in {"", "unix", "127.0.0.1", "localhost"} and forwarded:
        return str(forwarded.split(",")[-1].strip())
    return str(peer or "127.0.0.1")
