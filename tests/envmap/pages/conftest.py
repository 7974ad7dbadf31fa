"""What the pages' tests start from: orders and issues made by the rooms' actions, clients of the cast."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from envmap.accounts.asker import SYSTEM
from tasks.issues.actions import open_issue
from tasks.issues.models import Category, Issue
from tasks.orders.actions import dispatch, load_office_hours
from tasks.orders.models import Order


@pytest.fixture
def enter(cast) -> Callable[[str], Client]:
    """A client of its own for somebody of the cast."""

    def client(username: str) -> Client:
        found = Client()
        found.force_login(cast.user[username])
        return found

    return client


@pytest.fixture
def category(cast) -> Category:
    """A category of the dust layer: 30 minutes to accept, two hours to report, around the clock."""
    load_office_hours(by=SYSTEM, spans=[["08:30", "12:00"], ["14:30", "18:00"]])
    parent = Category.objects.create(code="DS", names={"zh-hans": "扬尘", "en": "dust"}, layer=cast.layer["dust-sites"])
    return Category.objects.create(
        code="DS-01", names={"zh-hans": "颗粒物", "en": "particles"}, parent=parent, layer=cast.layer["dust-sites"],
        severity="major", clock="urgent", accept_within="0.5", report_within="2", evidence=["P2", "LOC"], unit_kind="operator",
    )  # fmt: skip


@pytest.fixture
def make_issue(cast, category) -> Callable[..., Issue]:
    """An issue by the officer about the dust site."""

    def make(**more: Any) -> Issue:
        values = {"title": "工地扬尘", "category": "DS-01", "layer": "dust-sites", "feature": "dust-sites-1"} | more
        return open_issue(by=cast.asker("officer"), **values)

    return make


@pytest.fixture
def make_order(cast, make_issue) -> Callable[..., Order]:
    """An order of unit-one, as sent."""

    def make(department: str = "unit-one", **more: Any) -> Order:
        return dispatch(make_issue(**more).number, by=cast.asker("officer"), department=department)

    return make


def picture(colour: str = "red", name: str = "photo.jpg") -> SimpleUploadedFile:
    """A small real JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/jpeg")


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    """Uploads of a test go with it."""
    settings.MEDIA_ROOT = tmp_path
