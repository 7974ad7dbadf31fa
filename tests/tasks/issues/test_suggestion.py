"""Which unit is suggested, and the sentences that say why and who was passed over."""

import pytest
from django.contrib.gis.geos import Point, Polygon
from django.utils.translation import override

from layers.catalogue.models import Area, FeatureParty
from tasks.issues import queries
from tasks.orders.actions import dispatch
from tests.tasks.make import make_category, open_issue


@pytest.fixture
def town(cast):
    box = Polygon.from_bbox((118.2, 24.5, 118.3, 24.7))
    box.srid = 4326
    area = Area.objects.create(
        code="T1",
        names={"zh-hans": "马巷街道", "en": "Maxiang"},
        kind="town",
        geometry=box,
        department=cast.department["town"],
    )
    cast.feature["dust-sites"].town = area
    cast.feature["dust-sites"].save()
    return area


def suggest(cast, **more):
    issue = open_issue(cast, **more)
    return queries.suggested_unit(queries.issue_of(cast.asker("officer"), issue.number))


def party(cast, department, part, key="dust-sites"):
    FeatureParty.objects.create(feature=cast.feature[key], department=cast.department[department], part=part)


def test_a_party_of_the_wanted_kind_goes_first(cast, town):
    make_category("DS-01", layer=cast.layer["dust-sites"], unit_kind="contractor", unit_hint="housing")
    party(cast, "enterprise", "owner")
    party(cast, "unit-two", "contractor")
    found = suggest(cast, category="DS-01")
    assert found.department == cast.department["unit-two"]
    passed = {p.department.code for p in found.passed_over}
    assert passed == {"enterprise", "bureau"}  # the owner, and the duty unit, are of another kind
    with override("en"):
        assert "of the wanted kind" in suggest(cast, category="DS-01").reasons[0]


def test_among_several_the_one_that_the_hint_names(cast, town):
    make_category("OF-01", layer=cast.layer["dust-sites"], unit_kind="sector", unit_hint="water municipal")
    health = cast.department["health"]
    health.sector_hint = "health"
    health.save()
    town_unit = cast.department["town"]
    town_unit.kind, town_unit.sector_hint = "sector", "water"
    town_unit.save()
    party(cast, "health", "sector")
    party(cast, "town", "sector")
    found = suggest(cast, category="OF-01")
    assert found.department == town_unit
    assert health in [p.department for p in found.passed_over]


def test_the_duty_unit_counts_when_it_is_of_the_wanted_kind(cast, town):
    make_category("SS-01", layer=cast.layer["dust-sites"], unit_kind="operator")
    cast.feature["dust-sites"].department = cast.department["unit-one"]
    cast.feature["dust-sites"].save()
    assert suggest(cast, category="SS-01").department == cast.department["unit-one"]


def test_without_a_fitting_party_the_town(cast, town):
    make_category("DS-01", layer=cast.layer["dust-sites"], unit_kind="contractor")
    found = suggest(cast, category="DS-01")
    assert found.department == cast.department["town"]
    assert len(found.reasons) == 3


def test_an_issue_about_a_place_goes_to_the_town_that_it_lies_in(cast, town):
    make_category("MD-01", unit_kind="operator")
    place = {"type": "Point", "coordinates": [118.25, 24.55]}
    assert (
        suggest(cast, category="MD-01", layer=None, feature=None, location=place).department == cast.department["town"]
    )


def test_a_unit_that_has_closed_is_never_suggested(cast, town):
    make_category("DS-01", layer=cast.layer["dust-sites"], unit_kind="contractor")
    party(cast, "unit-two", "contractor")
    for code in ("unit-two", "town"):
        cast.department[code].is_active = False
        cast.department[code].save()
    found = suggest(cast, category="DS-01")
    assert found.department is None
    assert cast.department["unit-two"] in [p.department for p in found.passed_over]
    assert found.reasons


def test_without_category_or_town_it_says_so(cast):
    found = suggest(cast)
    assert found.department is None and len(found.reasons) == 2


def test_it_takes_a_fixed_number_of_queries(cast, town, django_assert_max_num_queries):
    make_category("DS-01", layer=cast.layer["dust-sites"], unit_kind="contractor")
    for code in ("enterprise", "health", "unit-one"):
        party(cast, code, "owner")
    issue = queries.issue_of(cast.asker("officer"), open_issue(cast, category="DS-01").number)
    with django_assert_max_num_queries(5):
        queries.suggested_unit(issue)


def contractor(cast, code, *, seat=None):
    department = cast.department[code]
    department.kind, department.seat = "contractor", seat
    department.save()
    party(cast, code, "contractor")
    return department


def test_among_equals_the_less_busy_and_then_the_nearer_and_the_reasons_say_so(cast, town):
    make_category("DS-01", layer=cast.layer["dust-sites"], unit_kind="contractor")
    far = contractor(cast, "unit-one", seat=Point(118.25, 24.69, srid=4326))  # 10 km north of the site
    near = contractor(cast, "unit-two", seat=Point(118.25, 24.60, srid=4326))
    with override("en"):
        found = suggest(cast, category="DS-01")
        assert found.department == near
        assert found.reasons[-1] == "0.0 km away, 0 open orders"
        assert [p.reason for p in found.passed_over if p.department == far] == [
            "fits as well, but is farther away (10.0 km away, 0 open orders)"
        ]
        dispatch(open_issue(cast, category="DS-01").number, by=cast.asker("officer"), department="unit-two")
        found = suggest(cast, category="DS-01")
        assert found.department == far
        assert [p.reason for p in found.passed_over if p.department == near] == [
            "fits as well, but is busier (0.0 km away, 1 open order)"
        ]


def test_a_unit_without_a_seat_is_weighed_by_its_load_alone(cast, town):
    make_category("DS-01", layer=cast.layer["dust-sites"], unit_kind="contractor")
    contractor(cast, "unit-one")
    with override("en"):
        assert suggest(cast, category="DS-01").reasons[-1] == "0 open orders"
