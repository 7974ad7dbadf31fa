"""The officer's queue, the page of one issue, and an issue by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from envmap.accounts.asker import Asker
from envmap.accounts.looks import last_look
from envmap.accounts.models import LastLook
from envmap.accounts.roles import May
from envmap.core.errors import NotVisible
from layers.catalogue.conditions import Condition
from layers.catalogue.models import Layer
from layers.sensors.models import Alarm
from tasks.issues import actions, queries, rules
from tasks.issues.models import CitizenReport, Issue, IssueAlarm
from tasks.issues.payloads import issue_events_payload, issue_payload
from tasks.issues.states import WITHOUT_ORDER, IssueState
from tasks.orders.actions import dispatch
from tasks.orders.models import Order

from . import trails, words
from .alarm_facts import AlarmFact, facts_of
from .doors import asker_of, page
from .issue_forms import ISSUE_FORMS, IssueVerbForm, NewIssueForm, assignee_choices
from .orders import conditions_of
from .sending import answered_before, submit
from .templatetags.minimap import Spot, spot_of
from .uploads import keep_uploads

PAGE = 50
TABS: dict[str, frozenset[str]] = {
    "new": frozenset({IssueState.REPORTED}),
    "undispatched": frozenset(WITHOUT_ORDER),
    "dispatched": frozenset({IssueState.DISPATCHED}),
    "over": frozenset({IssueState.SETTLED, IssueState.REJECTED}),
    "all": frozenset(IssueState),
}
SORTS = ("worst", "newest", "mine")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the queue."""

    issue: Issue
    condition: Condition
    alarm: AlarmFact | None
    alarms: int
    is_new: bool

    @property
    def spot(self) -> Spot | None:
        """Where the row lies on the small map beside the list."""
        issue = self.issue
        return spot_of(
            issue.number,
            issue.location,
            name=issue.feature.name if issue.feature else issue.title,
            layer=issue.layer.key if issue.layer else None,
            condition=self.condition,
        )


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list's address asks for; unknown words count as nothing, a page is no API."""

    tab: str
    sort: str
    layer: str
    source: str
    severity: str
    q: str

    @classmethod
    def of(cls, request: HttpRequest, default_tab: str) -> "Filters":
        """Out of the query string."""
        get = {
            name: request.GET.get(name, "").strip()[:100]
            for name in ("tab", "sort", "layer", "source", "severity", "q")
        }
        return cls(
            tab=get["tab"] if get["tab"] in TABS else default_tab,
            sort=get["sort"] if get["sort"] in SORTS else "worst",
            layer=get["layer"],
            source=get["source"] if get["source"] in words.SOURCES else "",
            severity=get["severity"] if get["severity"] in words.SEVERITIES else "",
            q=get["q"],
        )

    def apply(self, asker: Asker) -> QuerySet[Issue]:
        """The issues that fit, in the order asked for."""
        found = queries.issues(
            asker,
            state=TABS[self.tab],
            layer=self.layer or None,
            source=self.source or None,
            severity=self.severity or None,
        )
        if self.q:
            found = found.filter(
                Q(number__icontains=self.q) | Q(title__icontains=self.q)
                | Q(feature__name__icontains=self.q) | Q(feature__code__iexact=self.q)
            )  # fmt: skip
        if self.sort == "mine":
            found = found.filter(
                Q(reporter_id=asker.user_id or 0)
                | Q(pk__in=Order.objects.visible_to(asker).filter(trail__verb="dispatch", trail__by_id=asker.user_id or 0).values("issue"))
                | Q(trail__by_id=asker.user_id or 0)
            ).distinct()  # fmt: skip
        if self.sort == "worst":
            ranks = [When(severity=key, then=Value(rank)) for rank, key in enumerate(words.SEVERITIES)]
            badness = Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
            return found.order_by(badness.asc(), "-opened_at", "-pk")
        return found


def with_alarms(found: QuerySet[Issue], asker: Asker) -> QuerySet[Issue]:
    """With the alarms behind each issue that the asker sees, as `shown_alarms`."""
    alarms = IssueAlarm.objects.filter(alarm__in=Alarm.objects.visible_to(asker)).select_related(
        "alarm__factor", "alarm__rule", "alarm__station"
    )
    return found.select_related("feature__town", "feature__department").prefetch_related(
        Prefetch("issue_alarms", alarms, to_attr="shown_alarms")
    )


def rows_of(asker: Asker, issues: list[Issue], since: datetime | None) -> list[Row]:
    """The lines of the queue; new is what was opened after `since`, the last look."""
    conditions = conditions_of(asker, {i.feature_id for i in issues if i.feature_id})
    rows = []
    for issue in issues:
        facts = facts_of([row.alarm for row in issue.shown_alarms])  # type: ignore[attr-defined]
        condition = conditions.get(issue.feature_id or 0, Condition.NORMAL)
        is_new = since is not None and issue.opened_at > since
        rows.append(Row(issue, condition, facts[0] if facts else None, len(facts), is_new))
    return rows


def figures(asker: Asker) -> dict[str, int]:
    """How many issues stand where, of all that the asker sees."""
    counts = dict(Issue.objects.visible_to(asker).order_by().values_list("state").annotate(n=Count("pk")))
    return {tab: sum(counts.get(state, 0) for state in states) for tab, states in TABS.items()}


@page(May.PAGE_QUEUE)
def issues(request: HttpRequest) -> HttpResponse:
    """The queue: for an officer what has no order yet, for others all that they see."""
    asker = asker_of(request)
    filters = Filters.of(request, "undispatched" if asker.may(May.TRIAGE_ISSUES) else "all")
    shown: Page[Issue] = Paginator(with_alarms(filters.apply(asker), asker), PAGE).get_page(request.GET.get("page"))
    since = last_look(asker, LastLook.Place.ISSUES)
    lines = rows_of(asker, list(shown.object_list), since)
    context = {
        "rows": shown,
        "lines": lines,
        "since": since,
        "new": sum(line.is_new for line in lines),
        "filters": filters,
        "figures": figures(asker),
        "layers": Layer.objects.visible_to(asker).order_by("position", "key"),
        "sources": words.SOURCES.items(),
        "severities": words.SEVERITIES.items(),
        "may_report": asker.may(May.REPORT_ISSUES),
        "may_triage": asker.may(May.TRIAGE_ISSUES),
    }
    return render(request, "pages/issues.html", context)


def _found(asker: Asker, number: str) -> Issue:
    """The issue with what its page shows; NotVisible."""
    issue = queries.issue_of(asker, number)
    found = with_alarms(Issue.objects.visible_to(asker).filter(pk=issue.pk), asker).get()
    issue.shown_alarms = found.shown_alarms  # type: ignore[attr-defined]
    return issue


def _show(
    request: HttpRequest, issue: Issue, status: int = 200, refused: tuple[str, IssueVerbForm] | None = None
) -> HttpResponse:
    asker = asker_of(request)
    data = issue_payload(issue, asker)
    suggestion = queries.suggested_unit(issue) if "dispatch" in data["verbs"] else None
    unit = suggestion.department.code if suggestion and suggestion.department else ""
    forms: dict[str, IssueVerbForm] = {}
    for verb in data["verbs"]:
        more = {"suggested": unit} if verb == "dispatch" else {}
        forms[verb] = ISSUE_FORMS[verb](issue=issue, asker=asker, auto_id=f"{verb}-%s", **more)
    if refused:
        forms[refused[0]] = refused[1]
    forms = dict(sorted(forms.items(), key=lambda one: one[0] != "dispatch"))
    events = [dict(event) for event in issue_events_payload(issue, queries.events_of(issue))]
    condition = conditions_of(asker, {issue.feature_id}) if issue.feature_id else {}
    context: dict[str, Any] = {
        "issue": issue,
        "data": data,
        "condition": condition.get(issue.feature_id or 0, Condition.NORMAL),
        "alarms": facts_of([row.alarm for row in issue.shown_alarms]),  # type: ignore[attr-defined]
        "orders": Order.objects.visible_to(asker)
        .filter(issue=issue)
        .select_related("department", "assignee")
        .order_by("pk"),
        "attachments": [
            {"id": a.pk, "url": f"/api/v1/issues/{issue.number}/attachments/{a.pk}"}
            for a in queries.attachments_of(issue)
        ],
        "suggestion": suggestion,
        "citizen": CitizenReport.objects.visible_to(asker).filter(issue=issue).first(),
        "forms": forms,
        "refused_verb": refused[0] if refused else "",
        "is_kept_only": refused is not None and refused[0] not in data["verbs"],
        "check": trails.check(events, count=issue.events, head=issue.head_hash),
        "trail": trails.with_departments(events),
    }
    return render(request, "pages/issue.html", context, status=status)


@page()
def issue(request: HttpRequest, number: str) -> HttpResponse:
    """One issue: what, where, since when, which limit; who could handle it and why; its orders and trail."""
    return _show(request, _found(asker_of(request), number))


@require_POST
@page()
def verb(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Files, rejects or dispatches; what is refused comes back with what was typed."""
    asker = asker_of(request)
    found = _found(asker, number)
    if name not in ISSUE_FORMS:
        raise NotVisible(_("There is no such page, or it is not for you to see."))
    rules.require_may(asker, name, found)
    form = ISSUE_FORMS[name](issue=found, asker=asker, data=request.POST, auto_id=f"{name}-%s")

    def act() -> str:
        arguments = form.arguments()
        if name == "dispatch":
            order = dispatch(number, by=asker, **arguments)
            messages.success(
                request,
                _("Order %(order)s is sent to %(unit)s.") % {"order": order.number, "unit": order.department.name},
            )
        else:
            {"accept": actions.accept, "reject": actions.reject}[name](number, by=asker, **arguments)
            messages.success(request, _("%(number)s: %(verb)s.") % {"number": number, "verb": words.ISSUE_EVENTS[name]})
        return f"/issues/{number}/"

    done, status = submit(request, form, act)
    return done or _show(request, _found(asker, number), status, (name, form))


@page(May.DISPATCH)
def people(request: HttpRequest) -> HttpResponse:
    """The options of the assignee's field for another unit (htmx)."""
    choices = assignee_choices(asker_of(request), request.GET.get("department", "")[:40])
    return render(request, "pages/options.html", {"choices": choices})


def open_by_form(
    request: HttpRequest,
    kind: type[NewIssueForm],
    *,
    template: str,
    leads_to: Callable[[Issue], str],
    initial: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page of a form that opens an issue, and what it brings: the address `leads_to`, once however often it is sent.

    Its files are stored before its words are judged, so that a refusal loses no picture. `more` goes to the template.
    """
    asker = asker_of(request)
    if request.method == "POST":
        before = answered_before(request)
        if before is not None:
            return before
        data, refusals = keep_uploads(request)
        form = kind(asker=asker, data=data, files=request.FILES)
        for refusal in refusals:
            form.refuse(refusal)
    else:
        form = kind(asker=asker, initial=initial)

    def act() -> str:
        made = actions.open_issue(by=asker, **form.arguments())
        messages.success(request, _("Issue %(number)s is there.") % {"number": made.number})
        return leads_to(made)

    done, status = submit(request, form, act, {"location": "lat"})
    return done or render(request, template, {"form": form} | (more or {}), status=status)


@page(May.REPORT_ISSUES)
def new(request: HttpRequest) -> HttpResponse:
    """An issue by hand; the address can name layer, feature and position, as the map and the phone do."""
    known = ("layer", "feature", "lat", "lon", "category")
    return open_by_form(
        request,
        NewIssueForm,
        template="pages/new_issue.html",
        leads_to=lambda made: f"/issues/{made.number}/",
        initial={name: request.GET[name][:64] for name in known if name in request.GET},
    )
