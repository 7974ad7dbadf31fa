"""Emptying an instance of the demo: what goes, what stays, and who is refused."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from envmap.accounts import actions as accounts
from envmap.accounts.asker import SYSTEM
from envmap.accounts.models import Department, User
from envmap.accounts.queries import asker_for
from envmap.core import clock
from envmap.core.errors import NotAllowed
from envmap.core.models import AuditRow, OutboxFact, OutboxHead
from envmap.demo.photos import photo
from envmap.demo.reset import reset
from layers.catalogue import actions as catalogue
from layers.catalogue.models import Attachment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def instance(settings, tmp_path):
    """One person of the demo with one picture, a few facts told and a file of roots."""
    settings.DEMO, settings.MEDIA_ROOT, settings.TRAIL_ROOTS = True, tmp_path / "media", tmp_path / "roots.log"
    settings.TRAIL_ROOTS.write_text("a root\n", encoding="utf-8")
    accounts.make_department(by=SYSTEM, code="bureau", names={"zh-hans": "局", "en": "Bureau"}, kind="bureau")
    accounts.make_user(by=SYSTEM, username="officer", name="陈", password=None, is_demo=True)
    accounts.add_membership(by=SYSTEM, username="officer", department="bureau", role="officer", is_default=True)
    officer = asker_for(User.objects.get(username="officer"))
    picture = photo("dust-sites", after=False, taken_at=clock.now(), lon=100.0, lat=20.0, seed=1)
    upload = SimpleUploadedFile("a.jpg", picture, content_type="image/jpeg")
    catalogue.store_attachment(by=officer, upload=upload)
    OutboxHead.objects.update_or_create(pk=1, defaults={"seq": 41})
    return tmp_path


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_everything_goes_but_the_audit_and_the_head_of_the_facts(instance):
    assert files_below(instance / "media")
    audited = AuditRow.objects.count()
    reset()
    for table in (User, Department, Attachment, OutboxFact):
        assert not table.objects.exists()
    assert files_below(instance / "media") == []
    assert AuditRow.objects.count() == audited > 0
    head = OutboxHead.objects.get()
    assert (head.seq, head.forgotten) == (41, 41)


def test_the_roots_of_trails_that_are_gone_are_moved_aside(instance):
    reset()
    assert not (instance / "roots.log").exists()
    assert [path.read_text(encoding="utf-8") for path in instance.glob("roots.log.*")] == ["a root\n"]


def test_a_person_who_is_not_of_the_demo_keeps_it_from_being_emptied(instance):
    accounts.make_user(by=SYSTEM, username="real", name="真", password=None)
    with pytest.raises(NotAllowed, match="real"):
        reset()
    assert User.objects.count() == 2


def test_without_the_demo_setting_nothing_is_emptied(instance, settings):
    settings.DEMO = False
    with pytest.raises(NotAllowed, match="ENVMAP_DEMO"):
        reset()
    assert User.objects.exists()
