"""Who asks: a person in one of their memberships, a station's token, or nobody."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from envmap.core.actor import Actor
from envmap.core.errors import NotAllowed, NotSignedIn

from .roles import ROLE_NAMES, ROLES, May, Role, Scope

ALL_SCOPES = frozenset({Scope.READ, Scope.WRITE})


@dataclass(frozen=True, slots=True)
class Asker:
    """The rights of one request or socket: the current membership, narrowed by the token's scopes.

    `department_ids` are the departments of all memberships: a person of the unit never verifies its orders,
    whatever role they wear at the moment.
    """

    role: Role = Role.ANONYMOUS
    user_id: int | None = None
    username: str = ""
    name: str = ""
    department_id: int | None = None
    department_code: str | None = None
    membership_id: int | None = None
    department_ids: frozenset[int] = frozenset()
    scopes: frozenset[Scope] = ALL_SCOPES
    station: str | None = None  # MN of a station's token
    token_id: int | None = field(default=None, compare=False)

    @property
    def signed_in(self) -> bool:
        """Whether somebody stands behind the request."""
        return self.role is not Role.ANONYMOUS

    @property
    def actor(self) -> Actor:
        """The snapshot that trails, history and audit keep."""
        return Actor(id=self.user_id, department=self.department_code, role=str(self.role))

    def may(self, what: May) -> bool:
        """Whether role and scopes allow it.

        What somebody sees, they may also act upon: a token that only writes knows of the same things. That it is told
        nothing of them on asking is `require_reading`.
        """
        if what not in ROLES[self.role]:
            return False
        if what.startswith("see_"):
            return bool(self.scopes & ALL_SCOPES)
        if what.startswith("page_"):
            return Scope.READ in self.scopes
        if what is May.WRITE_READINGS and self.role is Role.STATION:
            return Scope.INGEST in self.scopes
        return Scope.WRITE in self.scopes

    def require(self, what: May) -> None:
        """Raises NotSignedIn for nobody, NotAllowed for a role or token that may not."""
        if self.may(what):
            return
        if not self.signed_in:
            raise NotSignedIn(_("Sign in first, or send a token."))
        if what in ROLES[self.role]:
            raise NotAllowed(_("This token's scopes do not allow this (%(what)s).") % {"what": what})
        raise NotAllowed(
            _("The role %(role)s does not allow this (%(what)s).") % {"role": ROLE_NAMES[self.role], "what": what}
        )

    def require_signed_in(self) -> None:
        """Raises NotSignedIn for nobody, NotAllowed for a station's token, which reads nothing."""
        if not self.signed_in:
            raise NotSignedIn(_("Sign in first, or send a token."))
        self._refuse_station()

    def require_reading(self) -> None:
        """Raises NotAllowed for a token that reads nothing: a station's, and one with the scope `write` alone."""
        self._refuse_station()
        if Scope.READ not in self.scopes:
            raise NotAllowed(_("This token's scopes do not allow this (%(what)s).") % {"what": Scope.READ})

    def _refuse_station(self) -> None:
        if self.role is Role.STATION:
            raise NotAllowed(_("A station's token writes its readings and reads nothing."))

    @property
    def audience(self) -> list[str]:
        """The marks of `OutboxFact.audience` that reach this asker."""
        if self.role is Role.STATION or Scope.READ not in self.scopes:
            return []
        marks = ["public"]
        if self.may(May.SEE_BUREAU):
            marks.append("bureau")
        if self.may(May.SEE_WORK):
            marks.append("work")
        if self.department_id is not None:
            marks.append(f"department:{self.department_id}")
        if self.user_id is not None:
            marks.append(f"user:{self.user_id}")
        return marks


ANONYMOUS = Asker(scopes=frozenset({Scope.READ}))

SYSTEM = Asker(role=Role.SYSTEM)
"""The product itself: loads reference data and runs jobs; nobody can sign in as it."""
