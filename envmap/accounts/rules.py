"""What a department, a person and a token must be like."""

import re

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from envmap.core.errors import BadInput, FieldError

from .models import User
from .roles import MEMBER_ROLES, Role, Scope

CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,39}")
KINDS_OF_ROLE: dict[Role, frozenset[str]] = {
    Role.OFFICER: frozenset({"bureau"}),
    Role.SUPERVISOR: frozenset({"bureau"}),
    Role.ADMIN: frozenset({"bureau"}),
}
"""Roles that see the whole bureau exist in the bureau alone; all others anywhere."""


def refuse(field: str, detail: str) -> BadInput:
    """A refusal of one field, to be raised."""
    return BadInput(detail, [{"field": field, "detail": detail}])


def check_code(code: str) -> None:
    """A department's code: letters, digits, `-`, `_`, at most 40."""
    if not CODE.fullmatch(code):
        raise refuse("code", _("A code has 1 to 40 letters, digits, - or _ and begins with a letter or digit."))


def check_names(names: object) -> dict[str, str]:
    """Names in two languages: Chinese is needed, English falls back to it."""
    if not isinstance(names, dict) or not str(names.get("zh-hans", "")).strip():
        raise refuse("names", _("Give a Chinese name under zh-hans, and an English one under en."))
    return {"zh-hans": str(names["zh-hans"]).strip(), "en": str(names.get("en") or "").strip()}


def check_role(role: str, department_kind: str) -> Role:
    """A role that a person can have in a department of that kind."""
    if role not in MEMBER_ROLES:
        raise refuse("role", _("Unknown role; it is one of %(roles)s.") % {"roles": ", ".join(MEMBER_ROLES)})
    known = Role(role)
    if known in KINDS_OF_ROLE and department_kind not in KINDS_OF_ROLE[known]:
        raise refuse("role", _("Officers, supervisors and administrators belong to the bureau."))
    return known


def check_password(password: str, user: User) -> None:
    """Against the validators of the settings; raises BadInput with each sentence."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors: list[FieldError] = [{"field": "password", "detail": str(m)} for m in error.messages]
        raise BadInput(" ".join(e["detail"] for e in errors), errors) from None


def check_scopes(scopes: list[str], *, station: bool) -> list[str]:
    """`read` and `write` for a person's token, `ingest` alone for a station's."""
    allowed = {Scope.INGEST} if station else {Scope.READ, Scope.WRITE}
    if not scopes or not set(scopes) <= {str(s) for s in allowed}:
        raise refuse("scopes", _("The scopes of this token are %(scopes)s.") % {"scopes": ", ".join(sorted(allowed))})
    return sorted(set(scopes))
