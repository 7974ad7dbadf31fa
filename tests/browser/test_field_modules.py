"""The phone's decisions, which need neither page nor network: run in the browser that will run them."""

import base64
import io

import pytest
from PIL import ExifTags, Image

from tests.layers.catalogue.photos import photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ask(sit_down, cast):
    screen = sit_down()
    screen.page.goto(f"{screen.address}/signin/")

    def evaluate(module: str, expression: str, argument=None):
        script = f"async (given) => ({expression})(await import('/static/js/field/{module}'), given)"
        return screen.page.evaluate(script, argument)

    return evaluate


PHOTO = {"id": "p", "kind": "photo", "state": "waiting", "order": 1, "number": "ZF1"}
ACCEPT = {"id": "a", "kind": "verb", "verb": "accept", "number": "ZF1", "state": "waiting", "order": 2}
REPORT = {"id": "r", "kind": "verb", "verb": "report", "number": "ZF1", "state": "waiting", "order": 3, "needs": ["p"]}
OTHER = {"id": "o", "kind": "verb", "verb": "comment", "number": "ZF2", "state": "waiting", "order": 4}


def test_photos_go_before_their_verb_and_verbs_of_an_order_one_after_the_other(ask):
    ready = "(m, items) => m.ready(items).map((i) => i.id)"
    assert ask("rules.js", ready, [PHOTO, ACCEPT, REPORT, OTHER]) == ["p", "a", "o"]
    arrived = {"state": "arrived"}
    assert ask("rules.js", ready, [PHOTO | arrived, ACCEPT, REPORT, OTHER]) == ["a", "o"]
    assert ask("rules.js", ready, [PHOTO | arrived, ACCEPT | arrived, REPORT, OTHER]) == ["r", "o"]
    # A refused acceptance holds back its report, and nothing else.
    refused = {"state": "refused"}
    assert ask("rules.js", ready, [PHOTO | arrived, ACCEPT | refused, REPORT, OTHER]) == ["o"]


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(200, "arrived"), (201, "arrived"), (0, "again"), (429, "again"), (502, "again"), (503, "again"), (401, "signed-out"),
     (403, "refused"), (404, "refused"), (409, "refused"), (412, "refused"), (413, "refused"), (422, "refused")],
)  # fmt: skip
def test_what_an_answer_means(ask, status, meaning):
    assert ask("rules.js", "(m, status) => m.outcome(status)", status) == meaning


def test_a_report_carries_its_photos_the_version_that_the_acceptance_led_to_and_when_it_happened(ask):
    items = [
        PHOTO | {"state": "arrived", "role": "before", "result": {"id": 81}},
        ACCEPT | {"state": "arrived", "result": {"version": 7}},
        REPORT | {"after": "a", "made": 1_000_000, "body": {"note": "好了", "version": 6}},
    ]
    body = ask("rules.js", "(m, items) => m.bodyOf(items[2], items, {error: -86400000, serverNow: 90000000})", items)
    assert (body["client_uuid"], body["version"], body["attachments"]) == ("r", 7, [81])
    assert body["answers"] == {"P2.before": 81}
    assert body["happened_at"] == "1970-01-02T00:16:40.000Z"  # a phone that is a day behind
    late = ask("rules.js", "(m, items) => m.bodyOf(items[2], items, {error: 0, serverNow: 500}).happened_at", items)
    assert late == "1970-01-01T00:00:00.500Z"  # never later than now


def test_a_stale_version_can_be_sent_all_the_same_and_typed_words_never_only_thrown_away(ask):
    ways = "(m, of) => m.waysOn(of)"
    assert ask("rules.js", ways, {"status": 412, "kind": "verb", "verb": "report", "hasNote": True})[0] == "anyway"
    assert ask("rules.js", ways, {"status": 422, "kind": "verb", "verb": "report", "hasNote": True})[0] == "change"
    assert "asComment" in ask("rules.js", ways, {"status": 409, "kind": "verb", "verb": "report", "hasNote": True})


def test_marks_at_one_place_move_apart_so_that_each_can_be_pressed(ask):
    spots = ask("rules.js", "(m, spots) => m.apart(spots)", [[10, 10], [10, 10], [20, 25], [300, 10], [10, 10]])
    assert spots[0] == [10, 10] and spots[3] == [300, 10]
    for n, (x, y) in enumerate(spots):
        assert all(abs(x - px) >= 44 or abs(y - py) >= 44 for px, py in spots[:n])


def back(bytes_) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(bytes_)))


SMALL = """async (m, text) => {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))
  const file = new File([bytes], 'IMG_1.HEIC.jpg', {type: 'image/jpeg', lastModified: 1795593403000})
  const {blob} = await m.prepare(file, {lon: -70.123456, lat: -33.5, accuracy: 7.5})
  const out = new Uint8Array(await blob.arrayBuffer())
  return btoa(Array.from(out, (byte) => String.fromCharCode(byte)).join(''))
}"""


def test_a_smaller_photo_stands_upright_and_keeps_the_cameras_time_and_position(ask):
    from datetime import datetime

    taken = photo((3000, 1000), at=(118.25, 24.6), taken=datetime(2026, 11, 24, 14, 58), offset="+08:00", orientation=6)  # noqa: DTZ001
    small = back(ask("photos.js", SMALL, base64.b64encode(taken).decode()))
    exif = small.getexif()
    assert small.size == (683, 2048) and exif.get(ExifTags.Base.Orientation, 1) == 1
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] == "2026:11:24 14:58:00"
    latitude = exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude]
    assert float(latitude[0]) + float(latitude[1]) / 60 == pytest.approx(24.6, abs=1e-4)


def test_a_camera_that_knows_no_place_gets_the_phones_with_its_accuracy(ask):
    small = back(ask("photos.js", SMALL, base64.b64encode(photo((800, 600))).decode()))
    gps = small.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert (gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef]) == ("S", "W")
    d, m, s = (float(part) for part in gps[ExifTags.GPS.GPSLongitude])
    assert d + m / 60 + s / 3600 == pytest.approx(70.123456, abs=1e-7)
    assert float(gps[ExifTags.GPS.GPSHPositioningError]) == 7.5
    assert small.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal]
