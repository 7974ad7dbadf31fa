"""The phone's pages on the server's side: whose they are, the ways to a place, the checklist, the app's own files."""

import re
from uuid import uuid4

import pytest

from envmap.core.chinese_grids import to_bd09, to_gcj02
from layers.catalogue.models import Attachment
from tasks.issues.models import Category, Issue
from tasks.orders.actions import accept, reassign
from tasks.orders.models import OrderEvent
from tests.cast import SPOT
from tests.envmap.pages.conftest import picture
from tests.tasks.make import another


def post(client, path, **data):
    return client.post(path, {"client_uuid": str(uuid4())} | data)


def test_each_page_names_its_person_and_nobody_elses(cast, enter, make_order):
    order = make_order()
    for path in ("/field/", "/field/map/", "/field/new/", "/field/queue/", "/field/me/", f"/field/{order.number}/"):
        answer = enter("field").get(path)
        assert (answer.status_code, answer["X-Envmap-Person"]) == (200, "field"), path
    assert "X-Envmap-Person" not in enter("field2").get(f"/field/{order.number}/")


def test_what_a_phone_has_kept_is_not_done_in_another_persons_name(cast, enter, make_order):
    order, address = make_order(), "/api/v1/orders/{}/comment"
    words = {"note": "只有我知道", "client_uuid": str(uuid4())}

    def send(who: str):
        return enter(who).post(
            address.format(order.number), words, content_type="application/json", headers={"X-Envmap-Person": "field"}
        )

    assert send("manager").status_code == 401
    assert not OrderEvent.objects.filter(subject=order, verb="comment").exists()
    assert send("field").status_code == 200


def test_the_ways_to_a_place_carry_the_coordinates_of_each_program(cast, enter, make_order):
    text = enter("field").get(f"/field/{make_order().number}/").text
    amap, baidu = to_gcj02(SPOT.x, SPOT.y), to_bd09(SPOT.x, SPOT.y)
    assert f"to={amap[0]:.6f}%2C{amap[1]:.6f}%2C" in text
    assert f"destination=latlng%3A{baidu[1]:.6f}%2C{baidu[0]:.6f}%7Cname" in text
    assert f'href="geo:{SPOT.y:.6f},{SPOT.x:.6f}?q=' in text


def test_the_checklist_asks_for_the_categorys_evidence_and_its_answers_stand_in_the_trail(cast, enter, make_order):
    order, field = make_order(), enter("field")
    Category.objects.filter(code="DS-01").update(evidence=["P2", "LOC", "MEAS", "SIGN"])
    accept(order.number, by=cast.asker("field"))
    answer = post(field, f"/field/{order.number}/report/", note="好了", before=picture(), after=picture("blue"),
                  MEAS="0,118", SIGN="true")  # fmt: skip
    assert answer.status_code == 422 and "MEAS" in answer.text  # a comma is no decimal point on the server
    kept = re.findall(r'name="attachments" value="(\d+)"', answer.text)
    assert len(kept) == 2
    ids = {name: re.search(rf'name="{name}_id" value="(\d+)"', answer.text)[1] for name in ("before", "after")}
    again = post(field, f"/field/{order.number}/report/", note="好了", attachments=kept, MEAS="0.118", SIGN="true",
                 before_id=ids["before"], after_id=ids["after"])  # fmt: skip
    assert again.status_code == 303
    told = OrderEvent.objects.get(subject=order, verb="report").answers
    assert told == {"MEAS": 0.118, "SIGN": True, "P2.before": int(ids["before"]), "P2.after": int(ids["after"])}


def test_a_colleagues_order_is_taken_over_by_one_button(cast, enter, make_order):
    order = make_order()
    another(cast, "colleague", "unit-one", "field")
    accept(order.number, by=cast.asker("field"))
    reassign(order.number, by=cast.asker("colleague"), assignee="colleague")
    page = enter("field").get(f"/field/{order.number}/").text
    assert 'name="assignee" value="field"' in page
    assert post(enter("field"), f"/field/{order.number}/reassign/", assignee="field").status_code == 303
    order.refresh_from_db()
    assert order.assignee == cast.user["field"]
    assert 'name="assignee" value="field"' not in enter("field").get(f"/field/{order.number}/").text


def test_a_new_issue_from_where_the_person_stands_keeps_its_photos(cast, enter, category):
    answer = post(enter("field"), "/field/new/", title="路边垃圾", lat="24.61", lon="118.26", photos=[picture()])
    assert answer.status_code == 303
    assert Issue.objects.get(title="路边垃圾").location.coords == (118.26, 24.61)
    assert Attachment.objects.count() == 1


def test_the_app_can_be_installed_and_its_worker_names_the_shell(client):
    manifest = client.get("/field/manifest.webmanifest").json()
    assert (manifest["scope"], manifest["start_url"], manifest["display"]) == ("/field/", "/field/", "standalone")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    worker = client.get("/field/worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "/static/js/field/app.js" in worker.text.split("\n")[1]
    assert client.get("/field/away/").status_code == 200


def test_who_is_signed_in_is_told_before_anything_is_sent(cast, client, enter):
    assert client.get("/field/now.json").json()["person"] is None
    said = enter("field").get("/field/now.json").json()
    assert (said["person"], said["may"]) == ("field", True) and said["token"] and said["now"]


@pytest.mark.parametrize("path", ["/field/map/", "/field/"])
def test_the_phones_lists_ask_the_database_as_often_for_many_as_for_few(
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
