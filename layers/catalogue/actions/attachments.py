"""Files: taken in as they come, hung on what they belong to, removed when nobody needed them."""

from collections.abc import Container, Sequence
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from envmap.accounts.roles import May
from envmap.core import clock
from envmap.core.actor import acting
from envmap.core.errors import BadInput, TooLarge, UnknownKind

from ..media import look_into
from ..models import Attachment
from ..store import digest_of, place_of, put, remove, stale, thumbnail_place_of

KEPT_UNUSED = timedelta(days=7)
_LOCK = 0x66696C65
"""Namespace of advisory locks, one for each content: it is not removed while somebody stores it again."""


def _hold(digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, digest])


def store_attachment(*, by: Asker, upload: "UploadedFile[Any]") -> Attachment:
    """Takes in a file: its type by what is in it, the SHA-256 of its bytes, what its EXIF says, and a thumbnail.

    The bytes are kept as they came. Raises NotAllowed, TooLarge (bytes or pixels), UnknownKind, BadInput for a file
    that is broken.
    """
    by.require(May.ATTACH)
    return _store(by, upload)


def store_picture(*, by: Asker, upload: "UploadedFile[Any]") -> Attachment:
    """A photo of a citizen, for an action that hangs it on the report at once: pictures only, whoever sends them.

    Raises as `store_attachment`, and UnknownKind for what is no picture.
    """
    found = _store(by, upload)
    if not found.content_type.startswith("image/"):
        raise UnknownKind(_("Only photos can go with a report; %(name)s is none.") % {"name": found.original_name})
    return found


def _store(by: Asker, upload: "UploadedFile[Any]") -> Attachment:
    size = upload.size or 0
    if size > settings.ATTACHMENT_MAX_BYTES:
        most = settings.ATTACHMENT_MAX_BYTES // 2**20
        raise TooLarge(_("The file has %(mb).1f MB; at most %(max)d MB are taken.") % {"mb": size / 2**20, "max": most})
    if size == 0:
        raise BadInput(_("The file is empty."), [{"field": "file", "detail": _("is empty")}])
    digest = _digest(upload)
    seen = look_into(upload, max_pixels=settings.IMAGE_MAX_PIXELS)
    place = place_of(digest, seen.extension)
    small = thumbnail_place_of(digest) if seen.thumbnail else ""
    with acting(by.actor):
        _hold(digest)
        put(place, upload)
        if seen.thumbnail:
            put(small, BytesIO(seen.thumbnail))
        return Attachment.objects.create(
            sha256=digest,
            content_type=seen.content_type,
            size=size,
            file=place,
            thumbnail=small,
            original_name=_plain_name(upload.name),
            taken_at=seen.taken_at,
            location=seen.location,
            width=seen.width,
            height=seen.height,
            uploader_id=by.user_id,
            uploaded_at=clock.now(),
        )


def _digest(upload: IO[bytes] | Any) -> str:
    found = sha256()
    upload.seek(0)
    while chunk := upload.read(2**20):
        found.update(chunk)
    return found.hexdigest()


def _plain_name(name: str | None) -> str:
    """The last part of a name that a client sent, without what no file system or database takes."""
    last = Path((name or "").replace("\\", "/")).name
    return "".join(char for char in last if char.isprintable() and not "\ud800" <= char <= "\udfff")[:200]


def hang(ids: Sequence[int], *, by: Asker, already: Container[int] = ()) -> list[Attachment]:
    """The attachments in the order of `ids`, marked as hanging on something from now on. Inside another action.

    `already` are the ids that hang on the same thing: a file may hang on several of its events. Raises BadInput naming
    `attachments` for one that is unknown, not the asker's own, or another thing's.
    """
    wanted = list(dict.fromkeys(ids))
    if not all(isinstance(i, int) and not isinstance(i, bool) and 0 < i < 2**63 for i in wanted):
        raise _not_own(ids)
    # Locked, so that the removal of unused ones cannot come between.
    there = {
        attachment.pk: attachment
        for attachment in Attachment.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
        if attachment.uploader_id == by.user_id and (attachment.hung_at is None or attachment.pk in already)
    }
    missing = [i for i in wanted if i not in there]
    if missing:
        raise _not_own(missing)
    now = clock.now()
    Attachment.objects.filter(pk__in=wanted, hung_at=None).update(hung_at=now)
    for attachment in there.values():
        attachment.hung_at = attachment.hung_at or now
    return [there[i] for i in wanted]


def _not_own(ids: Sequence[object]) -> BadInput:
    detail = _("%s is no attachment of yours that is free to hang here; upload it first") % ", ".join(map(str, ids))
    return BadInput(_("Attachments: %s.") % detail, [{"field": "attachments", "detail": detail}])


def remove_unused_attachments() -> int:
    """Removes what was uploaded more than 7 days ago and hangs on nothing; gives how many. A file goes with its last row."""
    removed = 0
    old = Attachment.objects.filter(hung_at=None, uploaded_at__lt=clock.now() - KEPT_UNUSED)
    for pk in old.values_list("pk", flat=True):
        with transaction.atomic():
            row = Attachment.objects.select_for_update(skip_locked=True).filter(pk=pk, hung_at=None).first()
            if row is None:  # hung meanwhile, or another worker has it
                continue
            row.delete()
        removed += 1
        _remove_file(row)
    _sweep()
    return removed


def _sweep() -> None:
    """Removes old files that no row tells of: their transaction was rolled back, or their writer killed."""
    old = list(stale((clock.now() - KEPT_UNUSED).timestamp()))
    for start in range(0, len(old), 500):
        part = old[start : start + 500]
        known = set(
            Attachment.objects.filter(sha256__in=[digest_of(path) or "" for path in part]).values_list(
                "sha256", flat=True
            )
        )
        for path in part:
            digest = digest_of(path)
            if digest in known:
                continue
            with transaction.atomic():
                _hold(digest or path.name)
                if digest is None or not Attachment.objects.filter(sha256=digest).exists():
                    path.unlink(missing_ok=True)


def _remove_file(row: Attachment) -> None:
    """After the row has gone for good, and only if nobody has stored the same content since: its lock tells."""
    with transaction.atomic():
        _hold(row.sha256)
        if not Attachment.objects.filter(sha256=row.sha256).exists():
            remove(row.file, row.thumbnail)
