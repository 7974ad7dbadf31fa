"""The address that a request really comes from."""

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The peer as our own nginx saw it.

    nginx replaces `X-Forwarded-For` by the one address it vouches for (ENVMAP_TRUSTED_PROXIES decides). It reaches us by
    a unix socket, where the peer has no address of its own; uvicorn has put the vouched one in its place already.
    Anybody who comes by an address, be it this machine's, may have written the header themselves: it says nothing.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    if peer in {"", "unix"}:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
        return forwarded.split(",")[-1].strip() or "127.0.0.1"
    return peer
