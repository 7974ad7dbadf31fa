"""Files over HTTP: sent, refused, hung and read through what they hang on."""

import hashlib
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from layers.catalogue.models import Attachment
from tests.envmap.api.test_door import is_problem
from tests.layers.catalogue.photos import photo, png_bomb
from tests.tasks.make import bring_to, make_category, make_hours, open_issue


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def file(content=None, name="现场.jpg"):
    return SimpleUploadedFile(name, photo(at=(118.25, 24.6)) if content is None else content)


def test_a_photo_is_kept_as_it_came_with_what_its_exif_says(api):
    content = photo(at=(118.25, 24.6))
    made = api.upload("/attachments", {"file": file(content)})
    assert made.status_code == 201
    body = made.json()
    assert body["sha256"] == hashlib.sha256(content).hexdigest()
    assert (body["content_type"], body["size"]) == ("image/jpeg", len(content))
    assert body["location"]["coordinates"] == pytest.approx([118.25, 24.6], abs=1e-6)
    assert made["Location"] == body["url"] == f"/api/v1/attachments/{body['id']}"
    read = api("GET", f"/attachments/{body['id']}", as_="field")
    assert b"".join(read.streaming_content) == content
    assert (read["Content-Type"], read["ETag"]) == ("image/jpeg", f'"{body["sha256"]}"')
    assert "sandbox" in read["Content-Security-Policy"]
    assert read["X-Content-Type-Options"] == "nosniff"
    small = api("GET", f"/attachments/{body['id']}?thumbnail=1", as_="field")
    assert (small.status_code, small["Content-Type"]) == (200, "image/jpeg")
    assert b"".join(small.streaming_content).startswith(b"\xff\xd8")
    again = api("GET", f"/attachments/{body['id']}", as_="field", If_None_Match=read["ETag"])
    assert again.status_code == 304


def test_until_it_hangs_only_its_uploader_sees_it(api):
    body = api.upload("/attachments", {"file": file()}).json()
    for who in ("officer", "manager", "field2", "admin", "viewer"):
        is_problem(api("GET", f"/attachments/{body['id']}", as_=who), 404)
    is_problem(api("GET", f"/attachments/{body['id']}", as_=None), 401)


def test_afterwards_it_is_read_through_what_it_hangs_on(api, cast):
    make_hours()
    make_category(layer=cast.layer["dust-sites"])
    order = bring_to(cast, "accepted")
    body = api.upload("/attachments", {"file": file()}).json()
    report = {"note": "已处理", "attachments": [body["id"]]}
    assert api("POST", f"/orders/{order.number}/report", report, as_="field").status_code == 200
    is_problem(api("GET", f"/attachments/{body['id']}", as_="field"), 404)
    path = f"/orders/{order.number}/attachments/{body['id']}"
    for who in ("field", "manager", "officer", "supervisor"):
        assert b"".join(api("GET", path, as_=who).streaming_content) == photo(at=(118.25, 24.6))
    for who in ("field2", "viewer", "admin", "partner"):
        is_problem(api("GET", path, as_=who), 404)
    listed = api("GET", f"/layers/dust-sites/features/{order.feature_id}/attachments").json()["items"]
    assert [(row["id"], row["url"]) for row in listed] == [(body["id"], f"/api/v1{path}")]
    assert api("GET", f"/layers/dust-sites/features/{order.feature_id}/attachments", as_="supervisor").json()["items"]
    # Another order's number does not open it.
    other = bring_to(cast, "accepted")
    is_problem(api("GET", f"/orders/{other.number}/attachments/{body['id']}"), 404)
    is_problem(api("GET", f"/orders/{other.number}/attachments"), 404)


def test_a_file_of_an_issue_is_read_through_it(api, cast):
    body = api.upload("/attachments", {"file": file()}, as_="officer").json()
    issue = open_issue(cast, attachments=[body["id"]])
    path = f"/issues/{issue.number}/attachments/{body['id']}"
    assert b"".join(api("GET", path).streaming_content)
    is_problem(api("GET", path, as_="field"), 404)
    listed = api("GET", f"/layers/dust-sites/features/{issue.feature_id}/attachments").json()["items"]
    assert [row["url"] for row in listed] == [f"/api/v1{path}"]


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"MZ\x90\x00" + b"\x00" * 200, "photo.jpg", 415),
        (b"<html><script>alert(1)</script></html>", "photo.jpg", 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo.svg", 415),
        (b"just words", "words.pdf", 415),
        (photo()[:400], "cut.jpg", 422),
        (b"\xff\xd8\xff\xe0 no picture", "photo.jpg", 422),
        (b"", "photo.jpg", 422),
        (png_bomb(12_000), "bomb.png", 413),
    ],
    ids=["program", "page", "svg", "words", "cut off", "broken", "empty", "bomb"],
)
def test_a_file_that_is_not_taken_leaves_nothing_behind(api, media, content, name, status):
    is_problem(api.upload("/attachments", {"file": file(content, name)}), status)
    assert not Attachment.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_file_above_the_limit_is_refused(api, settings):
    settings.ATTACHMENT_MAX_BYTES = 1000
    is_problem(api.upload("/attachments", {"file": file()}), 413)


def test_a_body_that_announces_too_much_is_refused_before_it_is_read(api, settings):
    settings.ATTACHMENT_MAX_BYTES = 1000
    is_problem(api.upload("/attachments", {"file": file(b"x" * 70_000)}), 413)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422), ({"photo": 1}, 422), ({"file": "text"}, 422), ({"file": 2}, 422), ({"file": 1, "title": "x"}, 422),
        ({"file": 1, "client_uuid": "x"}, 422),
    ],
    ids=str,
)  # fmt: skip
def test_a_form_that_is_not_what_was_expected(api, fields, status):
    made = {
        name: ([file() for _n in range(value)] if value != 1 else file()) if isinstance(value, int) else value
        for name, value in fields.items()
    }
    is_problem(api.upload("/attachments", made), status)
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("raw", [b"--x\r\nno form", b"{}"])
def test_a_broken_form_is_refused(api, raw):
    is_problem(api("POST", "/attachments", raw, as_="field", content_type="application/json"), 415)
    response = api("POST", "/attachments", raw, as_="field", content_type="multipart/form-data; boundary=x")
    assert response.status_code in {400, 422}
    is_problem(api("POST", "/attachments", raw, as_="field", content_type="multipart/form-data"), 400)


def test_who_sends_files(api):
    for who in ("viewer", "admin"):
        is_problem(api.upload("/attachments", {"file": file()}, as_=who), 403)
    is_problem(api("POST", "/attachments", as_=None), 401)
    is_problem(api("POST", "/attachments", as_="field", scopes=("read",)), 403)


def test_a_repeat_gives_the_same_file_whatever_its_boundary(api):
    content, key = photo(), str(uuid.uuid4())
    first = api.upload("/attachments", {"file": file(content), "client_uuid": key})
    again = api.upload("/attachments", {"client_uuid": key, "file": file(content)})
    assert again.json() == first.json()
    assert again["Idempotent-Replay"] == "true"
    is_problem(api.upload("/attachments", {"file": file(photo(size=(64, 64))), "client_uuid": key}), 409)
    assert Attachment.objects.count() == 1
