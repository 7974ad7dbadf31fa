"""Signing in, being shut out, and tokens."""

import base64

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import translation

from envmap.accounts import actions, queries
from envmap.accounts.asker import ANONYMOUS
from envmap.accounts.models import Department, Membership, Token, User
from envmap.accounts.roles import May, Role, Scope
from envmap.core.errors import BadInput, Conflict, NotAllowed, NotSignedIn, NotVisible, Throttled
from envmap.core.models import AuditRow
from tests.cast import PASSWORD


@pytest.fixture(autouse=True)
def in_english():
    """Sentences are compared in English, whether or not the Chinese ones are compiled."""
    with translation.override("en"):
        yield


@pytest.fixture
def request_of(client):
    """A POST with a session of its own, from an address."""

    def build(address="10.0.0.1", **headers):
        request = RequestFactory().post("/signin/", REMOTE_ADDR=address, headers=headers)
        request.session = client.session
        request.user = AnonymousUser()
        return request

    return build


def basic(username, password=PASSWORD):
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def test_a_right_password_opens_a_session_and_leaves_an_audit_row(cast, request_of):
    request = request_of()
    user = actions.sign_in(request, username="officer", password=PASSWORD)
    assert request.session["_auth_user_id"] == str(user.pk)
    row = AuditRow.objects.get(kind="sign_in")
    assert (row.subject, row.address, row.actor["role"]) == (f"user:{user.pk}", "10.0.0.1", "officer")


@pytest.mark.parametrize(("username", "password"), [("officer", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_one_is_refused_in_one_sentence_and_audited_without_the_password(cast, request_of, username, password):
    with pytest.raises(NotSignedIn, match="not active"):
        actions.sign_in(request_of(), username=username, password=password)
    row = AuditRow.objects.get(kind="sign_in_failed")
    assert row.subject == f"username:{username}"
    assert password == "" or password not in str(row.detail)


def test_after_eight_failures_the_right_password_is_locked_out_from_that_address_only(cast, request_of):
    for _n in range(8):
        with pytest.raises((NotSignedIn, Throttled)):
            actions.sign_in(request_of(), username="officer", password="wrong")
    with pytest.raises(Throttled) as refused:
        actions.sign_in(request_of(), username="officer", password=PASSWORD)
    assert refused.value.retry_after > 0
    assert actions.sign_in(request_of("10.0.0.2"), username="officer", password=PASSWORD)
    assert actions.sign_in(request_of(), username="field", password=PASSWORD)


def test_a_demo_account_signs_in_only_during_a_demo(cast, request_of, settings):
    User.objects.filter(username="field").update(is_demo=True)
    settings.DEMO = False
    with pytest.raises(NotSignedIn):
        actions.sign_in(request_of(), username="field", password=PASSWORD)
    settings.DEMO = True
    assert actions.sign_in(request_of(), username="field", password=PASSWORD)


def test_another_spelling_of_a_name_has_no_count_of_its_own(cast, request_of):
    spellings = ["field", "Field", "FIELD", " field", "f\u0131eld", "fIELD", "fiELD", "fieLD"]
    for name in spellings:
        with pytest.raises((NotSignedIn, Throttled)):
            actions.sign_in(request_of(), username=name, password="wrong")
    for name in spellings:
        with pytest.raises(Throttled):
            actions.sign_in(request_of(), username=name, password=PASSWORD)
        with pytest.raises(Throttled):
            actions.check_basic(request_of(Authorization=basic(name)))


def test_a_name_with_a_nul_is_nobodys(cast, request_of):
    with pytest.raises(NotSignedIn):
        actions.check_basic(request_of(Authorization=basic("who\x00", "wrong")))


def test_basic_credentials_give_the_asker(cast, request_of):
    assert actions.check_basic(request_of(Authorization=basic("field"))).role is Role.FIELD
    for header in ["", "Basic", "Basic %%%", "Basic bm9jb2xvbg==", "Bearer x"]:
        with pytest.raises(NotSignedIn):
            actions.check_basic(request_of(Authorization=header))


def test_a_token_is_shown_once_and_stored_as_a_digest(cast):
    token, secret = actions.make_token(by=cast.asker("field"), name="script", scopes=["write", "read"])
    assert secret not in str(Token.objects.values().get())
    asker = queries.asker_with_token(secret)
    assert (asker.role, asker.username, asker.scopes) == (Role.FIELD, "field", {Scope.READ, Scope.WRITE})
    assert AuditRow.objects.filter(kind="token.made", subject=f"accounts_token:{token.pk}").exists()
    assert secret not in str(list(AuditRow.objects.values()))
    assert token.digest not in str(list(AuditRow.objects.values()))


def test_scopes_narrow_a_role_and_never_widen_it(cast):
    _token, secret = actions.make_token(by=cast.asker("officer"), name="reader", scopes=["read"])
    reader = queries.asker_with_token(secret)
    assert reader.may(May.SEE_WORK)
    assert not reader.may(May.DISPATCH)
    with pytest.raises(NotAllowed):
        reader.require(May.DISPATCH)
    with pytest.raises(NotAllowed):
        actions.make_token(by=reader, name="wider", scopes=["read", "write"])


def test_a_stations_token_writes_readings_and_sees_nothing(cast):
    with pytest.raises(NotAllowed):
        actions.make_token(by=cast.asker("field"), name="s", scopes=["ingest"], station="MN1")
    with pytest.raises(BadInput):
        actions.make_token(by=cast.asker("officer"), name="s", scopes=["read"], station="MN1")
    _token, secret = actions.make_token(by=cast.asker("officer"), name="s", scopes=["ingest"], station="MN1")
    asker = queries.asker_with_token(secret)
    assert (asker.station, asker.audience) == ("MN1", [])
    assert asker.may(May.WRITE_READINGS)
    with pytest.raises(NotAllowed):
        asker.require_signed_in()


@pytest.mark.parametrize("end", ["revoke", "disable", "membership", "department"])
def test_a_token_dies_at_once(cast, end):
    token, secret = actions.make_token(by=cast.asker("field"), name="script", scopes=["read"])
    admin = cast.asker("admin")
    if end == "revoke":
        actions.revoke_token(by=cast.asker("field"), token_id=token.pk)
    elif end == "disable":
        actions.disable_user(by=admin, username="field")
    elif end == "membership":
        actions.end_membership(by=admin, membership_id=Membership.objects.get(user__username="field").pk)
    else:
        actions.update_department(by=admin, code="unit-one", is_active=False)
    with pytest.raises(NotSignedIn):
        queries.asker_with_token(secret)


def test_nobody_revokes_anothers_token(cast):
    token, _secret = actions.make_token(by=cast.asker("field"), name="script", scopes=["read"])
    with pytest.raises(NotVisible):
        actions.revoke_token(by=cast.asker("field2"), token_id=token.pk)


def test_a_disabled_persons_session_is_nobodys(cast, client):
    client.force_login(cast.user["officer"], backend="django.contrib.auth.backends.ModelBackend")
    actions.disable_user(by=cast.asker("admin"), username="officer")
    request = RequestFactory().get("/")
    request.session = client.session
    assert queries.asker_of(request) == ANONYMOUS


def test_a_token_keeps_its_membership_when_the_session_switches(cast):
    actions.add_membership(by=cast.asker("admin"), username="field", department="unit-two", role="manager")
    _token, secret = actions.make_token(by=cast.asker("field"), name="script", scopes=["read"])
    asker = queries.asker_with_token(secret)
    assert asker.department_code == "unit-one"
    assert asker.department_ids == {cast.department["unit-one"].pk, cast.department["unit-two"].pk}


def test_the_administrators_own_department_is_not_closed_over_them(cast):
    admin = cast.asker("admin")
    with pytest.raises(BadInput, match="last administrator"):
        actions.update_department(by=admin, code="bureau", is_active=False)
    assert Department.objects.get(code="bureau").is_active
    assert not actions.update_department(by=admin, code="unit-one", is_active=False).is_active


def test_an_administrator_who_cannot_sign_in_is_nobodys_rescue(cast, settings):
    admin = cast.asker("admin")
    actions.make_user(by=admin, username="shown", name="Shown", password=None, is_demo=True)
    actions.add_membership(by=admin, username="shown", department="bureau", role="admin")
    settings.DEMO = False
    with pytest.raises(BadInput, match="last administrator"):
        actions.disable_user(by=admin, username="admin")
    settings.DEMO = True
    assert not actions.disable_user(by=admin, username="admin").is_active


def test_the_last_administrator_can_be_neither_disabled_nor_demoted(cast):
    admin = cast.asker("admin")
    with pytest.raises(BadInput, match="last administrator"):
        actions.disable_user(by=admin, username="admin")
    with pytest.raises(BadInput):
        actions.end_membership(by=admin, membership_id=admin.membership_id)


@pytest.mark.parametrize(
    ("role", "department"),
    [("officer", "unit-one"), ("admin", "town"), ("king", "bureau"), ("system", "bureau"), ("station", "bureau")],
)
def test_a_role_is_refused_where_it_cannot_be(cast, role, department):
    with pytest.raises(BadInput):
        actions.add_membership(by=cast.asker("admin"), username="field", department=department, role=role)


def test_usernames_are_unique_whatever_their_case(cast):
    with pytest.raises(Conflict):
        actions.make_user(by=cast.asker("admin"), username="Officer", name="某", password="a-long-enough-one")


def test_every_change_of_a_role_and_password_is_audited_with_the_actor(cast):
    admin = cast.asker("admin")
    actions.add_membership(by=admin, username="field", department="unit-two", role="field")
    actions.reset_password(by=admin, username="field", password="quite-another-word")
    role = AuditRow.objects.filter(kind="role.made").latest("pk")
    assert role.actor == {"id": admin.user_id, "department": "bureau", "role": "admin"}
    changed = AuditRow.objects.filter(kind="user.changed").latest("pk")
    assert changed.detail == {"password": "hidden"}


def test_a_person_without_a_password_cannot_sign_in_until_one_is_set(cast, request_of):
    admin = cast.asker("admin")
    actions.make_user(by=admin, username="later", name="来日", password=None)
    with pytest.raises(NotSignedIn):
        actions.sign_in(request_of(), username="later", password="")
    actions.reset_password(by=admin, username="later", password="a-password-set-later")
    assert actions.sign_in(request_of(), username="later", password="a-password-set-later").username == "later"
