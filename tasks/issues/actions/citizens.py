"""A citizen's report: anybody may make one, nobody needs an account; the receipt is read by a private link."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.utils.translation import gettext as _

from envmap.accounts.asker import ANONYMOUS
from envmap.core.actor import acting
from envmap.core.errors import Conflict, NotVisible
from layers.catalogue.actions import hang, store_picture
from layers.sensors.models import Severity

from .. import inputs
from ..models import Category, CitizenReport, Issue
from .verbs import begin

LONGEST = 2_000  # characters of a description
MOST_PHOTOS = 6
_LOCK = 0x63697469
"""Namespace of advisory locks, one a form: two sendings of the same form wait for each other."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the citizen gets: the number, and the key of the private link, which is kept nowhere in the clear."""

    number: str
    key: str


def kinds() -> list[Category]:
    """What a citizen chooses from: the first level of the categories, which speaks of things and not of rules."""
    return list(
        Category.objects.filter(is_active=True, parent=None, layer__isnull=False)
        .select_related("layer")
        .order_by("layer__position", "code")
    )


def report_by_citizen(
    *,
    client_uuid: UUID,
    description: str,
    kind: str | None = None,
    location: dict[str, Any] | Point | None = None,
    place: str = "",
    contact: str = "",
    photos: Sequence["UploadedFile[Any]"] = (),
) -> Receipt:
    """Opens an issue of the source `citizen`; `kind` is a code of `kinds()` or None for something else.

    `location` is a GeoJSON Point (EPSG:4326) and needed; `place` tells of the spot in words. The photos are kept with
    the report or not at all. The same form (`client_uuid`) sent again gets the first receipt; with other words it
    raises Conflict. Raises BadInput, TooLarge, UnknownKind.
    """
    words = inputs.text(description, field="description", longest=LONGEST)
    if not words:
        raise inputs.refuse("description", _("Say in a few words what you saw."))
    spot = inputs.position(location)
    if spot is None:
        raise inputs.refuse("location", _("Mark the place on the map, or use the place where you are."))
    if len(photos) > MOST_PHOTOS:
        raise inputs.refuse("photos", _("At most %(n)s photos go with one report.") % {"n": MOST_PHOTOS})
    category = _kind(kind)
    key = key_of(client_uuid)
    with acting(ANONYMOUS.actor):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, str(client_uuid)])
        before = CitizenReport.objects.filter(client_uuid=client_uuid).select_related("issue").first()
        if before is not None:
            if before.issue.description != words:
                raise Conflict(
                    _("This form was sent before with other words, as report %(number)s. Open a new form for more.")
                    % {"number": before.issue.number}
                )
            return Receipt(before.issue.number, key)
        files = hang([store_picture(by=ANONYMOUS, upload=photo).pk for photo in photos], by=ANONYMOUS)
        issue = begin(
            Issue(
                source=Issue.Source.CITIZEN,
                severity=Severity.MINOR,
                title=_title(category, words),
                description=words,
                layer=category.layer if category else None,
                location=spot,
            ),
            by=ANONYMOUS,
            attachments=files,
        )
        CitizenReport.objects.create(
            issue=issue,
            key_digest=digest(key),
            contact=inputs.line(contact, field="contact", longest=80) if contact.strip() else "",
            place=inputs.line(place, field="place", longest=200) if place.strip() else "",
            client_uuid=client_uuid,
        )
        return Receipt(issue.number, key)


def _kind(code: str | None) -> Category | None:
    if not code:
        return None
    found = next((one for one in kinds() if one.code == code), None)
    if found is None:
        raise inputs.refuse("kind", _("Choose one of the kinds that are offered."))
    return found


def _title(category: Category | None, words: str) -> str:
    """What the queue shows: the kind and how the citizen begins."""
    first = " ".join(words.split())
    return f"{category.names['zh-hans']}：{first}"[:200] if category else first[:200]


def key_of(client_uuid: UUID) -> str:
    """The key of the private link: 128 bits that only this instance can work out from the form's own number."""
    mac = hmac.new(settings.SECRET_KEY.encode(), f"citizen report {client_uuid}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac[:16]).decode().rstrip("=")


def digest(key: str) -> str:
    """What of a key is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


def receipt_of(number: str, key: str) -> CitizenReport:
    """The report of a private link, with its issue. Raises NotVisible: the same words for a wrong number and a wrong key."""
    found = CitizenReport.objects.select_related("issue__layer").filter(key_digest=digest(key)).first()
    if found is None or not secrets.compare_digest(found.issue.number.encode(), number.encode()):
        raise NotVisible(_("There is no report under this link. Open the whole link that you were given."))
    return found
