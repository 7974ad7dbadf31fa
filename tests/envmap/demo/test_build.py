"""The demo as it stands in the database after one build of the default stage, made through the rooms' actions."""

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from jsonschema import Draft202012Validator

from envmap.accounts.models import Department, User
from envmap.accounts.queries import asker_for
from envmap.core import clock
from envmap.core.models import AuditRow, OutboxFact
from envmap.core.trail import GENESIS, chain_hash
from envmap.demo import reference
from envmap.demo.build import build
from layers.catalogue.conditions import Condition
from layers.catalogue.models import Area, Attachment, Feature, FeatureHistory, FeatureParty, Layer, LayerShare
from layers.sensors.models import Alarm, AlarmRule, Factor, Limit, Reading, Station
from tasks.issues.models import AlarmCategory, Category, Issue
from tasks.orders.models import CalendarDay, OfficeHours, Order, OrderEvent

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.django_db  # so that the test database is made before the module's fixture builds into it


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker, tmp_path_factory):
    """One build for all tests of this module, rolled back at its end."""
    said: list[str] = []
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media, DEMO=True), transaction.atomic():
        build("alarm-day", said.append)
        yield said
        transaction.set_rollback(True)


@pytest.fixture
def demo(built, db, settings):
    """The built demo; what a test changes is undone by a savepoint within the build's transaction."""
    settings.DEMO = True
    return built


def count_of(name):
    with (ROOT / "fixtures" / name).open(encoding="utf-8", newline="") as file:
        return len(list(csv.DictReader(file)))


# -- reference data -------------------------------------------------------------------------------------------------
def test_the_reference_data_are_all_there(demo):
    assert Layer.objects.filter(builtin=True).count() == 5
    assert set(Layer.objects.filter(public=True).values_list("key", flat=True)) == {"outfalls", "marine-debris"}
    assert Factor.objects.count() == count_of("factors.csv")
    assert Limit.objects.count() == sum(count_of(f"limits/{p.name}") for p in (ROOT / "fixtures/limits").glob("*.csv"))
    assert Category.objects.filter(parent__isnull=False).count() == 20
    assert AlarmCategory.objects.get(layer__key="dust-sites", factor="*").category.code == "DS-01"
    assert CalendarDay.objects.count() == 72
    assert OfficeHours.objects.count() == 2
    assert Area.objects.filter(kind="town", schematic=True).count() == 10
    assert Department.objects.filter(kind="town").count() == 10


def test_numbers_from_memory_say_so_and_the_doubtful_ones_are_off(demo):
    doubtful = Limit.objects.filter(standard="DB35/1869")
    assert set(doubtful.values_list("source_status", "enabled")) == {("memory", False)}
    assert not AlarmRule.objects.filter(limit__in=doubtful, enabled=True).exists()


def test_an_early_warning_and_an_exceedance_are_told_apart(demo):
    rule = AlarmRule.objects.get(builtin="dust-pm10-minute")
    assert (rule.is_warning, rule.severity, float(rule.above), rule.for_minutes) == (True, "major", 0.15, 0)
    assert not AlarmRule.objects.get(builtin="sewage-cod-day-town").is_warning


def test_loading_the_reference_data_again_changes_nothing_and_keeps_what_the_bureau_edited(demo):
    Layer.objects.filter(key="outfalls").update(names={"zh-hans": "排口", "en": "Outfalls"})
    AlarmRule.objects.filter(builtin="dust-pm10-minute").update(above="0.2", clear_below="0.18")
    tables = (Layer, Factor, Limit, Category, AlarmCategory, CalendarDay, OfficeHours, Area, Department, AlarmRule)
    before = {table: table.objects.count() for table in tables}
    reference.load_all()
    assert {table: table.objects.count() for table in tables} == before
    assert Layer.objects.get(key="outfalls").names["zh-hans"] == "排口"
    assert float(AlarmRule.objects.get(builtin="dust-pm10-minute").above) == 0.2


def test_a_built_in_layer_gains_new_attributes_and_keeps_those_of_the_bureau(demo):
    layer = Layer.objects.get(key="dust-sites")
    schema = layer.schema
    del schema["properties"]["remark"]
    schema["properties"]["own"] = {"type": "string", "title": "自加"}
    Layer.objects.filter(key="dust-sites").update(schema=schema)
    reference.load_all()
    assert {"own", "remark"} <= set(Layer.objects.get(key="dust-sites").schema["properties"])


# -- what is out there ----------------------------------------------------------------------------------------------
def test_hundreds_of_features_fit_their_schemas_with_70_percent_filled(demo):
    assert Feature.objects.count() >= 300
    for layer in Layer.objects.all():
        check = Draft202012Validator(layer.schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        declared = len(layer.schema["properties"])
        for feature in layer.features.all():
            assert check.is_valid(feature.attributes), feature.name
            assert len(feature.attributes) >= 0.7 * declared, feature.name


def test_every_feature_has_its_town_duty_unit_and_a_history_with_its_maker(demo):
    officer = User.objects.get(username="officer")
    assert not Feature.objects.filter(town=None).exists()
    assert not Feature.objects.filter(department=None).exists()
    makers = FeatureHistory.objects.filter(version=1).values_list("actor__id", "actor__role").distinct()
    assert list(makers) == [(officer.pk, "officer")]
    assert FeatureHistory.objects.filter(version=1).count() == Feature.objects.count()


def test_every_dust_site_has_its_contractor_and_monitor(demo):
    sites = Feature.objects.filter(layer__key="dust-sites")
    assert set(sites.values_list("pk", flat=True)) == set(
        FeatureParty.objects.filter(part="contractor", feature__in=sites).values_list("feature", flat=True)
    )
    assert set(sites.values_list("stations__st", flat=True)) == {"39"}


def test_all_five_conditions_are_to_be_seen(demo):
    shown = Counter(feature.condition for feature in Feature.objects.with_condition())
    assert set(shown) == set(Condition)
    assert shown[Condition.NORMAL] > 0.6 * Feature.objects.count()


# -- people ---------------------------------------------------------------------------------------------------------
def test_the_eight_accounts_are_there_with_their_roles_and_the_rest_cannot_sign_in(demo):
    names = ["officer", "field", "field2", "supervisor", "manager", "partner", "viewer", "admin"]
    for name in names:
        user = User.objects.get(username=name)
        assert user.check_password("envmap-demo")
        assert asker_for(user).role == name.removesuffix("2")
    others = User.objects.exclude(username__in=names)
    assert others.exists()
    assert not [u for u in others if u.check_password("envmap-demo")]
    assert not User.objects.filter(is_demo=False).exists()


def test_field_and_manager_share_a_unit_and_field2_has_another(demo):
    unit = {
        n: asker_for(User.objects.get(username=n)).department_code for n in ("field", "manager", "field2", "viewer")
    }
    assert unit["field"] == unit["manager"] != unit["field2"]
    assert LayerShare.objects.filter(department__code=unit["viewer"]).exists()


def test_everybody_who_may_be_sent_work_has_some_that_is_open_and_some_that_is_done(demo):
    for name in ("field", "field2", "partner"):
        own = Order.objects.visible_to(asker_for(User.objects.get(username=name)))
        states = set(own.values_list("state", flat=True))
        assert {"sent", "accepted"} & states, (name, states)
        assert "verified" in states, (name, states)


# -- what was measured and done -------------------------------------------------------------------------------------
def test_a_day_of_readings_stands_behind_every_station(demo):
    assert Station.objects.count() > 100
    assert Reading.objects.values("station").distinct().count() == Station.objects.count()
    hours = Counter(Reading.objects.filter(kind="hour", factor="a34002").values_list("station", flat=True))
    assert min(hours.values()) >= 23
    assert Station.objects.exclude(silent_since=None).count() == 7


def test_alarms_stand_open_and_became_issues(demo):
    open_ones = Alarm.objects.filter(cleared_at=None)
    assert {a.layer.key for a in open_ones} >= {"dust-sites", "sewage-stations"}
    assert open_ones.exclude(acknowledged_at=None).exists()
    assert not open_ones.filter(rule__auto_issue=True, issue_alarm=None).exists()
    assert Issue.objects.filter(source="alarm").exists()


def test_orders_stand_in_every_state_some_reworked_and_some_overdue(demo):
    states = Counter(Order.objects.values_list("state", flat=True))
    assert set(states) == {"sent", "accepted", "reported", "returned", "verified", "withdrawn"}
    assert Order.objects.filter(rework_count__gt=0, state="verified").count() >= 3
    assert Order.objects.filter(state="verified", reported_at__gt=F("due_at")).exists()
    assert Order.objects.filter(state="accepted", report_by__lt=clock.now()).exists()
    assert {"rejected", "reported", "accepted", "settled", "dispatched"} <= set(
        Issue.objects.values_list("state", flat=True)
    )


def test_every_trail_verifies_and_runs_forward(demo):
    for order in Order.objects.all():
        events = list(OrderEvent.objects.filter(subject=order).order_by("seq"))
        previous = GENESIS
        for event in events:
            assert event.previous_hash == previous
            assert event.hash == chain_hash(previous, event.payload)
            previous = event.hash
        assert (order.events, order.head_hash) == (len(events), previous)
        assert all(a.at <= b.at for a, b in pairwise(events)), order.number
        assert events[0].verb == "dispatch"


def test_nobody_verified_the_work_of_the_own_unit(demo):
    for event in OrderEvent.objects.filter(verb="verify").select_related("subject__department"):
        assert event.by_department != event.subject.department.code


def test_every_report_has_a_picture_taken_at_the_place_before_it_was_sent(demo):
    for event in OrderEvent.objects.filter(verb="report"):
        assert event.attachments
        for picture in Attachment.objects.filter(pk__in=[a["id"] for a in event.attachments]):
            assert picture.content_type == "image/jpeg"
            assert picture.location is not None
            assert picture.taken_at < event.at


def test_facts_were_told_of_what_happened(demo):
    assert set(OutboxFact.objects.values_list("type", flat=True)) >= {
        "alarm.raised", "issue.opened", "issue.moved", "order.moved", "feature.changed", "station.silent",
    }  # fmt: skip


# -- the command ----------------------------------------------------------------------------------------------------
def test_a_second_demo_changes_nothing(demo, capsys):
    before = Feature.objects.count(), Order.objects.count()
    call_command("demo")
    assert (Feature.objects.count(), Order.objects.count()) == before
    assert "nothing was changed" in capsys.readouterr().out


def test_an_instance_with_a_real_person_is_not_reset(demo):
    User.objects.create(username="really", name="真人", is_demo=False)
    with pytest.raises(CommandError, match="really"):
        call_command("demo", "--stage", "quiet")
    assert Feature.objects.exists()


def test_without_the_demo_setting_nothing_is_made(demo, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="ENVMAP_DEMO is 0"):
        call_command("demo")


def test_the_build_is_audited(demo):
    kinds = {kind.split(".")[0] for kind in AuditRow.objects.values_list("kind", flat=True)}
    assert {"rule", "station", "role", "user", "department", "share"} <= kinds
