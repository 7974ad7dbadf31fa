"""Hands out an attachment's bytes; who may have them was decided by whatever it hangs on."""

import logging

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _

from envmap.core.errors import NotVisible

from .models import Attachment
from .store import path_of

log = logging.getLogger("envmap.catalogue")


def file_response(request: HttpRequest, attachment: Attachment, *, thumbnail: bool = False) -> HttpResponseBase:
    """The file as it came, or its small picture, with ETag (304) and never for a shared cache.

    Raises NotVisible where there is no small picture, or where the bytes are gone from the disk (logged as an error).
    """
    place = attachment.thumbnail if thumbnail else attachment.file
    if not place:
        raise NotVisible(_("This attachment has no small picture."))
    etag = f'"{attachment.sha256}{"-small" if thumbnail else ""}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag, response=None)
    if response is None:
        path = path_of(place)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            log.error("The file of attachment %d is missing below MEDIA_ROOT.", attachment.pk)
            raise NotVisible(_("The file of this attachment is missing.")) from None
        name = attachment.original_name or path.name
        response = FileResponse(
            file,
            content_type="image/jpeg" if thumbnail else attachment.content_type,
            filename=path.name if thumbnail else name,
        )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ["Cookie", "Authorization"])  # type: ignore[arg-type]
    return response
