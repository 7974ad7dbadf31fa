"""Verbs in any order by anybody, against a model of one page that knows only docs/interfaces.md."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from envmap.core import clock, trail
from envmap.core.clock import standing_at
from envmap.core.errors import EnvmapError, NotAllowed, NotVisible, WrongState
from layers.catalogue.models import Feature, FeatureGrant
from tasks.issues import actions as issue_actions
from tasks.issues.models import Issue
from tasks.orders import actions, rules
from tasks.orders.models import Order
from tests.tasks.make import make_category, make_photo, open_issue

UNITS = {"unit-one": ["field", "manager"], "unit-two": ["field2"], "enterprise": ["partner"]}
PEOPLE = ["officer", "supervisor", "admin", "viewer", "field", "manager", "field2", "partner"]
VERBS = ["accept", "return", "hand_on", "take", "report", "send_back", "verify", "withdraw", "comment"]
ENDED = {"verified", "withdrawn"}


class Told:
    """What the model knows of one order."""

    def __init__(self, number, unit):
        self.number, self.unit = number, unit
        self.state, self.assignee, self.reworks, self.reported = "sent", None, 0, False
        self.verbs = ["dispatch"]

    def answer(self, verb, who, target):
        """The error that the page promises, or what the order is afterwards: (state, unit, assignee)."""
        bureau = who in ("officer", "supervisor")
        if not bureau and who not in UNITS[self.unit]:
            return NotVisible
        inside = who in UNITS[self.unit]
        same = (self.unit, self.assignee)
        if verb == "comment":
            return (self.state, *same) if self.state not in ENDED else WrongState
        if who == "supervisor":
            return NotAllowed
        if verb in ("accept", "return", "report"):
            if not inside:
                return NotAllowed
            if verb == "report" and who.startswith("field") and self.assignee not in (None, who):
                return NotAllowed
            if verb == "accept":
                return ("accepted", self.unit, self.assignee or who) if self.state == "sent" else WrongState
            if verb == "report":
                return ("reported", *same) if self.state == "accepted" else WrongState
            may = self.state in ("sent", "accepted") and not self.reported
            return ("returned", *same) if may else WrongState
        if verb == "hand_on":  # to a department
            if inside:
                return NotAllowed
            return ("sent", target, None) if self.state in ("sent", "returned") else WrongState
        if verb == "take":  # naming oneself
            if not inside:
                return NotAllowed
            return (self.state, self.unit, who) if self.state in ("sent", "accepted") else WrongState
        if inside:
            return NotAllowed
        start, end = {
            "send_back": (("reported",), "accepted"),
            "verify": (("reported",), "verified"),
            "withdraw": (("sent", "returned"), "withdrawn"),
        }[verb]
        return (end, *same) if self.state in start else WrongState


class Machine(RuleBasedStateMachine):
    """Two issues about one feature, any number of orders, eight people who try everything."""

    cast = None

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = clock.now()
        self.orders = []
        self.issues = {}

    @initialize()
    def open_two(self):
        for _ in range(2):
            issue = open_issue(self.cast, category="DS-01")
            self.issues[issue.number] = "reported"

    @rule(which=st.integers(0, 1), unit=st.sampled_from(sorted(UNITS)), who=st.sampled_from(PEOPLE))
    def dispatch(self, which, unit, who):
        number = sorted(self.issues)[which]
        seen = who in ("officer", "supervisor") or any(who in UNITS[o.unit] for o in self.orders if o.issue == number)
        try:
            order = self.act(lambda: actions.dispatch(number, by=self.cast.asker(who), department=unit))
        except EnvmapError as refusal:
            wanted = NotVisible if not seen else NotAllowed if who != "officer" else WrongState
            assert type(refusal) is wanted
            assert wanted is not WrongState or self.issues[number] in ("settled", "rejected")
            return
        assert who == "officer" and self.issues[number] in ("reported", "accepted", "dispatched")
        told = Told(order.number, unit)
        told.issue = number
        self.orders.append(told)
        self.issues[number] = "dispatched"

    @rule(which=st.integers(0, 1), verb=st.sampled_from(["accept", "reject"]))
    def judge(self, which, verb):
        number = sorted(self.issues)[which]
        start, end = {"accept": (("reported",), "accepted"), "reject": (("reported", "accepted"), "rejected")}[verb]
        deed = issue_actions.VERBS[verb]
        try:
            self.act(lambda: deed(number, by=self.cast.asker("officer"), note="说明"))
        except WrongState:
            assert self.issues[number] not in start
            return
        assert self.issues[number] in start
        self.issues[number] = end

    @rule(which=st.integers(0, 5), choice=st.integers(0, 10**6), unit=st.sampled_from(sorted(UNITS)))
    def go_on(self, which, choice, unit):
        """One of the steps that are possible: trying at random alone hardly ever comes far."""
        if self.orders:
            told = self.orders[which % len(self.orders)]
            pairs = [(verb, who) for verb in VERBS if verb != "comment" for who in sorted(set(PEOPLE))]
            possible = [pair for pair in pairs if not isinstance(told.answer(*pair, unit), type)]
            if possible:
                self.press_one(told, *possible[choice % len(possible)], unit)

    @rule(
        which=st.integers(0, 5),
        verb=st.sampled_from(VERBS),
        who=st.sampled_from(["officer", "field", "manager", "field2", "partner", *PEOPLE]),
        unit=st.sampled_from(sorted(UNITS)),
        minutes=st.integers(0, 300),
    )
    def press(self, which, verb, who, unit, minutes):
        self.now += timedelta(minutes=minutes)
        if self.orders:
            self.press_one(self.orders[which % len(self.orders)], verb, who, unit)

    def press_one(self, told, verb, who, unit):
        wanted = told.answer(verb, who, unit)
        before = Order.objects.get(number=told.number)
        body = {"note": "说明"}
        if verb == "hand_on":
            body["department"] = unit
        if verb == "take":
            body["assignee"] = who
        if verb == "report":
            body["attachments"] = [make_photo(self.cast.user[who]).pk]
        name = {"hand_on": "reassign", "take": "reassign"}.get(verb, verb)
        asker = self.cast.asker(who)
        if not isinstance(wanted, type) and verb not in ("hand_on", "take"):
            assert name in rules.verbs_for(asker, before)
        if wanted in (NotAllowed, WrongState) and verb not in ("hand_on", "take"):
            assert name not in rules.verbs_for(asker, before)
        try:
            after = self.act(lambda: actions.VERBS[name](told.number, by=asker, **body))
        except EnvmapError as refusal:
            assert type(refusal) is wanted, f"{verb} by {who} on {told.state}: {refusal!r}"
            assert Order.objects.values().get(pk=before.pk) == Order.objects.filter(pk=before.pk).values()[0]
            return
        assert not isinstance(wanted, type), f"{verb} by {who} on {told.state} went, {wanted.__name__} was promised"
        told.state, told.unit, told.assignee = wanted
        told.verbs.append(name)
        told.reworks += verb == "send_back"
        told.reported = told.reported or verb == "report"
        assert after.due_at == before.due_at
        assert after.version == before.version + 1
        if verb in ("send_back", "hand_on"):
            assert after.report_by == self.now + timedelta(hours=2)
        else:
            assert after.report_by == before.report_by
        if told.state in ENDED:
            mine = [o.state for o in self.orders if o.issue == told.issue]
            if all(state in ENDED for state in mine):
                self.issues[told.issue] = "settled" if "verified" in mine else "accepted"

    def act(self, deed):
        with standing_at(self.now), transaction.atomic():
            return deed()

    @invariant()
    def orders_are_what_the_model_says(self):
        for told in self.orders:
            order = Order.objects.select_related("department", "assignee").get(number=told.number)
            assert (order.state, order.department.code) == (told.state, told.unit)
            assert (order.assignee.username if order.assignee else None) == told.assignee
            assert order.rework_count == told.reworks
            assert (order.ended_at is not None) == (told.state in ENDED)
            events = list(order.trail.order_by("seq"))
            assert [e.verb for e in events] == told.verbs
            assert events[-1].to_state == order.state
            head = trail.GENESIS
            for event in events:
                assert event.previous_hash == head
                head = trail.chain_hash(head, event.payload)
            assert (order.head_hash, order.events) == (head, len(events))
            grants = FeatureGrant.objects.filter(reason=order.number, until=None)
            assert [g.department.code for g in grants] == ([] if told.state in ENDED else [told.unit])

    @invariant()
    def issues_and_the_feature_are_what_the_model_says(self):
        for number, state in self.issues.items():
            assert Issue.objects.get(number=number).state == state
        if not self.issues:
            return
        shown = Feature.objects.with_condition().get(pk=self.cast.feature["dust-sites"].pk).condition
        if any(o.state not in ENDED for o in self.orders):
            assert shown == "rectifying"
        elif any(state in ("reported", "accepted") for state in self.issues.values()):
            assert shown == "attention"
        else:
            assert shown == "normal"

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


@pytest.mark.django_db
def test_whatever_is_pressed_by_whomever_the_promises_hold(cast):
    make_category("DS-01", layer=cast.layer["dust-sites"], clock="urgent", accept="0.5", report="2")

    class OfThisCast(Machine):
        pass

    OfThisCast.cast = cast
    run_state_machine_as_test(
        OfThisCast,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
