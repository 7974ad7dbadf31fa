"""The words that a field of the API may have: taken from the rooms that own them, never written twice."""

from typing import TYPE_CHECKING, Literal

from envmap.accounts.roles import MEMBER_ROLES
from layers.catalogue.conditions import WORST_FIRST
from tasks.issues.models import Issue
from tasks.issues.states import IssueState
from tasks.orders.states import OrderState

if TYPE_CHECKING:  # a type checker cannot know what is computed
    RoleName = str
    Condition = str
    IssueStateName = str
    OrderStateName = str
    SourceName = str
else:
    RoleName = Literal[tuple(str(role) for role in MEMBER_ROLES)]
    Condition = Literal[tuple(str(condition) for condition in WORST_FIRST)]
    IssueStateName = Literal[tuple(str(state) for state in IssueState)]
    OrderStateName = Literal[tuple(str(state) for state in OrderState)]
    SourceName = Literal[tuple(Issue.Source.values)]

Kind = Literal["realtime", "minute", "hour", "day"]
Severity = Literal["info", "minor", "major", "critical"]
Protocol = Literal["hj212", "mqtt", "http"]
