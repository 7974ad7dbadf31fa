"""The orders' list and page and the field team's: who sees what, every verb by its form, what is refused."""

import re
from uuid import uuid4

import pytest

from envmap.accounts.models import Membership
from layers.catalogue.models import Attachment
from tasks.orders.actions import accept, report
from tasks.orders.models import Order, OrderEvent
from tests.cast import PEOPLE

from .conftest import picture

UNIT = {"field": 200, "field2": 200, "manager": 200, "partner": 200, "viewer": 403, "admin": 403, None: 302}
LISTS = {
    "/orders/": UNIT | {"officer": 200, "supervisor": 200},
    "/issues/": UNIT | {"officer": 200, "supervisor": 200},
    "/field/": UNIT | {"officer": 403, "supervisor": 403},
    "/issues/new/": UNIT | {"officer": 200, "supervisor": 403},
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("who", [*PEOPLE, None])
def test_lists_are_open_to_the_roles_that_have_them(cast, client, path, who):
    if who:
        client.force_login(cast.user[who])
    assert client.get(path).status_code == LISTS[path][who]


@pytest.mark.parametrize(("who", "status"), [
    ("officer", 200), ("supervisor", 200), ("field", 200), ("manager", 200), ("field2", 404), ("partner", 404),
    ("viewer", 404), ("admin", 404), (None, 302),
])  # fmt: skip
def test_an_order_exists_for_the_bureau_and_its_unit_alone(cast, client, make_order, who, status):
    order = make_order()
    if who:
        client.force_login(cast.user[who])
    assert client.get(f"/orders/{order.number}/").status_code == status
    assert client.get(f"/issues/{order.issue.number}/").status_code == status
    listed = client.get("/orders/").text if who else ""
    assert (order.number in listed) == (status == 200)


def test_the_page_offers_exactly_the_verbs_that_the_person_may_press_now(cast, enter, make_order):
    order = make_order()
    for who, home, verbs in [
        ("officer", "orders", {"reassign", "withdraw", "comment"}),
        # The phone carries the report's form too: without a signal it may have to follow an acceptance that waits.
        ("field", "field", {"accept", "return", "reassign", "comment", "report"}),
        ("supervisor", "orders", {"comment"}),
    ]:
        text = enter(who).get(f"/{home}/{order.number}/").text
        assert set(re.findall(rf'action="/{home}/{order.number}/([a-z_]+)/"', text)) == verbs


def post(client, path: str, **fields):
    return client.post(path, {"client_uuid": str(uuid4())} | fields)


def test_the_whole_way_of_an_order_through_the_pages(cast, enter, make_order):
    order = make_order()
    officer, field = enter("officer"), enter("field")
    home, office = f"/field/{order.number}/", f"/orders/{order.number}/"
    assert post(field, home + "accept/")["Location"] == home
    said = {
        "note": "裸土已覆盖",
        "photos": [picture(), picture("blue")],
        "lon": "118.25",
        "lat": "24.6",
        "accuracy": "6.4",
    }
    assert post(field, home + "report/", **said).status_code == 303
    assert post(officer, office + "send_back/", note="缺整改后照片").status_code == 303
    assert post(field, home + "report/", note="已补拍", photos=[picture("green")]).status_code == 303
    assert post(officer, office + "verify/", note="合格").status_code == 303
    order.refresh_from_db()
    assert (order.state, order.rework_count) == ("verified", 1)
    text = officer.get(office).text
    for words in ("裸土已覆盖", "缺整改后照片", "合格", "24.60000, 118.25000", "±6 m"):
        assert words in text
    # Three photos, above and in the trail, and the earliest beside the latest.
    assert len(re.findall(r'<img src="/api/v1/orders/', text)) == 8
    assert "shield-check" in text
    first = OrderEvent.objects.get(subject=order, verb="report", seq=3)
    assert (first.location.coords, first.accuracy) == ((118.25, 24.6), 6.4)


def test_a_second_press_is_answered_with_the_first_result(cast, enter, make_order):
    order, field = make_order(), enter("field")
    form = {"client_uuid": str(uuid4()), "note": ""}
    first, second = (field.post(f"/field/{order.number}/accept/", form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert OrderEvent.objects.filter(subject=order).count() == 2


def test_a_report_pressed_twice_keeps_its_photos_once(cast, enter, make_order):
    order, field = make_order(), enter("field")
    post(field, f"/field/{order.number}/accept/")
    uuid = str(uuid4())
    for _ in range(2):
        answer = field.post(
            f"/field/{order.number}/report/", {"client_uuid": uuid, "note": "好了", "photos": [picture()]}
        )
        assert answer.status_code == 303
    assert Attachment.objects.count() == 1
    assert OrderEvent.objects.filter(subject=order, verb="report").count() == 1


def test_the_same_form_with_other_words_is_not_sent_again(cast, enter, make_order):
    order, field = make_order(), enter("field")
    uuid = str(uuid4())
    field.post(f"/field/{order.number}/comment/", {"client_uuid": uuid, "note": "第一句"})
    again = field.post(f"/field/{order.number}/comment/", {"client_uuid": uuid, "note": "第二句"})
    assert again.status_code == 409
    assert "第二句" in again.text
    assert OrderEvent.objects.filter(subject=order, verb="comment").count() == 1


def test_a_form_from_an_old_tab_is_refused_and_what_was_typed_is_kept(cast, enter, make_order):
    order, officer = make_order(), enter("officer")
    seen = order.version
    accept(order.number, by=cast.asker("field"))
    answer = post(officer, f"/orders/{order.number}/comment/", note="我的留言", version=seen)
    assert answer.status_code == 412
    assert "我的留言" in answer.text
    assert not OrderEvent.objects.filter(subject=order, verb="comment").exists()


def test_a_verb_from_a_wrong_state_is_a_sentence_and_the_words_are_kept(cast, enter, make_order):
    order, officer = make_order(), enter("officer")
    accept(order.number, by=cast.asker("field"))
    answer = post(officer, f"/orders/{order.number}/withdraw/", note="派错了单位")
    assert answer.status_code == 409
    assert "派错了单位" in answer.text
    assert order.number in answer.text
    assert "<button" not in re.search(r'id="verb-withdraw".*?</form>', answer.text, re.S).group(0).split("<textarea")[1]


@pytest.mark.parametrize(("who", "home", "verb", "status"), [
    ("supervisor", "orders", "verify", 403), ("field", "field", "verify", 403), ("officer", "orders", "accept", 403),
    ("field2", "field", "accept", 404), ("admin", "orders", "comment", 404), ("officer", "orders", "nonsense", 404),
    ("officer", "orders", "suspend", 404),
])  # fmt: skip
def test_a_verb_that_is_never_for_somebody_is_a_page_that_says_so(cast, enter, make_order, who, home, verb, status):
    order = make_order()
    assert post(enter(who), f"/{home}/{order.number}/{verb}/", note="x").status_code == status
    order.refresh_from_db()
    assert order.events == 1


@pytest.mark.parametrize("words", ["", " ", "\x00", "x" * 10_000])
def test_a_note_that_cannot_be_taken_is_a_sentence(cast, enter, make_order, words):
    order, field = make_order(), enter("field")
    answer = post(field, f"/field/{order.number}/return/", note=words)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    if len(words) > 10:
        assert words in answer.text
    order.refresh_from_db()
    assert order.state == "sent"


def test_emoji_and_right_to_left_words_are_kept_as_written_and_escaped(cast, enter, make_order):
    order, field = make_order(), enter("field")
    post(field, f"/field/{order.number}/comment/", note="مرحبا 🌊 <b>x</b>")
    text = enter("officer").get(f"/orders/{order.number}/").text
    assert "مرحبا 🌊 &lt;b&gt;x&lt;/b&gt;" in text


def test_a_wrong_file_is_named_and_the_other_photos_and_words_are_kept(cast, enter, make_order):
    order, field = make_order(), enter("field")
    post(field, f"/field/{order.number}/accept/")
    bad = picture(name="broken.jpg")
    bad.file.truncate(30)
    bad.size = 30
    answer = post(field, f"/field/{order.number}/report/", note="已处理", photos=[picture(), bad])
    assert answer.status_code in {415, 422}
    assert "broken.jpg" in answer.text
    assert "已处理" in answer.text
    kept = Attachment.objects.get()
    assert f'name="attachments" value="{kept.pk}"' in answer.text
    again = post(field, f"/field/{order.number}/report/", note="已处理", attachments=[kept.pk])
    assert again.status_code == 303


def test_a_report_without_a_photo_is_a_sentence(cast, enter, make_order):
    order, field = make_order(), enter("field")
    post(field, f"/field/{order.number}/accept/")
    answer = post(field, f"/field/{order.number}/report/", note="好了")
    assert answer.status_code == 422


def test_somebody_elses_photo_cannot_be_hung_on_a_report(cast, enter, make_order):
    order, field = make_order(), enter("field")
    post(field, f"/field/{order.number}/accept/")
    other = Attachment.objects.create(
        sha256="0" * 64, content_type="image/jpeg", size=1, file="x", uploader=cast.user["field2"]
    )
    answer = post(field, f"/field/{order.number}/report/", note="好了", attachments=[other.pk])
    assert answer.status_code == 422
    order.refresh_from_db()
    assert order.state == "accepted"


def test_a_member_takes_the_order_and_the_manager_hands_it_on(cast, enter, make_order):
    order = make_order()
    assert post(enter("field"), f"/field/{order.number}/reassign/", assignee="field").status_code == 303
    assert post(enter("field"), f"/field/{order.number}/reassign/", assignee="manager").status_code == 422
    assert post(enter("manager"), f"/field/{order.number}/reassign/", assignee="manager").status_code == 303
    assert post(enter("officer"), f"/orders/{order.number}/reassign/", department="unit-two").status_code == 303
    assert enter("field").get(f"/field/{order.number}/").status_code == 404
    assert enter("field2").get(f"/field/{order.number}/").status_code == 200


def test_the_list_filters_sorts_and_counts(cast, enter, make_order):
    late, fresh = make_order(title="很晚的"), make_order("unit-two", title="新的")
    Order.objects.filter(pk=late.pk).update(
        accept_by="2026-01-01T00:00:00+08:00", report_by="2026-01-01T02:00:00+08:00"
    )
    officer = enter("officer")
    page = officer.get("/orders/")
    assert [row.order.number for row in page.context["lines"]] == [late.number, fresh.number]
    assert page.context["figures"]["overdue"] == 1
    assert [r.order.number for r in officer.get("/orders/?overdue=true").context["lines"]] == [late.number]
    assert [r.order.number for r in officer.get("/orders/?department=unit-two").context["lines"]] == [fresh.number]
    assert [r.order.number for r in officer.get("/orders/?q=很晚").context["lines"]] == [late.number]
    assert [r.order.number for r in officer.get("/orders/?sort=newest").context["lines"]] == [fresh.number, late.number]
    assert officer.get("/orders/?tab=ended&state=nonsense&page=x").status_code == 200


@pytest.mark.parametrize("path", ["/orders/", "/field/", "/issues/?tab=all"])
def test_lists_ask_the_database_as_often_for_many_as_for_few(
    cast, enter, make_order, path, django_assert_max_num_queries
):
    field = enter("field")
    make_order()
    with django_assert_max_num_queries(25) as few:
        assert field.get(path).status_code == 200
    for _ in range(3):
        make_order()
    with django_assert_max_num_queries(25) as many:
        field.get(path)
    assert len(many) == len(few)


def test_a_long_trail_costs_no_more_queries_than_a_short_one(cast, enter, make_order, django_assert_max_num_queries):
    order, officer = make_order(), enter("officer")
    with django_assert_max_num_queries(30) as few:
        officer.get(f"/orders/{order.number}/")
    for n in range(3):
        post(officer, f"/orders/{order.number}/comment/", note=f"第 {n} 句")
    officer.get("/password/")  # shows the messages, so that the next page does not
    with django_assert_max_num_queries(30) as many:
        officer.get(f"/orders/{order.number}/")
    assert len(many) <= len(few) + 1  # the names of departments, once there are more


def test_a_broken_chain_is_said_in_red(cast, enter, make_order, monkeypatch):
    order = make_order()
    monkeypatch.setattr("envmap.pages.trails.chain_hash", lambda previous, payload: "0" * 64)
    text = enter("officer").get(f"/orders/{order.number}/").text
    assert "shield-check" not in text.split("chain sm")[1][:200]


def test_who_belongs_to_the_unit_never_verifies_whatever_role_they_wear(cast, enter, make_order):
    order = make_order()
    accept(order.number, by=cast.asker("field"))
    file = Attachment.objects.create(
        sha256="0" * 64, content_type="image/jpeg", size=1, file="x", uploader=cast.user["field"]
    )
    report(order.number, by=cast.asker("field"), note="好了", attachments=[file.pk])
    Membership.objects.create(user=cast.user["officer"], department=cast.department["unit-one"], role="viewer")
    assert post(enter("officer"), f"/orders/{order.number}/verify/").status_code == 403


def test_english_pages_hold_no_chinese_of_our_own(cast, enter, make_order):
    order = make_order(title="Dust")
    officer, field = enter("officer"), enter("field")
    type(cast.feature["dust-sites"]).objects.update(name="Site")
    for model in {type(cast.user["field"])}:
        model.objects.update(name="Somebody")
    paths = [(officer, "/orders/"), (officer, f"/orders/{order.number}/"), (officer, "/issues/?tab=all"),
             (officer, f"/issues/{order.issue.number}/"), (officer, "/issues/new/"), (field, "/field/"),
             (field, f"/field/{order.number}/")]  # fmt: skip
    for client, path in paths:
        text = client.get(path, headers={"Accept-Language": "en"}).text
        text = re.sub(r'<button name="language".*?</button>', "", text, flags=re.S)
        assert not re.findall(r"[一-鿿]+", text), path
