"""Categories: two levels, loaded whole or not at all, with the row named where it is wrong."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from envmap.accounts.asker import SYSTEM
from envmap.core.errors import BadInput, NotAllowed
from tasks.issues import actions, queries
from tasks.issues.models import AlarmCategory, Category
from tasks.issues.payloads import category_payload
from tests.cast import make_layer

FIXTURES = Path(__file__).parents[3] / "fixtures"
LAYERS = ("outfalls", "sewage-stations", "marine-debris", "dust-sites", "epidemic-control")


def rows(name):
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def layers(cast):
    for key in LAYERS:
        if key not in cast.layer:
            cast.layer[key] = make_layer(key, public=False)
    return cast


def test_the_categories_of_the_fixtures(layers):
    actions.load_categories(by=SYSTEM, rows=rows("categories.csv"))
    assert Category.objects.filter(parent=None).count() == 5
    assert Category.objects.exclude(parent=None).count() == 20
    dust = Category.objects.get(code="DS-01")
    assert (dust.parent.code, dust.layer.key, dust.clock, dust.severity) == ("DS", "dust-sites", "urgent", "major")
    assert (dust.accept_within, dust.report_within, dust.evidence) == (Decimal("0.5"), 2, ["P2", "MEAS"])
    sign = Category.objects.get(code="OF-03")
    assert (sign.clock, sign.accept_within, sign.report_within, sign.unit_kind) == ("days", 1, 10, "town")
    wanted = [row for row in rows("alarm_categories.csv") if row["side"]]
    assert actions.load_alarm_categories(by=SYSTEM, rows=wanted) == len(wanted)
    again = list(Category.objects.order_by("pk").values())
    actions.load_categories(by=SYSTEM, rows=rows("categories.csv"))
    actions.load_alarm_categories(by=SYSTEM, rows=wanted)
    assert list(Category.objects.order_by("pk").values()) == again
    assert AlarmCategory.objects.count() == len(wanted)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"layer": "nothing"}, "layer"),
        ({"clock": "moon"}, "clock"),
        ({"severity": "awful"}, "severity"),
        ({"unit_kind": "army"}, "unit_kind"),
        ({"accept": "soon"}, "accept"),
        ({"report": "0"}, "report"),
        ({"report": "NaN"}, "report"),
        ({"clock": "days", "accept": "1.5"}, "accept"),
        ({"parent": "QQ"}, "parent"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_kept(layers, changes, field):
    good = {"code": "DS", "name": "工地扬尘", "layer": "dust-sites"}
    bad = {
        "code": "DS-09",
        "parent": "DS",
        "name": "试",
        "layer": "dust-sites",
        "clock": "hours",
        "accept": "1",
        "report": "2",
    }
    with pytest.raises(BadInput) as refused:
        actions.load_categories(by=SYSTEM, rows=[good, bad | changes])
    assert (refused.value.errors[0]["index"], refused.value.errors[0]["field"]) == (1, field)
    assert not Category.objects.exists()


@pytest.mark.parametrize("field", ["layer", "side", "category"])
def test_a_wrong_alarm_category_is_named(layers, field):
    actions.load_categories(by=SYSTEM, rows=rows("categories.csv"))
    good = {"layer": "dust-sites", "factor": "*", "side": "above", "category": "DS-01"}
    with pytest.raises(BadInput) as refused:
        actions.load_alarm_categories(by=SYSTEM, rows=[good, good | {field: "nothing"}])
    assert (refused.value.errors[0]["index"], refused.value.errors[0]["field"]) == (1, field)
    assert not AlarmCategory.objects.exists()


def test_only_who_keeps_reference_data_loads_it(layers):
    for who in ("officer", "supervisor", "manager"):
        with pytest.raises(NotAllowed):
            actions.load_categories(by=layers.asker(who), rows=[])
        with pytest.raises(NotAllowed):
            actions.load_alarm_categories(by=layers.asker(who), rows=[])


def test_whoever_is_signed_in_reads_them_in_one_query(layers, django_assert_num_queries):
    actions.load_categories(by=SYSTEM, rows=rows("categories.csv"))
    field = layers.asker("field")
    with django_assert_num_queries(1):
        found = [category_payload(c) for c in queries.categories(field, layer="dust-sites")]
    assert [c["code"] for c in found] == ["DS", "DS-01", "DS-02", "DS-03", "DS-04"]
    assert found[1]["parent"] == "DS" and found[1]["evidence"] == ["P2", "MEAS"]
