"""A citizen reports without an account, and follows the report by its private link."""

import re
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from layers.catalogue.models import Attachment
from tasks.issues.actions import reject
from tasks.issues.models import CitizenReport, Issue

from .conftest import picture


@pytest.fixture
def citizen(cast, category):
    cache.clear()
    yield Client()
    cache.clear()


def send(client, **fields):
    values = {
        "client_uuid": str(uuid4()),
        "description": "码头边泡沫浮球很多",
        "lat": "24.6",
        "lon": "118.25",
        "kind": "DS",
    }
    return client.post("/report/", values | fields)


def test_a_report_becomes_an_issue_and_its_link_a_receipt(citizen, enter):
    answer = send(citizen, photos=[picture(), picture("blue")], contact="0000-1234567", place="码头东侧")
    assert answer.status_code == 303
    issue = Issue.objects.get(source="citizen")
    assert (issue.state, issue.layer.key, issue.location.coords, issue.reporter) == (
        "reported",
        "dust-sites",
        (118.25, 24.6),
        None,
    )
    assert issue.issue_attachments.count() == 2
    page = citizen.get(answer["Location"])
    assert page["Referrer-Policy"] == "no-referrer"
    assert "码头边泡沫浮球很多" in page.text
    assert "0000-1234567" not in page.text
    assert "0000-1234567" in enter("officer").get(f"/issues/{issue.number}/").text


def test_without_the_key_there_is_nothing(citizen):
    where = send(citizen)["Location"]
    number = re.search(r"/report/(WT[\d-]+)/", where).group(1)
    for address in (f"/report/{number}/", f"/report/{number}/?key=wrong", where.replace(number, "WT20200101-0001")):
        assert citizen.get(address).status_code == 404
    key = where.split("key=")[1]
    assert not CitizenReport.objects.filter(key_digest=key).exists()


def test_a_form_sent_twice_makes_one_report_and_other_words_are_no_repeat(citizen):
    uuid = str(uuid4())
    first, second = send(citizen, client_uuid=uuid), send(citizen, client_uuid=uuid)
    assert first["Location"] == second["Location"]
    assert send(citizen, client_uuid=uuid, description="别的事").status_code == 409
    assert Issue.objects.filter(source="citizen").count() == 1


@pytest.mark.parametrize(("fields", "status"), [
    ({"description": " "}, 422), ({"lat": ""}, 422), ({"lat": "91"}, 422), ({"kind": "nope"}, 422),
    ({"description": "字" * 2001}, 422),
])  # fmt: skip
def test_what_cannot_be_taken_keeps_the_words_and_leaves_nothing(citizen, fields, status):
    answer = send(citizen, **({"description": "保留这句话"} | fields))
    assert answer.status_code == status
    assert "description" in fields or "保留这句话" in answer.text
    assert not Issue.objects.exists()


def test_a_wrong_file_keeps_nothing_of_the_report(citizen):
    bad = picture()
    bad.file.seek(0)
    broken = type(bad)("photo.jpg", b"no picture at all", content_type="image/jpeg")
    answer = send(citizen, photos=[picture(), broken])
    assert answer.status_code in (415, 422)
    assert not Issue.objects.exists()
    assert not Attachment.objects.exists()


def test_emoji_and_right_to_left_words_stay_as_they_were_written(citizen):
    words = "🌊 نفايات على الشاطئ <b>x</b>"
    page = citizen.get(send(citizen, description=words)["Location"])
    assert "نفايات على الشاطئ &lt;b&gt;x&lt;/b&gt;" in page.text
    assert Issue.objects.get().description == words


def test_machines_that_fill_the_hidden_field_get_nowhere(citizen):
    assert send(citizen, website="http://spam.example")["Location"] == "/report/"
    assert not Issue.objects.exists()


def test_many_reports_of_one_address_are_slowed(citizen, settings):
    settings.CITIZEN_REPORTS_PER_HOUR = 2
    assert [send(citizen).status_code for _ in range(3)] == [303, 303, 429]


def test_the_receipt_says_why_a_report_was_not_taken_up(citizen, cast):
    where = send(citizen)["Location"]
    reject(Issue.objects.get().number, by=cast.asker("officer"), note="属私人纠纷，请联系社区")
    assert "属私人纠纷" in citizen.get(where).text


def test_nobody_else_learns_how_to_reach_the_citizen(citizen, enter, cast):
    send(citizen, contact="0000-7654321")
    number = Issue.objects.get().number
    for who in ("supervisor", "field", "viewer", "admin"):
        assert "0000-7654321" not in enter(who).get(f"/issues/{number}/").text
        assert "0000-7654321" not in enter(who).get(f"/api/v1/issues/{number}").text
        assert not CitizenReport.objects.visible_to(cast.asker(who)).exists()
