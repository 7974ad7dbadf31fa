"""Stations, rules, layers, dead letters and audit under /manage/: who may enter, by which actions, what is refused."""

import re
from uuid import uuid4

import pytest

from envmap.accounts.models import Token
from envmap.core.models import AuditRow
from layers.catalogue.models import LayerShare
from layers.sensors.actions.dead_letters import Refused, keep_dead_letters
from layers.sensors.models import AlarmRule, Factor, Station
from tests.cast import PEOPLE

BOTH = {"officer", "admin"}
PAGES = {
    "/manage/stations/": BOTH, "/manage/stations/new/": BOTH, "/manage/rules/": BOTH, "/manage/rules/new/": BOTH,
    "/manage/dead-letters/": BOTH, "/manage/layers/": {"admin"}, "/manage/layers/outfalls/": {"admin"},
    "/manage/audit/": {"admin"}, "/manage/": BOTH,
}  # fmt: skip


def post(client, path: str, **fields):
    return client.post(path, {"client_uuid": str(uuid4())} | fields)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", [*PEOPLE, None])
def test_pages_of_manage_are_open_to_the_roles_that_have_them(cast, client, path, who):
    if who:
        client.force_login(cast.user[who])
    answer = client.get(path)
    if who is None:
        assert answer["Location"] == f"/signin/?next={path}"
    else:
        expected = (302 if path == "/manage/" else 200) if who in PAGES[path] else 403
        assert answer.status_code == expected


@pytest.fixture
def factor(db) -> Factor:
    return Factor.objects.create(code="a34002", names={"zh-hans": "PM10", "en": "PM10"}, unit="mg/m3", decimals=3)


STATION = {
    "mn": "B" * 24, "name": "二号站", "protocol": "hj212", "st": "39", "password": "123456", "layer": "dust-sites",
    "feature": "dust-sites-1", "department": "", "lat": "24.6", "lon": "118.25", "expected_interval": "60",
    "units": "a34002 = ug/m3",
}  # fmt: skip


def test_a_station_is_made_changed_and_keeps_its_password_unseen(cast, enter, factor):
    officer = enter("officer")
    made = post(officer, "/manage/stations/new/", **STATION)
    assert (made.status_code, made["Location"]) == (303, f"/manage/stations/{'B' * 24}/")
    station = Station.objects.get()
    assert (station.password, station.units, station.feature.code) == ("123456", {"a34002": "ug/m3"}, "dust-sites-1")
    page = officer.get(made["Location"]).text
    assert "123456" not in page
    changed = post(officer, made["Location"], **STATION | {"name": "改名站", "password": ""})
    assert changed.status_code == 303
    station.refresh_from_db()
    assert (station.name, station.password) == ("改名站", "123456")


@pytest.mark.parametrize(("change", "field"), [
    ({"mn": "no good!"}, "mn"), ({"name": ""}, "name"), ({"feature": "nowhere"}, "feature"),
    ({"feature": "dust-sites-1", "layer": ""}, "layer"), ({"lat": "24"} | {"lon": ""}, "lon"),
    ({"expected_interval": "0"}, "expected_interval"), ({"units": "a34002"}, "units"), ({"protocol": "morse"}, "protocol"),
])  # fmt: skip
def test_a_station_that_cannot_be_says_why_at_its_field(cast, enter, factor, change, field):
    answer = post(enter("officer"), "/manage/stations/new/", **STATION | change)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not Station.objects.exists()


def test_a_taken_mn_is_a_sentence(cast, enter, factor):
    post(enter("officer"), "/manage/stations/new/", **STATION)
    assert post(enter("officer"), "/manage/stations/new/", **STATION).status_code == 409


def test_a_stations_token_is_shown_once_and_revoked(cast, enter, factor):
    officer = enter("officer")
    post(officer, "/manage/stations/new/", **STATION)
    address = f"/manage/stations/{'B' * 24}/"
    made = post(officer, address + "tokens/", name="MQTT")
    secret = re.search(r'class="secret">([^<]+)<', made.text).group(1)
    assert secret not in officer.get(address).text
    token = Token.objects.get()
    assert (token.station, token.scopes) == ("B" * 24, ["ingest"])
    assert post(officer, f"{address}tokens/{token.pk}/revoke/").status_code == 303
    token.refresh_from_db()
    assert token.revoked_at is not None


RULE = {
    "name": "PM10 小时预警", "layer": "dust-sites", "feature": "", "station": "", "factor": "a34002", "kind": "hour",
    "above": "0.15", "for_minutes": "0", "clear_below": "0.13", "severity": "minor", "enabled": "on", "auto_issue": "on",
}  # fmt: skip


def test_a_rule_is_made_changed_and_deleted(cast, enter, factor):
    officer = enter("officer")
    assert post(officer, "/manage/rules/new/", **RULE).status_code == 303
    rule = AlarmRule.objects.get()
    address = f"/manage/rules/{rule.pk}/"
    assert 'value="0.15"' in officer.get(address).text
    assert post(officer, address, **RULE | {"above": "0.2"} | {"feature": "dust-sites-1"}).status_code == 303
    rule.refresh_from_db()
    assert (rule.above, rule.feature.code) == (pytest.approx(rule.above.__class__("0.2")), "dust-sites-1")
    assert post(officer, address + "delete/").status_code == 303
    assert officer.get(address).status_code == 404


@pytest.mark.parametrize(("change", "field"), [
    ({"name": ""}, "name"), ({"layer": ""}, "layer"), ({"station": "X"}, "layer"), ({"factor": "zzz"}, "factor"),
    ({"above": "high"}, "above"), ({"clear_below": "0.2"}, None), ({"severity": "terrible"}, "severity"),
])  # fmt: skip
def test_a_rule_that_cannot_be_says_why(cast, enter, factor, change, field):
    answer = post(enter("officer"), "/manage/rules/new/", **RULE | change)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    if field:
        assert answer.context["form"].errors[field]
    assert not AlarmRule.objects.exists()


def test_a_layer_is_renamed_made_public_and_shared(cast, enter):
    admin = enter("admin")
    address = "/manage/layers/dust-sites/"
    assert post(admin, address, name_zh="工地", name_en="Sites", public="on").status_code == 303
    cast.layer["dust-sites"].refresh_from_db()
    assert (cast.layer["dust-sites"].names["en"], cast.layer["dust-sites"].public) == ("Sites", True)
    assert post(admin, address + "shares/", department="health").status_code == 303
    assert LayerShare.objects.get().department.code == "health"
    assert post(admin, address + "shares/health/end/").status_code == 303
    assert not LayerShare.objects.exists()
    assert post(admin, address, name_zh="").status_code == 422
    assert admin.get("/manage/layers/nowhere/").status_code == 404


def test_refused_frames_are_shown_with_their_reason_and_bytes_made_readable(cast, enter):
    keep_dead_letters([
        Refused(reason="crc_mismatch", detail="expected 1C80", raw=b"##0010QN=\x00\xff<script>", mn="A" * 24, address="198.51.100.7"),
        Refused(reason="garbage", detail="", raw=b"hello" * 400, address="198.51.100.8"),
    ])  # fmt: skip
    officer = enter("officer")
    text = officer.get("/manage/dead-letters/").text
    assert "##0010QN=\\x00\\xFF&lt;script&gt;" in text
    assert "198.51.100.8" in text
    filtered = officer.get("/manage/dead-letters/?reason=garbage").text
    assert "198.51.100.7" not in filtered.split("<tbody>")[1]


def test_a_stations_password_is_not_shown_with_its_refused_frames(cast, enter):
    keep_dead_letters([Refused(reason="crc_mismatch", detail="", raw=b"##0030ST=39;PW=sEcr3t;MN=1;CP=&&&&0000")])
    text = enter("officer").get("/manage/dead-letters/").text
    assert "sEcr3t" not in text
    assert "PW=******;MN=1" in text


def test_the_audit_tells_who_did_what_and_filters(cast, enter):
    admin = enter("admin")
    admin.post("/manage/people/field/disable/", {})
    AuditRow.objects.create(at="2020-01-01T00:00:00+08:00", kind="sign_in_failed", subject="username:mallory")
    text = admin.get("/manage/audit/").text
    assert "mallory" in text
    only = admin.get("/manage/audit/?kind=user.changed").context["lines"]
    assert {row.kind for row, *_ in only} == {"user.changed"}
    assert only[0][1] == "admin"
    assert not admin.get("/manage/audit/?who=nobody").context["lines"]
    assert [row.subject for row, *_ in admin.get("/manage/audit/?to=2020-01-01&from=2020-01-01").context["lines"]] == [
        "username:mallory"
    ]
    assert admin.get("/manage/audit/?from=nonsense&to=2020-99-99&page=x").status_code == 200


@pytest.mark.parametrize(
    "path", ["/manage/stations/", "/manage/rules/", "/manage/dead-letters/", "/manage/audit/", "/manage/layers/"]
)
def test_lists_ask_the_database_as_often_for_many_as_for_few(cast, enter, factor, path, django_assert_max_num_queries):
    admin = enter("admin")

    def add(n: int) -> None:
        station = Station.objects.create(mn=f"{n}" * 24, name="站", feature=cast.feature["dust-sites"])
        AlarmRule.objects.create(name="规则", station=station, factor=factor, kind="hour", above="1", clear_below="1")
        keep_dead_letters([Refused(reason="garbage", detail="", raw=b"x")])

    add(1)
    with django_assert_max_num_queries(25) as few:
        admin.get(path)
    for n in (2, 3, 4):
        add(n)
    with django_assert_max_num_queries(25) as many:
        admin.get(path)
    assert len(many) == len(few)


def test_english_pages_hold_no_chinese_of_our_own(cast, enter, factor):
    admin = enter("admin")
    cast.layer["dust-sites"].schema["properties"] = {
        "stage": {"type": "string", "title": "阶段", "x-title-en": "Stage"}
    }
    cast.layer["dust-sites"].save()
    for path in ["/manage/stations/", "/manage/stations/new/", "/manage/rules/", "/manage/rules/new/", "/manage/dead-letters/",
                 "/manage/layers/", "/manage/layers/dust-sites/"]:  # fmt: skip
        text = admin.get(path, headers={"Accept-Language": "en"}).text
        text = re.sub(r'<button name="language".*?</button>', "", text, flags=re.S)
        text = text.replace(cast.user["admin"].name, "").replace("工地", "").replace("dust-sites 图层", "")
        assert not re.findall(r"[一-鿿]+", text), path
