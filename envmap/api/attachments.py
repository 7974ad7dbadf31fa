"""Files: sent before they hang on something, read through what they hang on."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel, Field

from envmap.accounts.roles import May
from envmap.core.errors import BadInput, NotVisible, TooLarge
from envmap.core.idempotency import Reply
from layers.catalogue import actions, payloads, queries, store
from layers.catalogue.models import Attachment
from tasks.issues import queries as issues
from tasks.issues.models import IssueAttachment
from tasks.orders import queries as orders
from tasks.orders.models import OrderAttachment

from . import params, shapes, shapes_map
from .answers import address
from .bodies import wrong_type
from .door import Asking, get, post
from .paging import listed, newest_first, page
from .params import Paged, Query
from .repeat import answer_once, finish, require_writing
from .work import require_work

router = Router(tags=["attachments"])
NEWEST = newest_first("attachments", "uploaded_at")
AROUND = 2**16
"""So much more than the file itself a multipart body may have."""
FILE_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
"""A file came from outside: opened in a browser it runs nothing."""


class Upload(BaseModel):
    """One file."""

    file: bytes = Field(description="An image, PDF, audio or video.", json_schema_extra={"format": "binary"})
    client_uuid: UUID | None = None


class FileQuery(Query):
    """Which form of the file."""

    thumbnail: bool = Field(False, description="The small picture of an image.")


def _fingerprint(upload: "UploadedFile[Any]") -> str:
    """Of what was sent: a client that repeats a multipart body writes other boundaries around the same file."""
    found = hashlib.sha256()
    for chunk in upload.chunks():
        found.update(chunk)
    return found.hexdigest()


def _received(request: Asking) -> tuple["UploadedFile[Any]", UUID | None]:
    """The file and the client_uuid of a multipart body. Raises TooLarge, UnknownKind, BadInput."""
    if request.content_type != "multipart/form-data":
        raise wrong_type(request, ("multipart/form-data",))
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    most = settings.ATTACHMENT_MAX_BYTES
    if announced > most + AROUND:
        raise TooLarge(_("The body has %(n)d bytes; at most %(most)d are taken.") % {"n": announced, "most": most})
    wrong = sorted((set(request.POST) - {"client_uuid"}) | (set(request.FILES) - {"file"}))
    if wrong:
        detail = _("There is no such field here.")
        raise BadInput(detail, [{"field": name[:80], "detail": detail} for name in wrong])
    files = request.FILES.getlist("file")
    if len(files) != 1:
        detail = _("Send exactly one file in the field “file”.")
        raise BadInput(detail, [{"field": "file", "detail": detail}])
    raw = request.POST.get("client_uuid")
    try:
        return files[0], UUID(raw) if raw else None
    except ValueError:
        detail = _("A UUID was expected.")
        raise BadInput(detail, [{"field": "client_uuid", "detail": detail}]) from None


@post(
    router,
    "/attachments",
    answers={201: shapes_map.Attachment},
    summary="Send a file",
    upload=Upload,
    repeatable=True,
)
def make_attachment(request: Asking) -> HttpResponse:
    """Its type is judged by what is in it. Until it hangs on something only its uploader sees it; unused it goes after 7 days."""
    asker = request.asker
    asker.require(May.ATTACH)
    require_writing(asker)
    upload, client_uuid = _received(request)

    def act() -> Reply:
        made = actions.store_attachment(by=asker, upload=upload)
        body = payloads.attachment_payload(made, address("attachments"))
        return Reply(201, body, address("attachments", made.pk))

    return finish(answer_once(request, client_uuid, _fingerprint(upload), lambda run: run(act)))


def served(request: Asking, attachment: Attachment) -> HttpResponseBase:
    """The file, or its small picture. Raises NotVisible where that is not there."""
    wants_small = params.read(request, FileQuery).thumbnail
    place = attachment.thumbnail if wants_small else attachment.file
    path = store.path_of(place) if place else None
    if path is None or not path.is_file():
        raise NotVisible(_("The file is not there."))
    tag = f'"{attachment.sha256}{"-t" if wants_small else ""}"'
    if tag in request.headers.get("If-None-Match", ""):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        # Closed by the response itself, once it has been sent.
        response = FileResponse(path.open("rb"), content_type="image/jpeg" if wants_small else attachment.content_type)
        name = attachment.original_name or f"{attachment.pk}{path.suffix}"
        inline = attachment.content_type.startswith(("image/", "audio/", "video/"))
        header = content_disposition_header(not inline, f"{attachment.pk}.jpg" if wants_small else name)
        response["Content-Disposition"] = header or "inline"
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Content-Security-Policy"] = FILE_POLICY
    return response


FILE: dict[str, Any] = {
    "answers": {200: None, 304: None},
    "query": FileQuery,
    "binary": True,
    "headers": {"ETag": "The SHA-256 of the file, in quotes.", "Content-Disposition": "The file's name."},
}


@get(router, "/attachments/{int:id}", summary="A file of one's own", operation_id="get_attachment", **FILE)
def attachment(request: Asking, id: int) -> HttpResponseBase:
    """While it hangs on nothing."""
    return served(request, queries.own_attachment(request.asker, id))


def _through(room: str, find: Callable[..., Attachment]) -> None:
    def view(request: Asking, number: str, id: int) -> HttpResponseBase:
        return served(request, find(request.asker, number, id))

    view.__doc__ = f"Read by whoever sees the {room}."
    get(
        router,
        f"/{room}s/{{number}}/attachments/{{int:id}}",
        summary=f"A file of an {room}",
        operation_id=f"{room}_attachment",
        **FILE,
    )(view)


_through("issue", issues.attachment_of)
_through("order", orders.attachment_of)


@get(
    router,
    "/layers/{key}/features/{int:id}/attachments",
    answers={200: shapes.Listed[shapes_map.Attachment]},
    summary="A feature's files",
    query=Paged,
    operation_id="feature_attachments",
)
def feature_attachments(request: Asking, key: str, id: int) -> Any:
    """Those that hang on its issues and orders, as far as the asker sees these; newest first."""
    asker = request.asker
    require_work(asker)
    feature = queries.feature_of(asker, key, id)
    of_orders = OrderAttachment.objects.filter(
        order__in=orders.orders(asker, layer=key, feature=feature.code).order_by().values("pk")
    )
    of_issues = IssueAttachment.objects.filter(
        issue__in=issues.issues(asker, layer=key, feature=feature.code).order_by().values("pk")
    )
    rows = Attachment.objects.filter(
        Q(pk__in=of_orders.values("attachment")) | Q(pk__in=of_issues.values("attachment"))
    )
    found = page(rows, NEWEST, params.read(request, Paged))
    shown = [row.pk for row in found.rows]
    homes = {
        pk: address("issues", number, "attachments")
        for pk, number in of_issues.filter(attachment__in=shown).values_list("attachment_id", "issue__number")
    } | {
        pk: address("orders", number, "attachments")
        for pk, number in of_orders.filter(attachment__in=shown)
        .order_by("pk")
        .values_list("attachment_id", "order__number")
    }
    return listed(found, [payloads.attachment_payload(row, homes[row.pk]) for row in found.rows])
