"""What a category asks for, and what of it the reports have brought."""

from types import SimpleNamespace

from django.contrib.gis.geos import LineString, Point
from django.utils import translation

from envmap.pages.evidence import Given, given_by, pieces

PLACE = Point(118.25, 24.60, srid=4326)


def event(*, verb="report", attachments=(), location=None, accuracy=None, answers=None):
    return {
        "verb": verb,
        "attachments": [{"id": i} for i in attachments],
        "location": {"type": "Point", "coordinates": location} if location else None,
        "accuracy": accuracy,
        "answers": answers,
    }


def order(geometry=PLACE):
    return SimpleNamespace(location=PLACE, feature=SimpleNamespace(geometry=geometry) if geometry else None)


def test_reports_are_taken_together_and_comments_are_no_evidence():
    given = given_by(
        order(),
        [event(attachments=[1]), event(verb="comment", attachments=[2]), event(attachments=[3, 4], answers={"KG": 12})],
        types={1: "image/jpeg", 2: "image/jpeg", 3: "image/png", 4: "application/pdf"},
        cleared=None,
    )
    assert given == Given(photos=2, papers=1, answers={"KG": 12}, nearest=None, accuracy=None, cleared=None)


def test_the_nearest_position_counts_and_is_measured_to_the_feature_itself():
    shore = LineString((118.25, 24.60), (118.27, 24.60), srid=4326)
    far, near = [118.26, 24.61], [118.26, 24.6003]  # 1.1 km and 33 m north of the shore's middle, 1 km from its end
    given = given_by(order(shore), [event(location=far), event(location=near, accuracy=8)], types={}, cleared=None)
    assert round(given.nearest) == 33
    assert given.accuracy == 8


def test_each_kind_is_judged_by_what_is_there():
    bare = Given(photos=0, papers=0, answers={}, nearest=None, accuracy=None, cleared=None)
    full = Given(photos=2, papers=1, answers={"KG": 12}, nearest=49.0, accuracy=5.0, cleared=True)
    codes = ["P2", "LOC", "MEAS", "LAB", "KG", "DOSSIER"]
    with translation.override("en"):
        assert [p.given for p in pieces(codes, bare)] == [False] * 6
        assert [(p.given, p.said) for p in pieces(codes, full)] == [
            (True, "2 photos reported"),
            (True, "49 m away, accurate to ±5 m"),
            (True, "the alarm has cleared"),
            (None, "1 paper or recording reported"),
            (True, "12"),
            (None, "look into the photos and the note"),
        ]
        assert pieces(["LOC"], Given(1, 0, {}, 51.0, None, None))[0].given is False
