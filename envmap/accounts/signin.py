"""Signing in and out, passwords and tokens."""

import base64
import binascii
import secrets
from typing import cast

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from envmap.core import audit, clock
from envmap.core.actor import acting
from envmap.core.addresses import client_address
from envmap.core.errors import NotAllowed, NotSignedIn, NotVisible, Throttled

from . import queries, rules
from .asker import Asker
from .models import Token, User
from .roles import May, Scope
from .signals import rights_changed

LONGEST = 60
"""Characters of a username that are looked at, as the column has them."""


def _check_credentials(request: HttpRequest, username: str, password: str) -> User:
    """The person behind username and password.

    Raises NotSignedIn with one sentence whatever was wrong, Throttled after too many failures of this name from this
    address (AXES_FAILURE_LIMIT), even if the password is right by now. A failure is an audit row; its subject is the name
    that was tried, cut short.
    """
    username = _as_stored(username)
    user = authenticate(request, username=username, password=password)
    if isinstance(user, User) and queries.may_sign_in(user):
        return user
    audit.record("sign_in_failed", subject=f"username:{username[:60]}", address=client_address(request))
    if getattr(request, "axes_locked_out", False):
        minutes = int(settings.AXES_COOLOFF_TIME * 60)
        raise Throttled(
            _("Too many failed sign-ins for this account from your address. Try again in %(minutes)d minutes.")
            % {"minutes": minutes},
            retry_after=minutes * 60,
        )
    raise NotSignedIn(_("Username or password is wrong, or the account is not active."))


def _as_stored(username: str) -> str:
    """The name as its person's row has it. Case does not tell people apart, so it must not begin a count of its own
    either: `Officer` and `OFFICER` would each have their failures."""
    typed = username.replace("\x00", "").strip()[:LONGEST]
    return User.objects.filter(username__iexact=typed).values_list("username", flat=True).first() or typed


def sign_in(request: HttpRequest, *, username: str, password: str) -> User:
    """Opens a session. Raises NotSignedIn, Throttled."""
    user = _check_credentials(request, username, password)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    asker = queries.asker_for(user)
    audit.record("sign_in", subject=f"user:{user.pk}", by=asker.actor, address=client_address(request))
    return user


def sign_out(request: HttpRequest) -> None:
    """Ends the session; open sockets are told."""
    user_id = request.user.pk
    logout(request)
    if user_id is not None:
        rights_changed.send(sender=None, user_id=user_id)


def change_password(request: HttpRequest, *, old: str, new: str) -> None:
    """Changes one's own password and keeps this session, others end. Raises NotSignedIn, BadInput."""
    user = cast(User, request.user)
    asker: Asker = request.asker  # type: ignore[attr-defined]
    asker.require_signed_in()
    if not user.check_password(old):
        raise rules.refuse("old", _("The present password is not this one."))
    rules.check_password(new, user)
    with acting(asker.actor):
        user.set_password(new)
        user.save(update_fields=["password"])
    update_session_auth_hash(request, user)


def set_letter_keys(*, by: Asker, on: bool) -> None:
    """Turns one's own single-letter shortcuts on or off, on every device (WCAG 2.2, 2.1.4). Raises NotSignedIn."""
    by.require_signed_in()
    with acting(by.actor):
        User.objects.filter(pk=by.user_id).update(letter_keys=on)


def switch_membership(request: HttpRequest, *, membership_id: int) -> None:
    """Makes another of one's own open memberships the current one of this session. Raises NotSignedIn, NotVisible."""
    asker: Asker = request.asker  # type: ignore[attr-defined]
    asker.require_signed_in()
    if not any(held.pk == membership_id for held in queries.memberships_of(asker)):
        raise NotVisible(_("You hold no such role."))
    request.session[queries.SESSION_MEMBERSHIP] = membership_id
    rights_changed.send(sender=None, user_id=asker.user_id)


def check_basic(request: HttpRequest) -> Asker:
    """The asker behind HTTP Basic credentials (RFC 7617, UTF-8); only the making of tokens takes them.

    Raises NotSignedIn, Throttled.
    """
    header = request.headers.get("Authorization", "")
    try:
        username, found, password = (
            base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        found = ""
    if not header.startswith("Basic ") or not found:
        raise NotSignedIn(_("Send a username and password as HTTP Basic credentials."))
    return queries.asker_for(_check_credentials(request, username, password))


@transaction.atomic
def make_token(*, by: Asker, name: str, scopes: list[str], station: str | None = None) -> tuple[Token, str]:
    """A token and its secret, which is shown this once and stored as a digest.

    With `station` (an MN, checked by the caller's room) it writes that station's readings and reads nothing.
    Raises NotSignedIn, NotAllowed, BadInput.
    """
    by.require_signed_in()
    by.require(May.EDIT_STATIONS if station else May.OWN_TOKENS)
    if by.token_id is not None and not {Scope(s) for s in scopes if s in set(Scope)} <= by.scopes | {Scope.INGEST}:
        raise NotAllowed(_("A token cannot make another one that may do more than itself."))
    if not name.strip() or len(name) > 100:
        raise rules.refuse("name", _("Give the token a name of 1 to 100 characters, so that you know it again."))
    kept = rules.check_scopes(scopes, station=station is not None)
    secret = f"envmap_{secrets.token_urlsafe(32)}"
    with acting(by.actor):
        token = Token.objects.create(
            user_id=None if station else by.user_id,
            membership_id=None if station else by.membership_id,
            station=station,
            name=name.strip(),
            scopes=kept,
            digest=queries.digest(secret),
            made_by_id=by.user_id or 0,
        )
    return token, secret


def revoke_token(*, by: Asker, token_id: int) -> Token:
    """Ends one of the asker's own tokens, or a station's. Raises NotVisible."""
    by.require(May.OWN_TOKENS)
    with acting(by.actor):
        token = queries.tokens_of(by).select_for_update().filter(pk=token_id).first()
        if token is None:
            raise NotVisible(_("There is no such token."))
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        if token.user_id is not None:
            user_id = token.user_id
            transaction.on_commit(lambda: rights_changed.send(sender=None, user_id=user_id))
        return token
