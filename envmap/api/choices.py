"""The words that a field of the API may have: taken from the rooms that own them, never written twice."""

from typing import TYPE_CHECKING, Literal

from envmap.accounts.models import Department
from envmap.accounts.roles import MEMBER_ROLES
from layers.catalogue.conditions import WORST_FIRST
from layers.sensors import models
from layers.sensors.models import Reading, Station
from layers.sensors.queries import STATION_CONDITIONS
from tasks.issues.models import Category, Issue
from tasks.issues.states import IssueState
from tasks.orders.states import OrderState

if TYPE_CHECKING:  # a type checker cannot know what is computed
    RoleName = str
    Condition = str
    IssueStateName = str
    OrderStateName = str
    SourceName = str
    Kind = str
    Severity = str
    Protocol = str
    StationCondition = str
    DepartmentKind = str
    Clock = str
else:
    RoleName = Literal[tuple(str(role) for role in MEMBER_ROLES)]
    Condition = Literal[tuple(str(condition) for condition in WORST_FIRST)]
    IssueStateName = Literal[tuple(str(state) for state in IssueState)]
    OrderStateName = Literal[tuple(str(state) for state in OrderState)]
    SourceName = Literal[tuple(Issue.Source.values)]
    Kind = Literal[tuple(Reading.Kind.values)]
    Severity = Literal[tuple(models.Severity.values)]
    Protocol = Literal[tuple(Station.Protocol.values)]
    StationCondition = Literal[tuple(str(condition) for condition in STATION_CONDITIONS)]
    DepartmentKind = Literal[tuple(Department.Kind.values)]
    Clock = Literal[tuple(Category.Clock.values)]
