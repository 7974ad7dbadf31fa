"""Departments and the people in them."""

from typing import Any

from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from envmap.accounts import payloads, queries
from envmap.accounts.asker import Asker
from envmap.accounts.roles import MEMBER_ROLES, ROLE_NAMES, May
from envmap.core.errors import NotAllowed

from . import choices, params, shapes
from .door import Asking, get
from .paging import Key, Ordering, listed, page
from .params import Paged

router = Router(tags=["departments and people"])
BY_CODE = Ordering("departments", (Key("code", "str"),))
BY_USERNAME = Ordering("users", (Key("user__username", "str"), Key("pk", "int")))


class UserQuery(Paged):
    """Filters of people."""

    department: str | None = Field(None, max_length=40, description="A department's code.")
    role: choices.RoleName | None = Field(None, description="A role.")


def require_department(asker: Asker, code: str | None, name: str = "department") -> None:
    """A filter names a department that there is. Raises BadQuery."""
    if code is not None and not queries.departments(asker).filter(code=code).exists():
        raise params.unknown(name, code, queries.departments(asker).values_list("code", flat=True)[:60])


@get(
    router,
    "/departments",
    answers={200: shapes.Listed[shapes.Department]},
    summary="Departments",
    query=Paged,
    operation_id="list_departments",
)
def departments(request: Asking) -> Any:
    """Those that are active, by code; `parent` is a code."""
    found = page(queries.departments(request.asker), BY_CODE, params.read(request, Paged))
    return listed(found, [payloads.department_payload(department) for department in found.rows])


@get(
    router,
    "/users",
    answers={200: shapes.Listed[shapes.User]},
    summary="People",
    query=UserQuery,
    operation_id="list_users",
)
def users(request: Asking) -> Any:
    """One row a person and role, by username: all for the bureau, those of the own unit for its manager."""
    asker = request.asker
    if not (asker.may(May.SEE_PEOPLE) or asker.may(May.SEE_OWN_UNIT_PEOPLE)):
        raise NotAllowed(_("The role %(role)s does not see people.") % {"role": ROLE_NAMES[asker.role]})
    query = params.read(request, UserQuery)
    require_department(asker, query.department)
    assert query.role is None or query.role in MEMBER_ROLES
    found = page(queries.people(asker, department=query.department, role=query.role), BY_USERNAME, query)
    return listed(found, [payloads.user_payload(membership) for membership in found.rows])
