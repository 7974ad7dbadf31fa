"""The detail panel of a feature: its chart's series, its further tabs, and what stays hidden."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.gis.geos import LineString, Point

from envmap.core import clock
from envmap.pages.feature_series import gaps_of
from envmap.pages.panel_tabs import alarms_of
from layers.catalogue import queries as catalogue
from layers.catalogue.actions import update_feature
from layers.sensors.actions import NewReading, record_readings
from layers.sensors.models import Alarm, AlarmRule, Factor, Station
from tests.cast import SPOT, make_feature

FACTOR = "a34002"


@pytest.fixture
def site(cast):
    """A dust site with a station, a rule at 0.15 and hour means: three below, a gap, two above."""
    feature = cast.feature["dust-sites"]
    factor = Factor.objects.create(
        code=FACTOR, names={"zh-hans": "可吸入颗粒物", "en": "PM10"}, unit="mg/m³", decimals=3
    )
    Station.objects.create(mn="M1", name="监测仪", protocol="http", feature=feature, expected_interval=60)
    AlarmRule.objects.create(
        name="小时", layer=feature.layer, factor=factor, kind="hour", above=Decimal("0.15"), clear_below=Decimal("0.13"), severity="major"
    )  # fmt: skip
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    readings = [(10, "0.05"), (9, "0.06"), (8, "0.07"), (2, "0.20"), (1, "0.21")]
    record_readings(
        by=cast.asker("officer"),
        mn="M1",
        readings=[
            NewReading(factor=FACTOR, time=hour - timedelta(hours=ago), kind="hour", value=Decimal(value), flag="N")
            for ago, value in readings
        ],
    )
    return feature


def series(client, feature, **params):
    return client.get(f"/map/{feature.layer.key}/{feature.pk}/series/", {"factor": FACTOR, **params})


def test_the_series_has_values_gaps_limits_alarms_and_a_sentence(site, enter):
    found = series(enter("officer"), site).json()
    assert found["values"] == [0.05, 0.06, 0.07, 0.20, 0.21]
    assert [limit["value"] for limit in found["limits"]] == [0.15]
    assert len(found["alarms"]) == 1
    widest = max(found["gaps"], key=lambda gap: gap[1] - gap[0])
    assert (widest[1] - widest[0]) / 3600 in (6, pytest.approx(14, abs=1.1))  # between the values, or before the first
    assert "0.210" in found["summary"]


def test_a_gap_is_longer_than_the_widest_distance_without_a_value():
    start = clock.now()
    hour = timedelta(hours=1)
    times = [start + n * hour for n in (0, 1, 3, 6)]
    assert gaps_of(times, 2 * hour, start, start + 7 * hour) == [(start + 3 * hour, start + 6 * hour)]
    assert gaps_of([], 2 * hour, start, start + hour) == [(start, start + hour)]


def test_a_station_that_speaks_every_ten_minutes_has_no_gaps_between_its_words(site, cast, enter):
    Station.objects.update(expected_interval=600)
    Factor.objects.create(code="LA", names={"zh-hans": "噪声", "en": "Noise"}, unit="dB", decimals=1)
    now = clock.now().replace(second=0, microsecond=0)
    record_readings(
        by=cast.asker("officer"),
        mn="M1",
        readings=[
            NewReading(factor="LA", time=now - timedelta(minutes=ago), kind="minute", value=Decimal(50), flag="N")
            for ago in (55, 45, 35, 5)
        ],
    )
    gaps = series(enter("officer"), site, factor="LA").json()["gaps"]
    assert [round((b - a) / 60) for a, b in gaps][1:] == [30]  # after the day before the first value


def test_open_alarms_stand_before_those_that_ended(site, cast, enter):
    Alarm.objects.update(cleared_at=clock.now())
    ended = Alarm.objects.get()
    older = Alarm.objects.create(
        **{
            field.attname: getattr(ended, field.attname)
            for field in Alarm._meta.concrete_fields
            if field.name not in ("id", "cleared_at", "opened_at", "severity")
        },
        opened_at=ended.opened_at - timedelta(days=2), severity="critical",
    )  # fmt: skip
    shown = alarms_of(cast.asker("officer"), site)["facts"]
    assert [fact.id for fact, _issue in shown] == [older.pk, ended.pk]


@pytest.mark.parametrize(("who", "status"), [("officer", 200), ("supervisor", 200), (None, 404), ("partner", 404)])
def test_series_and_tabs_exist_for_those_who_see_the_feature(site, cast, client, enter, who, status):
    asking = enter(who) if who else client
    assert series(asking, site).status_code == status
    for tab in ("alarms", "orders", "history", "photos", "nearby"):
        assert asking.get(f"/map/{site.layer.key}/{site.pk}/{tab}/").status_code == status


def test_an_unknown_factor_period_or_tab_is_refused(site, enter):
    officer = enter("officer")
    assert series(officer, site, factor="nope").status_code == 400
    assert series(officer, site, period="century").status_code == 400
    assert officer.get(f"/map/{site.layer.key}/{site.pk}/secrets/").status_code == 404


def test_history_says_what_changed_and_by_whom(site, cast, enter):
    update_feature(
        by=cast.asker("officer"), layer=site.layer.key, feature_id=site.pk, version=site.version,
        changes={"properties": {"name": "新名字"}, "geometry": {"type": "Point", "coordinates": [118.26, 24.61]}},
    )  # fmt: skip
    text = enter("officer").get(f"/map/{site.layer.key}/{site.pk}/history/").text
    assert "<ins>新名字</ins>" in text
    assert "<ins>24.61000, 118.26000</ins>" in text
    assert cast.department["bureau"].name in text


def test_nearby_is_measured_on_the_ellipsoid_between_the_nearest_parts(cast):
    centre = cast.feature["dust-sites"]
    make_feature(centre.layer, "near", geometry=Point(SPOT.x, SPOT.y + 0.005, srid=4326))  # 554 m
    make_feature(centre.layer, "far", geometry=Point(SPOT.x, SPOT.y + 0.02, srid=4326))
    make_feature(
        centre.layer, "line", geometry=LineString((SPOT.x + 0.002, SPOT.y - 1), (SPOT.x + 0.002, SPOT.y + 1), srid=4326)
    )
    found = catalogue.nearby(cast.asker("officer"), centre, metres=1_000, limit=10)
    assert [(one.feature.code, round(one.metres)) for one in found if one.feature.layer == centre.layer] == [
        ("line", 203),
        ("near", 554),
    ]
    assert "far" not in {one.feature.code for one in found}
    assert catalogue.nearby(cast.asker("viewer"), centre, metres=1_000, limit=10) == [] or all(
        one.feature.layer.public for one in catalogue.nearby(cast.asker("viewer"), centre, metres=1_000, limit=10)
    )
