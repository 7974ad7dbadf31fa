"""People and departments as API and pages give them (docs/interfaces.md)."""

from typing import TypedDict

from envmap.core import clock
from envmap.core.names import Names, both, in_language

from .asker import Asker
from .models import Department, Membership, Token, User


class DepartmentRef(TypedDict):
    """A department by code, with its name in the asker's language."""

    code: str
    name: str


class DepartmentPayload(DepartmentRef):
    """A department of the list; `parent` is a code."""

    names: Names
    kind: str
    parent: str | None


class MembershipPayload(TypedDict):
    """One of somebody's roles."""

    id: int
    role: str
    department: DepartmentRef
    current: bool


class MePayload(TypedDict):
    """Who is asking, in which membership, limited to which scopes."""

    username: str
    name: str
    role: str
    department: DepartmentRef | None
    memberships: list[MembershipPayload]
    scopes: list[str]


class UserPayload(TypedDict):
    """A person in one of their roles."""

    username: str
    name: str
    role: str
    department: DepartmentRef


class TokenPayload(TypedDict):
    """A token without its secret."""

    id: int
    name: str
    scopes: list[str]
    station: str | None
    created_at: str | None
    last_used_at: str | None


def department_ref(department: Department) -> DepartmentRef:
    """Code and name."""
    return {"code": department.code, "name": in_language(department.names)}


def department_payload(department: Department) -> DepartmentPayload:
    """A row of `GET /departments`; needs `parent` selected."""
    return {
        **department_ref(department),
        "names": both(department.names),
        "kind": department.kind,
        "parent": department.parent.code if department.parent else None,
    }


def me_payload(asker: Asker, memberships: list[Membership]) -> MePayload:
    """`GET /me`; `memberships` are the open ones of the asker, departments selected."""
    rows: list[MembershipPayload] = [
        {
            "id": m.pk,
            "role": m.role,
            "department": department_ref(m.department),
            "current": m.pk == asker.membership_id,
        }
        for m in memberships
    ]
    return {
        "username": asker.username,
        "name": asker.name,
        "role": str(asker.role),
        "department": next((row["department"] for row in rows if row["current"]), None),
        "memberships": rows,
        "scopes": sorted(asker.scopes),
    }


def user_payload(membership: Membership) -> UserPayload:
    """A row of `GET /users`: a person in one membership; needs user and department selected."""
    return {
        "username": membership.user.username,
        "name": membership.user.name,
        "role": membership.role,
        "department": department_ref(membership.department),
    }


def token_payload(token: Token) -> TokenPayload:
    """A row of `GET /tokens`."""
    return {
        "id": token.pk,
        "name": token.name,
        "scopes": list(token.scopes),
        "station": token.station,
        "created_at": clock.rfc3339(token.created_at),
        "last_used_at": clock.rfc3339(token.last_used_at),
    }


def names_of(user_ids: set[int]) -> dict[int, str]:
    """Names for the snapshots in trails and history, resolved on reading; erased people are missing."""
    return dict(User.objects.filter(pk__in=user_ids).values_list("pk", "name"))
