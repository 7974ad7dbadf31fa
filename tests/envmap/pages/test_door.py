"""Signing in and out, the shell, the language, the error pages and the health of an instance."""

import json
import re

import pytest
from django.test import Client, override_settings

from envmap.accounts.models import Membership, Token, User
from envmap.pages import health
from layers.catalogue.models import Area
from tests.cast import PASSWORD, PEOPLE

NOT_LOOPBACK = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture
def signed_in(cast, client):
    """Signs the test's client in as one of the cast."""

    def enter(username: str) -> Client:
        client.force_login(cast.user[username])
        return client

    return enter


def test_the_form_signs_in_without_script_and_leads_where_one_wanted_to_go(cast, client):
    page = client.get("/signin/?next=/password/")
    assert page.status_code == 200
    assert re.search(r'name="username"', page.text)
    assert re.search(r'name="password"', page.text)
    answer = client.post("/signin/", {"username": "officer", "password": PASSWORD, "next": "/password/"})
    assert (answer.status_code, answer["Location"]) == (302, "/password/")
    assert client.get("/password/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_led_to_another_site(cast, client, target):
    answer = client.post("/signin/", {"username": "officer", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_a_wrong_password_is_refused_in_a_sentence_and_the_username_is_kept(cast, client):
    answer = client.post("/signin/", {"username": "officer", "password": "wrong"})
    assert answer.status_code == 401
    assert 'value="officer"' in answer.text
    assert 'role="alert"' in answer.text
    assert "wrong</" not in answer.text


def test_too_many_failures_say_when_to_come_back(cast, client):
    for _ in range(8):
        client.post("/signin/", {"username": "officer", "password": "wrong"})
    answer = client.post("/signin/", {"username": "officer", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_demo_accounts_are_listed_only_in_a_demo(cast, client):
    User.objects.filter(username="field").update(is_demo=True)
    with override_settings(DEMO=True):
        assert "envmap-demo" in client.get("/signin/").text
    with override_settings(DEMO=False):
        assert "envmap-demo" not in client.get("/signin/").text


def test_signing_out_is_a_post_and_ends_the_session(signed_in):
    client = signed_in("officer")
    assert client.get("/signout/").status_code == 405
    assert client.post("/signout/")["Location"] == "/signin/"
    assert client.get("/password/")["Location"] == "/signin/?next=/password/"


def test_the_password_is_changed_with_the_old_one_and_the_session_stays(signed_in):
    client = signed_in("field")
    wrong = client.post("/password/", {"old": "x", "new": "Tidal-flat-77", "again": "Tidal-flat-77"})
    assert wrong.status_code == 422
    differing = client.post("/password/", {"old": PASSWORD, "new": "Tidal-flat-77", "again": "Tidal-flat-78"})
    assert differing.status_code == 422
    right = client.post("/password/", {"old": PASSWORD, "new": "Tidal-flat-77", "again": "Tidal-flat-77"})
    assert right.status_code == 302
    assert User.objects.get(username="field").check_password("Tidal-flat-77")
    assert client.get("/password/").status_code == 200


def test_another_membership_becomes_the_current_one_and_a_strangers_cannot(cast, signed_in):
    second = Membership.objects.create(user=cast.user["field"], department=cast.department["health"], role="viewer")
    strangers = cast.user["officer"].memberships.get()
    client = signed_in("field")
    assert 'data-asker-role="field"' in client.get("/password/").text
    assert client.post("/membership/", {"membership": second.pk}).status_code == 302
    assert 'data-asker-role="viewer"' in client.get("/password/").text
    assert client.post("/membership/", {"membership": strangers.pk}).status_code == 404
    assert client.post("/membership/", {"membership": "x"}).status_code == 404


@pytest.mark.parametrize(("role", "places"), [
    ("officer", ["/", "/issues/", "/orders/", "/statistics/", "/screen/", "/manage/"]),
    ("supervisor", ["/", "/issues/", "/orders/", "/statistics/", "/screen/"]),
    ("admin", ["/", "/statistics/", "/screen/", "/manage/"]),
    ("field", ["/", "/issues/", "/orders/", "/field/"]),
    ("manager", ["/", "/issues/", "/orders/", "/field/", "/statistics/", "/screen/"]),
    ("partner", ["/", "/issues/", "/orders/", "/field/"]),
    ("viewer", ["/", "/statistics/", "/screen/"]),
])  # fmt: skip
def test_the_navigation_shows_the_pages_of_the_role(signed_in, role, places):
    rail = re.search(r'<ul class="rail-places">(.*?)</ul>', signed_in(role).get("/password/").text, re.S).group(1)
    assert re.findall(r'<a href="([^"]+)"', rail) == places


def test_accept_language_decides_until_the_switch_is_used(cast, client):
    assert client.get("/signin/", headers={"Accept-Language": "en"})["Content-Language"] == "en"
    assert client.get("/signin/", headers={"Accept-Language": "zh-CN"})["Content-Language"] == "zh-hans"
    assert client.get("/signin/")["Content-Language"] == "zh-hans"
    answer = client.post("/language/", {"language": "en", "next": "/signin/"})
    assert answer["Location"] == "/signin/"
    assert client.get("/signin/", headers={"Accept-Language": "zh-CN"})["Content-Language"] == "en"
    assert set(client.cookies) <= {"django_language", "csrftoken"}


@pytest.mark.parametrize("path", ["/signin/", "/nowhere/"])
def test_scripts_run_by_nonce_only_and_nothing_is_inline(cast, client, path):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    scripts = re.search(r"script-src ([^;]+)", policy).group(1)
    assert "unsafe" not in policy
    nonce = re.search(r"'nonce-([^']+)'", scripts).group(1)
    assert f'nonce="{nonce}"' in answer.text
    assert not re.search(r"\sstyle=", answer.text)
    assert not re.search(r"\son[a-z]+=", answer.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
    imports = json.loads(re.search(r'<script type="importmap"[^>]*>(.*?)</script>', answer.text).group(1))
    assert set(imports) == {"imports"}


def test_an_unknown_page_is_a_page_and_an_unknown_api_address_a_problem_document(cast, client):
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert "<h1>" in page.text
    problem = client.get("/api/v1/nowhere")
    assert problem.status_code == 404
    assert problem["Content-Type"] == "application/problem+json"


def test_a_form_without_its_token_is_refused_on_a_page(cast):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/signin/", {"username": "officer", "password": PASSWORD})
    assert answer.status_code == 403
    assert "<h1>" in answer.text


def test_a_fault_answers_500_without_details(cast, client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("envmap.pages.signin.demo_accounts", lambda: 1 / 0)
    answer = client.get("/signin/")
    assert answer.status_code == 500
    assert "division" not in answer.text


def test_a_bad_token_on_a_page_leads_to_sign_in(cast, client):
    answer = client.get("/password/", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 302


def test_a_token_is_made_shown_once_and_revoked(cast, signed_in):
    client = signed_in("viewer")
    made = client.post("/tokens/", {"name": "夜间脚本 🌙", "scopes": ["read"]})
    assert made.status_code == 201
    secret = re.search(r'class="secret">([^<]+)<', made.text).group(1)
    assert secret not in client.get("/tokens/").text
    token = Token.objects.get()
    assert (token.scopes, token.user_id) == (["read"], cast.user["viewer"].pk)
    cast.user["field"].refresh_from_db()
    other = Client()
    other.force_login(cast.user["field"])
    assert other.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post("/tokens/", {"name": "", "scopes": ["read"]}).status_code == 422
    assert client.post("/tokens/", {"name": "x" * 10_000, "scopes": ["ingest"]}).status_code == 422


def test_the_process_says_that_it_lives(client):
    assert client.get("/healthz").status_code == 200


def test_ready_needs_every_part_and_tells_details_to_the_trusted_only(cast, client, monkeypatch):
    monkeypatch.setattr(health, "CHECKS", {"database": lambda: True, "gateway": lambda: True})
    assert client.get("/readyz").json() == {"ready": True, "checks": {"database": "ok", "gateway": "ok"}}
    assert client.get("/readyz", **NOT_LOOPBACK).json() == {"ready": True}

    def refused() -> bool:
        raise ConnectionRefusedError

    monkeypatch.setattr(health, "CHECKS", {"database": lambda: True, "gateway": refused})
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["gateway"] == "ConnectionRefusedError"
    client.force_login(cast.user["field"])
    assert client.get("/readyz", **NOT_LOOPBACK).json() == {"ready": False}
    client.force_login(cast.user["admin"])
    assert "checks" in client.get("/readyz", **NOT_LOOPBACK).json()


def test_an_instance_without_reference_data_is_not_ready(cast, client):
    found = client.get("/readyz").json()["checks"]
    assert (found["database"], found["redis"], found["migrations"]) == ("ok", "ok", "ok")
    assert found["reference"] == "missing"


@pytest.mark.parametrize(
    ("who", "status"), [(None, 403), ("field", 403), ("viewer", 403), ("officer", 200), ("admin", 200)]
)
def test_metrics_are_for_loopback_officers_and_administrators(cast, client, who, status):
    if who:
        client.force_login(cast.user[who])
    assert client.get("/metrics", **NOT_LOOPBACK).status_code == status
    text = client.get("/metrics").text
    for name in ("envmap_readings", "envmap_alarms_open", "envmap_outbox_backlog", "envmap_outbox_head"):
        assert re.search(rf"^{name} \d", text, re.M)


def test_everybody_of_the_cast_can_sign_in_by_the_form(cast):
    for username in PEOPLE:
        assert Client().post("/signin/", {"username": username, "password": PASSWORD}).status_code == 302


def test_the_picture_behind_the_form_is_drawn_from_the_loaded_areas(cast, client):
    empty = client.get("/door.svg")
    assert (empty.status_code, empty["Content-Type"]) == (200, "image/svg+xml")
    assert "<path" not in empty.text
    Area.objects.create(
        code="d",
        names={"zh-hans": "区"},
        kind="district",
        geometry="SRID=4326;POLYGON((118 24,118.5 24,118.5 25,118 24))",
    )
    drawn = client.get("/door.svg")
    assert drawn.text.count("<path") == 1
    assert client.get("/door.svg", headers={"If-None-Match": drawn["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", [
    "/manage/people/?q=%00", "/manage/people/%00/", "/manage/departments/%00/", "/manage/stations/%00/", "/manage/layers/%00/",
    "/manage/audit/?who=%00", "/statistics/%00/", "/statistics/?from=%00", "/orders/%00/", "/manage/dead-letters/?mn=a%00",
])  # fmt: skip
def test_a_nul_character_in_the_address_is_a_sentence(cast, signed_in, path):
    answer = signed_in("admin").get(path)
    assert answer.status_code in {400, 404}
    assert "<h1>" in answer.text


def test_a_nul_character_in_the_form_is_a_wrong_password(cast, client):
    assert client.post("/signin/", {"username": "a\x00b", "password": "a\x00b"}).status_code == 401


@pytest.mark.parametrize("path", ["/manage/rules/99999999999999999999/", "/manage/people/?page=99999999999999999999"])
def test_a_number_beyond_all_bounds_is_no_fault(cast, signed_in, path):
    assert signed_in("admin").get(path).status_code in {200, 404}
