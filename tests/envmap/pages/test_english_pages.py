"""On an English page the product's own words are English: what is Chinese there is a name out of the database, or marked.

The rule: a run of Chinese characters may stand inside an element with a Chinese `lang`, or as (part of) a text that the
database holds. Everything else is a word of ours that nobody translated.
"""

import re
from datetime import timedelta
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import models
from django.http import HttpResponse
from django.test import Client

from envmap.core import clock
from layers.sensors.models import Alarm, AlarmRule, Factor, Station
from tests.browser.gallery.pages import NOBODY, PAGES

HAN = re.compile(r"[\u3400-\u9fff]+")
SHOWN = {"title", "aria-label", "placeholder", "alt", "value", "content"}
VOID = {"meta", "link", "input", "br", "img", "hr", "use", "path", "rect", "circle", "line"}


class Words(HTMLParser):
    """The texts and spoken attributes of a page that are not marked as Chinese."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: list[bool] = []
        self.silent = 0
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        chinese = (named.get("lang") or "").startswith("zh") or any(self.marked)
        if not chinese:
            self.found += [v for k, v in attrs if v and (k in SHOWN or k.startswith("data-")) and HAN.search(v)]
        if tag not in VOID:
            self.marked.append(chinese)

    def handle_endtag(self, tag):
        if tag not in VOID and self.marked:
            self.marked.pop()

    def handle_data(self, data):
        if not any(self.marked) and HAN.search(data):
            self.found.append(data)


def stored_texts() -> list[str]:
    """Every value with Chinese that the database holds, and every run of two and more such characters, longest first."""
    found: set[str] = set()
    for model in apps.get_models():
        names = [
            f.name for f in model._meta.concrete_fields
            if isinstance(f, models.CharField | models.TextField | models.JSONField)
        ]  # fmt: skip
        if names:
            for row in model._default_manager.values_list(*names):
                for value in row:
                    if value and HAN.search(str(value)):
                        found |= {str(value), *HAN.findall(str(value))}
    return sorted((run for run in found if len(run) > 1), key=len, reverse=True)


def own_chinese(page: str, stored: list[str]) -> list[str]:
    """What is left of a page's Chinese when names out of the database are taken away."""
    words = Words()
    words.feed(page)
    left = []
    for text in words.found:
        rest = text
        for run in stored:
            rest = rest.replace(run, "")
        left += [f"{found} in {text.strip()[:80]!r}" for found in HAN.findall(rest)]
    return left


@pytest.fixture
def told(cast, category, make_order, make_issue):
    """A place with a station, a rule, an open alarm, an issue and an order; their names are Chinese."""
    layer, feature = cast.layer["dust-sites"], cast.feature["dust-sites"]
    factor = Factor.objects.create(
        code="a34002", names={"zh-hans": "可吸入颗粒物", "en": "PM10"}, unit="mg/m³", decimals=3
    )
    station = Station.objects.create(mn="A" * 24, name="一号站", feature=feature)
    rule = AlarmRule.objects.create(
        name="颗粒物小时", layer=layer, factor=factor, kind="hour", above="0.15", clear_below="0.13", severity="major"
    )
    Alarm.objects.create(
        rule=rule, station=station, feature=feature, layer=layer, factor=factor, severity="major",
        opened_at=clock.now() - timedelta(hours=1), first_value="0.2", last_value="0.213", peak_value="0.25",
        limit={"value": 0.15, "unit": "mg/m³", "standard": "GB 3095-2026", "clause": "表一"},
    )  # fmt: skip
    issue, order = make_issue(title="裸土未覆盖"), make_order()
    return {
        "layer": layer.key, "feature": feature.pk, "issue": issue.number, "order": order.number, "station": station.mn,
        "rule": rule.pk,
    }  # fmt: skip


def fetch(client: Client, path: str) -> HttpResponse:
    """A page in English."""
    return client.get(path.split("#")[0], headers={"accept-language": "en"})


@pytest.mark.django_db
def test_no_english_page_of_any_role_says_a_word_of_ours_in_chinese(cast, enter, told):
    stored, faults, seen = stored_texts(), {}, 0
    clients = {who: enter(who) for who in cast.user}
    for page in PAGES:
        for role in page.roles:
            if role != NOBODY and role not in clients:
                continue
            try:
                path = page.path.format(**told)
            except KeyError:
                continue
            path = path.replace("/people/field/", "/people/field/").replace(
                "/departments/bureau/", "/departments/town/"
            )
            answer = fetch(Client() if role == NOBODY else clients[role], path)
            if answer.status_code != page.status:
                continue
            seen += 1
            assert '<html lang="en"' in answer.text, path
            if left := own_chinese(answer.text, stored):
                faults[f"{role} {path}"] = left[:4]
    for part in ("", "alarms/", "orders/", "history/", "photos/", "nearby/"):
        answer = fetch(clients["officer"], f"/map/{told['layer']}/{told['feature']}/{part}")
        assert answer.status_code == 200
        if left := own_chinese(answer.text, stored):
            faults[f"panel {part}"] = left[:4]
    assert not faults
    assert seen > 80


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nowhere/", "/manage/people/"])
def test_refusals_are_english_too(cast, enter, path):
    answer = fetch(enter("viewer"), path)
    assert answer.status_code in {403, 404}
    assert own_chinese(answer.text, stored_texts()) == []


@pytest.mark.django_db
def test_what_was_typed_wrong_is_answered_in_english(cast, enter, told):
    client = enter("officer")
    answer = client.post(
        "/issues/new/", {"title": "x" * 10_000, "client_uuid": str(uuid4())}, headers={"accept-language": "en"}
    )
    assert answer.status_code == 422
    assert "x" * 10_000 in answer.text
    assert "200" in answer.text
    assert own_chinese(answer.text, stored_texts()) == []


def test_the_rule_finds_a_word_of_ours_and_lets_names_and_marked_words_be():
    page = '<p>工单 of 翔安区</p><b lang="zh-Hans">简体中文</b><a title="问题">x</a>'
    assert own_chinese(page, ["翔安区"]) == ["工单 in '工单 of 翔安区'", "问题 in '问题'"]
