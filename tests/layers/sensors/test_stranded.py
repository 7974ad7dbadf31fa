"""An alarm ends with its station's leaving, because no reading could end it any more."""

import pytest

from layers.catalogue import actions as catalogue
from layers.catalogue.models import FeatureCondition
from layers.sensors import actions
from layers.sensors.models import Alarm
from tests.cast import make_feature
from tests.layers.sensors import make
from tests.layers.sensors.make import MN, minute
from tests.layers.sensors.test_readings import facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def alarming(cast):
    """A dust site whose only station stands above the rule of its layer."""
    make.station(feature=cast.feature["dust-sites"])
    make.rule(layer=cast.layer["dust-sites"])
    record(cast, minute(0, "0.2"))
    assert FeatureCondition.objects.get(until=None).rank == 4
    return Alarm.objects.get()


def record(cast, *readings):
    return actions.record_readings(by=cast.asker("officer"), mn=MN, readings=readings)


def move(cast, layer, feature):
    actions.update_station(by=cast.asker("officer"), mn=MN, layer=layer, feature=feature)


def test_an_alarm_whose_station_stands_where_it_stood_is_left_alone(cast, alarming):
    assert actions.clear_stranded() == 0
    assert Alarm.objects.get().cleared_at is None


def test_a_station_that_is_taken_off_leaves_no_alarm_behind(cast, alarming):
    move(cast, None, None)
    assert actions.clear_stranded() == 1
    assert Alarm.objects.get().cleared_at is not None
    assert facts() == ["alarm.raised", "alarm.cleared"]
    assert not FeatureCondition.objects.filter(until=None).exists()
    assert actions.clear_stranded() == 0


def test_a_station_that_moved_is_judged_afresh_where_it_is_and_after_it_is_back(cast, alarming):
    other = make_feature(cast.layer["dust-sites"], "DS-0002")
    move(cast, "dust-sites", other.code)
    assert actions.clear_stranded() == 1
    record(cast, minute(1, "0.2"))
    assert Alarm.objects.get(cleared_at=None).feature == other
    move(cast, "dust-sites", cast.feature["dust-sites"].code)
    assert actions.clear_stranded() == 1
    record(cast, minute(2, "0.2"))
    assert Alarm.objects.get(cleared_at=None).feature == cast.feature["dust-sites"]


def test_a_deleted_feature_takes_its_alarms_along(cast, alarming):
    feature = cast.feature["dust-sites"]
    catalogue.delete_feature(
        by=cast.asker("officer"), layer="dust-sites", feature_id=feature.pk, version=feature.version
    )
    assert actions.clear_stranded() == 1
    record(cast, minute(1, "0.2"))
    assert not Alarm.objects.filter(cleared_at=None).exists()
