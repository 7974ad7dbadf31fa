"""One search over what one may see: substrings, codes, readings, right at once."""

import pytest
from django.db import connection

from envmap.search.queries import search
from layers.catalogue.actions import update_feature
from layers.catalogue.models import Feature
from layers.sensors.models import Station
from tests.cast import SPOT, make_feature
from tests.tasks.make import open_issue


@pytest.fixture
def things(cast):
    dust, outfalls = cast.layer["dust-sites"], cast.layer["outfalls"]
    make_feature(dust, "YC350001", name="新店安置房二期工地", attributes={"address": "洪钟大道 18 号"})
    make_feature(dust, "YC350002", name="新圩医院新建一期工地")
    make_feature(outfalls, "GX-0003", name="琼头3号入海排口")
    return cast


def titles(cast, who, text, kind="feature", **more):
    return [one.title for one in search(cast.asker(who), text, **more) if one.kind == kind]


@pytest.mark.parametrize(("text", "expected"), [
    ("店", {"新店安置房二期工地"}), ("安置房", {"新店安置房二期工地"}), ("新 工地", {"新店安置房二期工地", "新圩医院新建一期工地"}),
    ("yc35000", {"新店安置房二期工地", "新圩医院新建一期工地"}), ("GX-0003", {"琼头3号入海排口"}), ("洪钟大道", {"新店安置房二期工地"}),
    ("xdaz", {"新店安置房二期工地"}), ("xxyy", set()), ("店新", set()), ("%", set()), ("_", set()), ("\\", set()), ("   ", set()),
])  # fmt: skip
def test_parts_of_codes_names_addresses_and_readings_are_found(things, text, expected):
    assert set(titles(things, "officer", text)) == expected


def test_an_exact_code_goes_first(things):
    make_feature(things.layer["dust-sites"], "YC3500010", name="又一处")
    assert titles(things, "officer", "YC350001")[0] == "新店安置房二期工地"


def test_what_one_may_not_see_is_not_found(things):
    assert titles(things, "officer", "新店") == ["新店安置房二期工地"]
    public = {layer.key for layer in things.layer.values() if layer.public}
    assert "dust-sites" not in public
    for who in ("viewer", "partner"):
        assert titles(things, who, "新店") == []
    issue = open_issue(things, title="新店扬尘")
    assert titles(things, "officer", "新店扬尘", "issue") == ["新店扬尘"]
    assert titles(things, "admin", issue.number, "issue") == []
    assert titles(things, "field", issue.number, "issue") == []


def test_a_renamed_thing_is_found_by_its_new_name_at_once(things):
    feature = make_feature(things.layer["dust-sites"], "YC9", name="旧名")
    update_feature(
        by=things.asker("officer"), layer="dust-sites", feature_id=feature.pk, version=feature.version,
        changes={"properties": {"name": "改名后的工地"}},
    )  # fmt: skip
    assert titles(things, "officer", "改名") == ["改名后的工地"]
    assert titles(things, "officer", "旧名") == []


def test_stations_are_found_by_mn_and_name(things):
    Station.objects.create(mn="ABC123", name="洪前监测仪", protocol="hj212", feature=things.feature["dust-sites"])
    assert titles(things, "officer", "abc1", "station") == ["洪前监测仪"]
    assert titles(things, "officer", "洪前", "station") == ["洪前监测仪"]


def test_coordinates_lead_to_their_place(things):
    [found] = [one for one in search(things.asker("officer"), "24.6125, 118.25") if one.kind == "coordinates"]
    assert found.url == "/#map=16/24.612500/118.250000"


def test_the_number_of_queries_does_not_grow(things, django_assert_max_num_queries):
    for n in range(20):
        make_feature(things.layer["dust-sites"], f"YC77{n}", name=f"新店第{n}工地")
    with django_assert_max_num_queries(8):
        assert len(titles(things, "officer", "新店", limit=50)) == 21


def test_the_index_over_pairs_serves(things):
    layer = things.layer["dust-sites"]
    Feature.objects.bulk_create(
        Feature(layer=layer, code=f"YC88{n}", name=f"第{n}处", geometry=SPOT) for n in range(600)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalogue_feature")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM catalogue_feature WHERE deleted_at IS NULL"
            " AND search_grams(search_feature_text(code, name, attributes)) @> %s::text[]", [["新店"]],
        )  # fmt: skip
        assert "search_feature" in "\n".join(row[0] for row in cursor.fetchall())
