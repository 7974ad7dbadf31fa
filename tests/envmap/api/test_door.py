"""Who is let in, what is refused in which form, and what no answer ever shows."""

import base64
import json
import logging

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from envmap.accounts import actions
from envmap.accounts import queries as people
from envmap.accounts.models import Token
from layers.sensors.models import Factor
from tests.cast import PASSWORD


def basic(username, password=PASSWORD):
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def is_problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert (body["status"], bool(body["title"]), bool(body["detail"])) == (status, True, True)
    return body


def test_me_says_who_asks_in_which_membership(api, cast):
    body = api("GET", "/me", as_="field").json()
    assert body == {
        "username": "field",
        "name": "field 某",
        "role": "field",
        "department": {"code": "unit-one", "name": "unit-one"},
        "memberships": [
            {
                "id": cast.asker("field").membership_id,
                "role": "field",
                "department": {"code": "unit-one", "name": "unit-one"},
                "current": True,
            }
        ],
        "scopes": ["read", "write"],
    }


def test_names_come_in_the_askers_language(api, cast):
    english, chinese = (
        api("GET", "/departments", Accept_Language=language).json()["items"][0] for language in ("en", "zh-CN")
    )
    assert (english["name"], chinese["name"]) == ("bureau", "bureau 单位")
    assert english["names"] == chinese["names"] == {"zh-hans": "bureau 单位", "en": "bureau"}


@pytest.mark.parametrize("path", ["/me", "/tokens", "/departments", "/users"])
def test_nobody_is_told_which_way_leads_in(api, path):
    response = api("GET", path, as_=None)
    is_problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer ")


def test_a_bad_token_is_refused_wherever_it_is_sent_and_not_shown_again(api):
    response = api("GET", "/me", token="envmap_nonsense")
    is_problem(response, 401)
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert b"nonsense" not in response.content


def test_name_and_password_make_a_token_and_open_nothing_else(api):
    made = api("POST", "/tokens", {"name": "script", "scopes": ["read"]}, as_=None, Authorization=basic("field"))
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["scopes"]) == ("script", ["read"])
    assert made["Location"] == f"/api/v1/tokens/{body['id']}"
    assert api("GET", "/me", token=body["token"]).json()["username"] == "field"
    assert api("GET", f"/tokens/{body['id']}", as_="field").json()["name"] == "script"
    refused = api("GET", "/me", as_=None, Authorization=basic("field"))
    is_problem(refused, 401)
    assert "Basic" not in refused["WWW-Authenticate"]


def test_a_wrong_password_is_challenged_and_after_eight_failures_throttled(api):
    for _n in range(8):
        refused = api(
            "POST", "/tokens", {"name": "x", "scopes": ["read"]}, as_=None, Authorization=basic("officer", "wrong")
        )
        assert refused.status_code in {401, 429}
        if refused.status_code == 401:
            assert refused["WWW-Authenticate"].startswith("Basic ")
    throttled = api("POST", "/tokens", {"name": "x", "scopes": ["read"]}, as_=None, Authorization=basic("officer"))
    is_problem(throttled, 429)
    assert int(throttled["Retry-After"]) > 0


def test_ten_reads_a_second_and_more_are_never_throttled(api):
    assert {api("GET", "/me").status_code for _n in range(60)} == {200}


def test_a_session_needs_the_csrf_token_to_change_and_none_to_read(cast):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(cast.user["field"], backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/api/v1/me").json()["username"] == "field"
    body = json.dumps({"name": "from the page", "scopes": ["read"]})
    forged = browser.post("/api/v1/tokens", body, content_type="application/json")
    assert "X-CSRFToken" in is_problem(forged, 403)["detail"]
    assert not Token.objects.exists()
    browser.get("/api/v1/docs")
    cookie = browser.cookies["csrftoken"].value
    proved = browser.post("/api/v1/tokens", body, content_type="application/json", headers={"X-CSRFToken": cookie})
    assert proved.status_code == 201


def test_what_one_person_kept_is_not_done_in_the_session_of_another(cast):
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.user["field"], backend="django.contrib.auth.backends.ModelBackend")
    body = json.dumps({"name": "kept", "scopes": ["read"]})
    for person, status in [("field2", 401), ("", 401), ("f%69eld", 201), ("field", 201)]:
        made = browser.post(
            "/api/v1/tokens", body, content_type="application/json", headers={"X-Envmap-Person": person}
        )
        assert made.status_code == status, person
    assert Token.objects.count() == 2


def test_a_form_of_a_session_is_of_the_wrong_type_and_no_error(cast):
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.user["officer"], backend="django.contrib.auth.backends.ModelBackend")
    browser.handler.enforce_csrf_checks = True
    browser.get("/api/v1/docs")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    is_problem(browser.post("/api/v1/tokens", {"name": "x"}, headers=token), 415)
    is_problem(browser.post("/api/v1/issues", {"title": "x"}, headers=token), 415)


def test_a_token_needs_no_csrf_token_even_beside_a_session(cast):
    _row, secret = actions.make_token(by=cast.asker("officer"), name="t", scopes=["read", "write"])
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.user["field"], backend="django.contrib.auth.backends.ModelBackend")
    made = browser.post(
        "/api/v1/tokens",
        json.dumps({"name": "more", "scopes": ["read"]}),
        content_type="application/json",
        headers={"Authorization": f"bearer {secret}"},
    )
    assert made.status_code == 201
    assert people.asker_with_token(made.json()["token"]).username == "officer"


@pytest.mark.parametrize("end", ["disable", "revoke", "sign-out of the role"])
def test_a_token_is_dead_at_once(api, cast, end):
    token = api.token("field")
    assert api("GET", "/me", token=token).status_code == 200
    if end == "disable":
        actions.disable_user(by=cast.asker("admin"), username="field")
    elif end == "revoke":
        row = Token.objects.get()
        assert api("DELETE", f"/tokens/{row.pk}", as_="field").status_code == 204
    else:
        actions.end_membership(by=cast.asker("admin"), membership_id=cast.asker("field").membership_id)
    is_problem(api("GET", "/me", token=token), 401)


def test_scopes_narrow(api):
    is_problem(api("POST", "/tokens", {"name": "wider", "scopes": ["write"]}, scopes=("read",)), 403)
    is_problem(api("GET", "/departments", scopes=("write",)), 403)


def test_a_token_that_only_writes_does_what_its_role_may_and_is_told_nothing_else(api, cast):
    point = {"type": "Point", "coordinates": [118.25, 24.6]}
    document = {"type": "Feature", "geometry": point, "properties": {"name": "A site"}}
    made = api("POST", "/layers/dust-sites/features", document, scopes=("write",))
    assert made.status_code == 201
    issue = api("POST", "/issues", {"title": "Soil", "location": point}, scopes=("write",))
    assert issue.status_code == 201
    accepted = api("POST", f"/issues/{issue.json()['number']}/accept", {}, scopes=("write",))
    assert accepted.json()["state"] == "accepted"
    station = {"mn": "MN1", "name": "A monitor", "protocol": "http"}
    assert api("POST", "/stations", station, scopes=("write",)).status_code == 201
    reading = {"factor": "a34002", "time": "2026-11-24T08:00:00+08:00", "value": 0.1, "kind": "minute"}
    Factor.objects.get_or_create(code="a34002", defaults={"names": {"zh-hans": "PM10"}, "unit": "mg/m³"})
    assert api("POST", "/stations/MN1/readings", {"readings": [reading]}, scopes=("write",)).status_code == 201

    for path in ("/layers", "/layers/dust-sites/features", "/issues", "/stations/MN1/readings", "/me"):
        is_problem(api("GET", path, scopes=("write",)), 403)
    secret = {"Authorization": f"Bearer {api.token('officer', ('write',))}"}
    assert api.client.get("/tiles/dust-sites/0/0/0.mvt", headers=secret).status_code == 403
    assert api.client.get(f"/issues/{issue.json()['number']}/", headers=secret).status_code == 403
    panel = f"/map/dust-sites/{made.json()['id']}/"
    assert api.client.get(panel, headers=secret).status_code == 404  # a visitor's map has no such layer


def test_a_stations_token_reads_nothing(api, cast):
    _row, secret = actions.make_token(by=cast.asker("officer"), name="s", scopes=["ingest"], station="MN1")
    for path in ("/me", "/departments", "/tokens"):
        is_problem(api("GET", path, token=secret), 403)
    is_problem(api("POST", "/tokens", {"name": "x", "scopes": ["read"]}, token=secret), 403)


def test_anothers_token_does_not_exist(api):
    token = api.token("field2")
    row = Token.objects.get()
    for method in ("GET", "DELETE"):
        is_problem(api(method, f"/tokens/{row.pk}", as_="field"), 404)
    assert api("GET", "/me", token=token).status_code == 200


# --- the form of refusals ---


@pytest.mark.parametrize("path", ["/nowhere", "/", "/me/", "/tokens/x", "/tokens/99999999999999999999", "/../etc"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_an_unknown_address_is_a_problem_too(api, path, method):
    assert api(method, path).status_code in {404, 405}
    assert api(method, path)["Content-Type"].startswith("application/problem+json")


def test_a_method_that_is_not_served_names_those_that_are(api):
    response = api("PUT", "/tokens")
    is_problem(response, 405)
    assert response["Allow"] == "GET, HEAD, POST"


def test_head_is_served_where_get_is(api):
    response = api.client.head("/api/v1/me", headers={"Authorization": f"Bearer {api.token('officer')}"})
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"{", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b"[1]", "application/json", 422),
        (b'{"name": NaN, "scopes": ["read"]}', "application/json", 422),
        (b'{"name": "\\u0000", "scopes": ["read"]}', "application/json", 422),
        (b'{"name": "\\ud800", "scopes": ["read"]}', "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"", "application/json", 422),
        (b'{"name": "n", "scopes": ["read"], "more": 1}', "application/json", 422),
        (b'{"name": 5, "scopes": ["read"]}', "application/json", 422),
        (b'{"name": "n", "scopes": ["everything"]}', "application/json", 422),
        (b"name=n", "application/x-www-form-urlencoded", 415),
        (b"name", "text/plain", 415),
        (b" " * (2 * 2**20 + 1), "application/json", 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_not_what_was_expected(api, raw, content_type, status):
    is_problem(api("POST", "/tokens", raw, content_type=content_type), status)
    assert not Token.objects.exclude(name="test").exists()


def test_a_refused_body_names_each_wrong_place_in_the_askers_language(api):
    body = is_problem(api("POST", "/tokens", {"scopes": "read", "more": 1}), 422)
    assert {e["field"]: e["detail"] for e in body["errors"]} == {
        "name": "This field is needed.",
        "scopes": "A list was expected.",
        "more": "There is no such field here.",
    }


@pytest.mark.parametrize(
    "query",
    [
        "?lines=3",
        "?limit=0",
        "?limit=1001",
        "?limit=ten",
        "?limit=1&limit=2",
        "?cursor=%00",
        "?cursor=abc",
        "?offset=3",
    ],
)
def test_an_unknown_parameter_or_value_is_refused_and_told_what_is_allowed(api, query):
    body = is_problem(api("GET", f"/departments{query}"), 400)
    assert body["errors"]
    if "lines" in query or "offset" in query:
        assert "limit, cursor" in body["detail"]


def test_a_parameter_where_none_is_taken_is_refused(api):
    is_problem(api("GET", "/me?verbose=1"), 400)


def test_the_words_that_a_field_may_have_stand_in_the_language_of_the_sentence(api):
    body = is_problem(api("GET", "/issues?severity=terrible", Accept_Language="zh-hans"), 400)
    assert "info, minor, major, critical" in body["detail"]


def test_an_unknown_department_or_role_names_the_known_ones(api):
    assert "unit-one" in is_problem(api("GET", "/users?department=nowhere"), 400)["detail"]
    assert "partner" in is_problem(api("GET", "/users?role=king"), 400)["detail"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("secret of the inside"), 500),
        (SuspiciousOperation("secret"), 400),
        (OperationalError("secret"), 503),
    ],
)
def test_what_nobody_expected_is_a_problem_without_a_trace_of_its_cause(
    api, monkeypatch, caplog, settings, error, status
):
    settings.DEBUG = True  # not even then

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(people, "memberships_of", fail)
    with caplog.at_level(logging.ERROR):
        response = api("GET", "/me")
    is_problem(response, status)
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content
    assert status == 400 or "/api/v1/me" in caplog.text


def test_no_answer_is_kept_by_a_cache_or_sniffed(api):
    response = api("GET", "/me")
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "Accept-Language" in response["Vary"]


# --- people ---


def test_who_sees_people(api):
    assert api("GET", "/users").json()["items"][0]["username"] == "admin"
    own = api("GET", "/users", as_="manager").json()["items"]
    assert {user["department"]["code"] for user in own} == {"unit-one"}
    assert api("GET", "/users?department=unit-two", as_="manager").json()["items"] == []
    for role in ("field", "partner", "viewer"):
        is_problem(api("GET", "/users", as_=role), 403)


def test_pages_follow_each_other_without_gap_or_repeat(api):
    seen, cursor = [], ""
    while True:
        body = api("GET", f"/departments?limit=2{cursor}").json()
        seen += [department["code"] for department in body["items"]]
        if body["next"] is None:
            break
        assert body["next"].replace("-", "").replace("_", "").isalnum()
        cursor = f"&cursor={body['next']}"
    assert seen == ["bureau", "enterprise", "health", "town", "unit-one", "unit-two"]


def test_a_cursor_of_another_list_is_refused(api):
    cursor = api("GET", "/departments?limit=1").json()["next"]
    is_problem(api("GET", f"/users?cursor={cursor}"), 400)


# --- document and page ---


def test_document_and_page_are_public_and_the_page_asks_no_other_host(client, db):
    assert client.get(reverse("api:openapi-json")).json()["openapi"] == "3.1.0"
    response = client.get("/api/v1/docs")
    assert response.status_code == 200
    text = response.content.decode()
    assert "http://" not in text and "https://" not in text and "<style" not in text and " style=" not in text
    assert "unsafe" not in response["Content-Security-Policy"].partition("style-src")[0]
