"""Who stands behind a socket: the session or token of its handshake, checked as for any request."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from envmap.accounts.asker import Asker
from envmap.accounts.queries import asker_of

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Credential:
    """What a handshake carried: a session's key, a Bearer token, or nothing (a visitor)."""

    session_key: str | None = None
    token: str | None = None

    def __repr__(self) -> str:
        return f"Credential({'token' if self.token else 'session' if self.session_key else 'visitor'})"


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Headers of an ASGI scope by lower-case name; of several the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def credential_of(headers: Headers) -> Credential:
    """The token where there is one, else the session."""
    header = headers.get("authorization", "")
    if header.startswith("Bearer "):
        return Credential(token=header.removeprefix("Bearer ").strip())
    return Credential(session_key=parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME) or None)


def asker_behind(credential: Credential) -> Asker:
    """The asker as of now. Raises NotSignedIn for a token that is not valid."""
    request = HttpRequest()
    if credential.token is not None:
        request.META["HTTP_AUTHORIZATION"] = f"Bearer {credential.token}"
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(credential.session_key)
    return asker_of(request)


def is_from_our_page(headers: Headers) -> bool:
    """Whether the Host is one of ours and the Origin, where one is sent, is that very host.

    A browser sends the Origin on each handshake, and cookies go with it from any page: without this a foreign page
    could open a socket in the person's name. Clients that are no browsers send none.
    """
    host = headers.get("host", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and _bare(parts.netloc) == _bare(host)


def _bare(host: str) -> str:
    return host.lower().removesuffix(":80").removesuffix(":443")
