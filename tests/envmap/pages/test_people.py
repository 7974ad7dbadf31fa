"""People and departments on pages: by administrators alone, by the rooms' actions, with sentences for what is refused."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from envmap.accounts.models import Department, Membership, User
from tests.cast import PASSWORD, PEOPLE

NEW = {
    "username": "wang-fan", "name": "王帆", "phone": "", "department": "unit-one", "role": "field",
    "password": "Tidal-flat-77",
}  # fmt: skip


@pytest.fixture
def admin(cast, client):
    client.force_login(cast.user["admin"])
    return client


@pytest.mark.parametrize("path", ["/manage/people/", "/manage/people/new/", "/manage/people/field/", "/manage/departments/",
                                  "/manage/departments/new/", "/manage/departments/town/"])  # fmt: skip
@pytest.mark.parametrize("who", [*PEOPLE, None])
def test_people_are_managed_by_administrators_alone(cast, client, path, who):
    if who:
        client.force_login(cast.user[who])
    answer = client.get(path)
    assert answer.status_code == {"admin": 200, None: 302}.get(who, 403)
    if who is None:
        assert answer["Location"] == f"/signin/?next={path}"


def test_the_first_page_of_manage_is_one_that_the_role_has(cast, client):
    client.force_login(cast.user["admin"])
    assert client.get("/manage/")["Location"] == "/manage/people/"
    client.force_login(cast.user["officer"])
    assert client.get("/manage/")["Location"] == "/manage/stations/"


def test_a_new_person_can_sign_in_and_has_the_role(cast, admin):
    answer = admin.post("/manage/people/new/", NEW | {"client_uuid": str(uuid4())})
    assert (answer.status_code, answer["Location"]) == (303, "/manage/people/wang-fan/")
    assert "王帆" in admin.get("/manage/people/wang-fan/").text
    assert Client().post("/signin/", {"username": "wang-fan", "password": NEW["password"]}).status_code == 302
    assert Membership.objects.get(user__username="wang-fan").role == "field"


def test_pressing_twice_makes_one_person_and_leads_to_the_same_page(cast, admin):
    form = NEW | {"client_uuid": str(uuid4())}
    first, second = (admin.post("/manage/people/new/", form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert User.objects.filter(username="wang-fan").count() == 1


@pytest.mark.parametrize(("change", "field"), [
    ({"password": "12345"}, "password"),
    ({"username": "wang fan!"}, "username"),
    ({"username": "x" * 10_000}, "username"),
    ({"name": ""}, "name"),
    ({"role": "officer"}, "role"),
    ({"role": "king"}, "role"),
    ({"department": "nowhere"}, "department"),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(cast, admin, change, field):
    answer = admin.post("/manage/people/new/", NEW | change)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not User.objects.filter(name="王帆").exists()
    if field != "name":
        assert "王帆" in answer.text  # what was typed comes back


def test_a_taken_username_is_a_sentence(cast, admin):
    answer = admin.post("/manage/people/new/", NEW | {"username": "FIELD"})
    assert answer.status_code == 409
    assert "FIELD" in answer.text


def test_a_name_with_emoji_and_right_to_left_letters_is_kept_and_escaped(cast, admin):
    admin.post("/manage/people/new/", NEW | {"name": "عمر 🌊 <script>"})
    page = admin.get("/manage/people/?q=wang").text
    assert "عمر 🌊 &lt;script&gt;" in page
    assert "<script>" not in page.split("<main")[1]


def test_a_person_moves_to_another_department(cast, admin):
    old = cast.user["field"].memberships.get()
    answer = admin.post("/manage/people/field/roles/", {"department": "unit-two", "role": "field", "replaces": old.pk})
    assert answer.status_code == 303
    open_ones = Membership.objects.filter(user__username="field", ended_at=None)
    assert [m.department.code for m in open_ones] == ["unit-two"]


def test_a_role_held_already_is_a_sentence(cast, admin):
    answer = admin.post("/manage/people/field/roles/", {"department": "unit-one", "role": "field"})
    assert answer.status_code == 409


def test_a_disabled_person_is_out_at_once_and_can_be_let_in_again(cast, admin):
    theirs = Client()
    theirs.force_login(cast.user["field"])
    assert admin.post("/manage/people/field/disable/").status_code == 303
    assert theirs.get("/password/").status_code == 302
    assert admin.post("/manage/people/field/enable/").status_code == 303
    assert Client().post("/signin/", {"username": "field", "password": PASSWORD}).status_code == 302


def test_the_last_administrator_cannot_be_shut_out(cast, admin):
    answer = admin.post("/manage/people/admin/disable/")
    assert answer.status_code == 422
    assert User.objects.get(username="admin").is_active
    membership = cast.user["admin"].memberships.get()
    assert admin.post(f"/manage/people/admin/roles/{membership.pk}/end/").status_code == 422


def test_a_password_is_set_anew_and_a_weak_one_refused(cast, admin):
    assert admin.post("/manage/people/field/password/", {"password": "password"}).status_code == 422
    assert admin.post("/manage/people/field/password/", {"password": "Tidal-flat-77"}).status_code == 303
    assert User.objects.get(username="field").check_password("Tidal-flat-77")


def test_an_unknown_person_is_not_found(cast, admin):
    assert admin.get("/manage/people/nobody/").status_code == 404
    assert admin.post("/manage/people/nobody/disable/").status_code == 404


def test_a_department_is_made_renamed_and_put_out_of_service(cast, admin):
    form = {"code": "unit-three", "name_zh": "海上环卫三班", "name_en": "", "kind": "operator", "parent": "bureau"}
    assert admin.post("/manage/departments/new/", form).status_code == 303
    assert admin.post("/manage/departments/new/", form | {"client_uuid": ""}).status_code == 409
    made = Department.objects.get(code="unit-three")
    assert (made.names["zh-hans"], made.parent.code) == ("海上环卫三班", "bureau")
    changed = form | {"name_en": "Sea cleaning 3", "is_active": ""}
    assert admin.post("/manage/departments/unit-three/", changed).status_code == 303
    made.refresh_from_db()
    assert (made.names["en"], made.is_active) == ("Sea cleaning 3", False)


def test_a_department_below_itself_is_a_sentence(cast, admin):
    answer = admin.post("/manage/departments/bureau/", {"name_zh": "局", "parent": "town", "is_active": "on"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["parent"]


@pytest.mark.parametrize("path", ["/manage/people/", "/manage/departments/"])
def test_lists_ask_the_database_as_often_for_many_as_for_few(cast, admin, path, django_assert_max_num_queries):
    with django_assert_max_num_queries(12) as few:
        admin.get(path)
    for n in range(3):
        user = User.objects.create(username=f"more-{n}", name="多")
        Membership.objects.create(user=user, department=Department.objects.create(code=f"d{n}", names={"zh-hans": "多"},
                                  kind="town"), role="viewer")  # fmt: skip
    with django_assert_max_num_queries(12) as many:
        admin.get(path)
    assert len(many) == len(few)


def test_english_pages_hold_no_chinese_of_our_own(cast, admin):
    Department.objects.all().update(names={"zh-hans": "X", "en": "X"})
    User.objects.all().update(name="Somebody")
    for path in ("/manage/people/", "/manage/people/new/", "/manage/people/field/", "/manage/departments/"):
        text = admin.get(path, headers={"Accept-Language": "en"}).text
        text = re.sub(r'<button name="language".*?</button>', "", text, flags=re.S)
        assert not re.findall(r"[一-鿿]+", text)
