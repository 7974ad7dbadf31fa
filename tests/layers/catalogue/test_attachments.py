"""Files: what they are by content, what they tell, where they lie, whose they are and when they go."""

import hashlib
import io
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from envmap.accounts.asker import ANONYMOUS
from envmap.core import clock
from envmap.core.errors import BadInput, NotAllowed, NotSignedIn, NotVisible, TooLarge, UnknownKind
from layers.catalogue import actions, payloads, queries
from layers.catalogue.media import look_into
from layers.catalogue.models import Attachment
from layers.catalogue.store import path_of

from .photos import photo, png_bomb, upload

TAKEN = datetime(2026, 11, 24, 8, 30, 15)  # noqa: DTZ001  (a camera does not know its zone)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def field(cast):
    return cast.asker("field")


def stored(by, content=None, **more):
    return actions.store_attachment(by=by, upload=upload(content or photo(), **more))


def test_a_photograph_is_kept_byte_for_byte_under_its_hash(field):
    content = photo(at=(118.2512345, 24.6), taken=TAKEN)
    kept = stored(field, content)
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert path_of(kept.file).read_bytes() == content
    assert kept.sha256 in kept.file
    assert payloads.attachment_payload(kept, "/api/v1/attachments") == {
        "id": kept.pk,
        "sha256": kept.sha256,
        "content_type": "image/jpeg",
        "size": len(content),
        "taken_at": "2026-11-24T08:30:15+08:00",
        "location": {"type": "Point", "coordinates": [pytest.approx(118.2512345, abs=1e-7), 24.6]},
        "url": f"/api/v1/attachments/{kept.pk}",
        "thumbnail_url": f"/api/v1/attachments/{kept.pk}?thumbnail=1",
    }


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (None, datetime(2026, 11, 24, 0, 30, 15, tzinfo=UTC)),  # a camera that does not say keeps Asia/Shanghai
        ("+08:00", datetime(2026, 11, 24, 0, 30, 15, tzinfo=UTC)),
        ("+09:30", datetime(2026, 11, 23, 23, 0, 15, tzinfo=UTC)),
        ("-05:00", datetime(2026, 11, 24, 13, 30, 15, tzinfo=UTC)),
        ("+00:00", datetime(2026, 11, 24, 8, 30, 15, tzinfo=UTC)),
        ("nonsense", datetime(2026, 11, 24, 0, 30, 15, tzinfo=UTC)),
    ],
)
def test_the_time_of_a_photograph_has_the_zone_that_it_says(offset, expected):
    assert look_into(io.BytesIO(photo(taken=TAKEN, offset=offset)), max_pixels=10**7).taken_at == expected


@pytest.mark.parametrize("at", [(118.25, 24.6), (-70.5, -33.25), (0.5, 0.25)])
def test_the_place_of_a_photograph_keeps_its_hemisphere(at):
    found = look_into(io.BytesIO(photo(at=at)), max_pixels=10**7).location
    assert (found.x, found.y, found.srid) == (pytest.approx(at[0]), pytest.approx(at[1]), 4326)


def test_a_camera_without_a_satellite_was_not_at_null_island():
    assert look_into(io.BytesIO(photo(at=(0, 0))), max_pixels=10**7).location is None
    assert look_into(io.BytesIO(photo()), max_pixels=10**7).taken_at is None


def test_the_small_picture_stands_upright_and_says_nothing_of_where_it_was_taken(field):
    kept = stored(field, photo((1200, 800), at=(118.2, 24.6), taken=TAKEN, orientation=6))
    with Image.open(path_of(kept.thumbnail)) as small:
        assert small.format == "JPEG"
        assert small.height > small.width
        assert max(small.size) <= 480
        assert dict(small.getexif()) == {}
        # Orientation 6: the camera's left is the picture's top.
        assert small.getpixel((small.width // 2, 5))[0] > 200
        assert small.getpixel((small.width // 2, small.height - 5))[2] > 200


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
def test_other_images_are_taken_for_what_they_are_whatever_they_are_called(field, format):
    kept = stored(field, photo(format=format), name="report.pdf", content_type="application/pdf")
    assert kept.content_type == f"image/{format.lower()}"
    assert kept.thumbnail


@pytest.mark.parametrize(
    ("mode", "format"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("1", "PNG"), ("I;16", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("P", "GIF")],
)  # fmt: skip
def test_every_kind_of_pixels_gets_a_small_picture(mode, format):
    out = io.BytesIO()
    Image.new(mode, (1000, 30)).save(out, format)
    with Image.open(io.BytesIO(look_into(out, max_pixels=10**6).thumbnail)) as small:
        assert (small.size, small.mode) == ((480, 14), "RGB")


def test_a_telephones_double_picture_is_a_jpeg():
    out, pictures = io.BytesIO(), [Image.new("RGB", (50, 50), color) for color in ("red", "blue")]
    pictures[0].save(out, "MPO", save_all=True, append_images=pictures[1:])
    assert look_into(out, max_pixels=10**6).content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "application/pdf"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(200), "audio/mpeg"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(60), "audio/wav"),
        (b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42isom" + bytes(60), "audio/mp4"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(60), "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + bytes(60), "video/quicktime"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(60), "video/webm"),
    ],
)  # fmt: skip
def test_pdf_audio_and_video_are_known_by_their_first_bytes(field, head, content_type):
    kept = stored(field, head, name="photo.jpg")
    assert (kept.content_type, kept.thumbnail) == (content_type, "")


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><script>alert(1)</script>", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"only words", b"PK\x03\x04" + bytes(60), b"MZ\x90\0" + bytes(100), b"\x7fELF" + bytes(60), b"#!/bin/sh\nrm",
        b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + bytes(60), b"II*\0" + bytes(60), b"\0",
    ],
)  # fmt: skip
def test_every_other_type_is_refused_whatever_it_claims_to_be(field, content):
    with pytest.raises(UnknownKind):
        stored(field, content)
    assert not Attachment.objects.exists()


def test_a_broken_image_is_bad_input_and_nothing_of_it_is_kept(field, media):
    whole = photo((800, 800))
    for broken in (whole[: len(whole) // 2], whole[:40], photo(format="PNG")[:-200], b"\xff\xd8\xff" + bytes(500)):
        with pytest.raises(BadInput) as refusal:
            stored(field, broken)
        assert refusal.value.errors[0]["field"] == "file"
    assert not Attachment.objects.exists()
    assert not media.exists()


def test_a_bomb_is_refused_by_its_pixels_before_it_is_unpacked(field, settings):
    settings.IMAGE_MAX_PIXELS = 1_000_000
    bomb = png_bomb(4096)
    assert len(bomb) < 10_000
    with pytest.raises(TooLarge):
        stored(field, bomb, name="bomb.png")
    settings.IMAGE_MAX_PIXELS = 10**12  # Pillow's own guard stands behind ours
    with pytest.raises(TooLarge):
        stored(field, png_bomb(16384), name="bomb.png")


def test_too_many_bytes_are_refused_and_none_at_all_too(field, settings):
    settings.ATTACHMENT_MAX_BYTES = 100
    with pytest.raises(TooLarge):
        stored(field, photo())
    with pytest.raises(BadInput):
        actions.store_attachment(by=field, upload=upload(b""))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(
    st.binary(max_size=300),
    st.builds(lambda head, rest: head + rest, st.sampled_from(
        [b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b"%PDF-", b"\0\0\0\x18ftyp"]),
        st.binary(max_size=300)),
    st.builds(lambda whole, at, byte: whole[:at] + bytes([byte]) + whole[at + 1:],
              st.just(photo((64, 64), at=(1, 1), taken=TAKEN)), st.integers(0, 900), st.integers(0, 255)),
))  # fmt: skip
def test_no_bytes_do_more_than_be_taken_or_refused(content):
    try:
        seen = look_into(io.BytesIO(content), max_pixels=10**7)
    except (UnknownKind, BadInput, TooLarge):
        return
    assert seen.content_type.split("/")[0] in {"image", "audio", "video", "application"}


@pytest.mark.parametrize("who", ["viewer", "admin"])
def test_who_reports_nothing_attaches_nothing(cast, who):
    with pytest.raises(NotAllowed):
        stored(cast.asker(who))


def test_nobody_signed_in_attaches_anything(db):
    with pytest.raises(NotSignedIn):
        stored(ANONYMOUS)


def test_until_it_hangs_only_its_uploader_sees_it_and_afterwards_nobody_by_its_own_id(cast, field):
    kept = stored(field)
    assert queries.own_attachment(field, kept.pk) == kept
    for who in ("field2", "manager", "officer", "admin", "supervisor", "viewer", "partner"):
        with pytest.raises(NotVisible):
            queries.own_attachment(cast.asker(who), kept.pk)
    with pytest.raises(NotVisible):
        queries.own_attachment(ANONYMOUS, kept.pk)
    with transaction.atomic():
        actions.hang([kept.pk], by=field)
    with pytest.raises(NotVisible):
        queries.own_attachment(field, kept.pk)


def test_hanging_keeps_the_order_and_takes_only_what_is_ones_own_and_free(cast, field):
    mine = [stored(field, photo((50 + n, 50))) for n in range(3)]
    foreign = stored(cast.asker("field2"))
    wanted = [mine[2].pk, mine[0].pk]
    with transaction.atomic():
        assert [a.pk for a in actions.hang(wanted, by=field)] == wanted
    for bad in ([foreign.pk], [10**9], [mine[1].pk, 10**9], [mine[0].pk], ["1"], [True], [-1], [2**70]):
        with transaction.atomic(), pytest.raises(BadInput) as refusal:
            actions.hang(bad, by=field)
        assert refusal.value.errors[0]["field"] == "attachments"
    assert Attachment.objects.get(pk=mine[1].pk).hung_at is None
    with transaction.atomic():  # once more on the same thing
        assert [a.pk for a in actions.hang([mine[0].pk, mine[1].pk], by=field, already={mine[0].pk})] == [
            mine[0].pk, mine[1].pk,
        ]  # fmt: skip


def test_what_hangs_on_nothing_goes_after_seven_days_and_not_before(field):
    old, young, hung = (stored(field, photo((60 + n, 60))) for n in range(3))
    with transaction.atomic():
        actions.hang([hung.pk], by=field)
    age = {old: timedelta(days=7, seconds=1), young: timedelta(days=6, hours=23), hung: timedelta(days=400)}
    for attachment, days in age.items():
        Attachment.objects.filter(pk=attachment.pk).update(uploaded_at=clock.now() - days)
    assert actions.remove_unused_attachments() == 1
    assert set(Attachment.objects.values_list("pk", flat=True)) == {young.pk, hung.pk}
    assert not path_of(old.file).exists()
    assert not path_of(old.thumbnail).exists()
    assert path_of(young.file).exists()


def test_a_content_that_another_row_tells_of_stays(cast, field):
    first, second = stored(field), stored(cast.asker("field2"))
    assert first.file == second.file
    Attachment.objects.filter(pk=first.pk).update(uploaded_at=clock.now() - timedelta(days=8))
    assert actions.remove_unused_attachments() == 1
    assert path_of(second.file).exists()


def test_a_file_whose_row_was_rolled_back_goes_too_and_what_a_killed_writer_left(field, media):
    kept = stored(field, photo((90, 90)))
    with transaction.atomic():
        undone = stored(field)
        transaction.set_rollback(True)
    half = path_of(undone.file).with_name(".coming-x")
    half.write_bytes(b"half")
    assert actions.remove_unused_attachments() == 0
    assert path_of(undone.file).exists(), "a young file may belong to a transaction that still runs"
    week_ago = (clock.now() - timedelta(days=7, minutes=1)).timestamp()
    for path in (p for p in media.rglob("*") if p.is_file()):
        os.utime(path, (week_ago, week_ago))
    actions.remove_unused_attachments()
    assert {p for p in media.rglob("*") if p.is_file()} == {path_of(kept.file), path_of(kept.thumbnail)}


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_being_hung_is_not_removed(cast):
    field = cast.asker("field")
    kept = stored(field)
    Attachment.objects.filter(pk=kept.pk).update(uploaded_at=clock.now() - timedelta(days=8))
    removed = []

    def remove():
        removed.append(actions.remove_unused_attachments())
        connection.close()

    with transaction.atomic():
        actions.hang([kept.pk], by=field)
        worker = threading.Thread(target=remove)
        worker.start()
        worker.join(30)
    assert removed == [0]
    assert path_of(kept.file).exists()
