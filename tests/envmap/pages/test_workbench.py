"""The map page and the panel of a feature: each part through what the asker may see."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from envmap.core import clock
from envmap.pages.feature_panel import groups_of, value_in_words
from envmap.pages.map_config import sheets
from layers.catalogue.models import Feature
from layers.sensors.models import Alarm, AlarmRule, Factor, Reading, Station
from tests.cast import make_feature

pytestmark = pytest.mark.django_db


def config_of(client: Client) -> dict:
    """What the page hands to its scripts."""
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    return json.loads(re.search(r'<script id="map-config" type="application/json">(.*?)</script>', page).group(1))


def address(feature: Feature) -> str:
    return f"/map/{feature.layer.key}/{feature.pk}/"


@pytest.fixture
def alarm(cast) -> Alarm:
    """An open alarm of the dust site, with the reading that raised it."""
    feature = cast.feature["dust-sites"]
    factor = Factor.objects.create(
        code="a34002", names={"zh-hans": "可吸入颗粒物", "en": "PM10"}, unit="mg/m³", decimals=3
    )
    station = Station.objects.create(mn="MN1", name="s", feature=feature)
    rule = AlarmRule.objects.create(
        name="r", station=station, factor=factor, kind="minute", above="0.15", clear_below="0.1"
    )
    now = clock.now()
    for minutes, value in [(2, "0.1"), (1, "0.211")]:
        Reading.objects.create(
            station=station,
            factor="a34002",
            kind="minute",
            time=now - timedelta(minutes=minutes),
            value=value,
            flag="N",
        )
    return Alarm.objects.create(
        rule=rule, station=station, feature=feature, layer=feature.layer, factor=factor, severity="major", opened_at=now,
        first_value="0.2", last_value="0.211", peak_value="0.219",
        limit={"value": 0.15, "unit": "mg/m³", "standard": "DB35/1-2000", "clause": "4.1"},
    )  # fmt: skip


def test_a_visitor_gets_public_layers_alone_and_an_officer_all(cast, enter):
    assert [layer["key"] for layer in config_of(Client())["layers"]] == ["outfalls"]
    assert {layer["key"] for layer in config_of(enter("officer"))["layers"]} == {"outfalls", "dust-sites"}


def test_the_tallies_count_what_the_asker_sees(cast, enter):
    (layer,) = config_of(Client())["layers"]
    assert (layer["count"], layer["by_condition"]["normal"]) == (1, 1)


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 404), ("viewer", 404), ("field2", 404), ("officer", 200), ("supervisor", 200), ("admin", 200)],
)
def test_the_panel_of_a_feature_is_for_those_who_see_it(cast, enter, who, status):
    client = enter(who) if who else Client()
    assert client.get(address(cast.feature["dust-sites"])).status_code == status
    assert client.get(address(cast.feature["outfalls"])).status_code == 200


def test_the_panel_tells_the_alarm_with_its_limit_and_clause_and_the_newest_value(cast, enter, alarm):
    shown = enter("officer").get(address(alarm.feature), HTTP_ACCEPT_LANGUAGE="en").content.decode()
    for wanted in ("PM10", "0.211", "mg/m³", "0.150", "DB35/1-2000 4.1", "data-acknowledge", 'data-reading="a34002"'):
        assert wanted in shown, wanted
    assert "0.100" not in shown, "only the newest reading"
    assert "data-acknowledge" not in enter("supervisor").get(address(alarm.feature)).content.decode()


def test_the_newest_alarms_are_those_of_visible_features(cast, enter, alarm):
    assert alarm.feature.name in enter("officer").get("/map/alarms/").content.decode()
    assert alarm.feature.name not in Client().get("/map/alarms/").content.decode()


def test_a_bad_token_gets_the_public_map(cast):
    assert Client().get("/", HTTP_AUTHORIZATION="Bearer nonsense").status_code == 200


def test_the_panel_asks_no_more_for_more(cast, enter, alarm, django_assert_max_num_queries):
    client = enter("officer")
    client.get(address(alarm.feature))
    with django_assert_max_num_queries(32):
        client.get(address(alarm.feature))
    for n in range(3):
        station = Station.objects.create(mn=f"X{n}", name="s", feature=alarm.feature)
        Reading.objects.create(station=station, factor=f"w{n}", kind="hour", time=clock.now(), value="1", flag="N")
    with django_assert_max_num_queries(32):
        client.get(address(alarm.feature))


def test_attributes_are_said_in_the_words_of_the_schema_and_what_is_missing_is_counted(cast):
    layer = cast.layer["dust-sites"]
    layer.schema["properties"] |= {
        "kinds": {
            "type": "array",
            "title": "类别",
            "items": {"oneOf": [{"const": "a", "title": "甲"}, {"const": "b", "title": "乙"}]},
        },
        "online": {"type": "boolean", "title": "在线", "x-order": 1},
        "area": {"type": "number", "title": "面积", "x-unit": "公顷"},
    }
    layer.save()
    feature = make_feature(layer, "d-9", attributes={"kinds": ["b", "a"], "online": False, "area": 4.60})
    (group,) = groups_of(feature)
    assert [(e.title, e.value, e.unit) for e in group.entries] == [
        ("在线", "否", ""), ("面积", "4.6", "公顷"), ("类别", "乙、甲", ""),
    ]  # fmt: skip
    assert group.missing == 1
    assert value_in_words({}, None) == ""


@pytest.mark.parametrize(
    ("basemap", "count", "moved"),
    [
        ("offline", 0, []),
        ("tianditu", 2, [None, None]),
        ("amap", 1, [True]),
        ("https://t.example/{z}/{x}/{y}.png", 1, [None]),
    ],
)
def test_raster_sheets_are_those_that_are_configured_and_only_gcj02_ones_are_moved(settings, basemap, count, moved):
    settings.BASEMAP, settings.TIANDITU_TOKEN = basemap, "key"
    found = sheets()
    assert [sheet.get("gcj02") for sheet in found] == moved and len(found) == count
    for sheet in found:
        assert all(part in sheet["url"] for part in ("{z}", "{x}", "{y}")), sheet["url"]
