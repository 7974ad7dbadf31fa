"""What a file is by what stands in it, what it tells of time and place, and a small picture of it. No database."""

import io
import logging
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import IO, Any

import puremagic
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageOps

from envmap.core.clock import SHANGHAI
from envmap.core.errors import BadInput, TooLarge, UnknownKind

IMAGES = {"JPEG": ("image/jpeg", ".jpg"), "MPO": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png"),
          "WEBP": ("image/webp", ".webp"), "GIF": ("image/gif", ".gif")}  # fmt: skip
"""Pillow's formats that are taken; an MPO is a telephone's JPEG with a second picture behind it."""
OTHERS = {
    ".pdf": "application/pdf",
    ".mp3": "audio/mpeg", ".mpga": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".amr": "audio/amr",
    ".ogg": "audio/ogg", ".oga": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac",
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".3gp": "video/3gpp", ".3ga": "video/3gpp",
    ".webm": "video/webm", ".ogv": "video/ogg", ".avi": "video/x-msvideo",
}  # fmt: skip
THUMBNAIL = (480, 480)
log = logging.getLogger("envmap.catalogue")
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in a file. `taken_at` is aware, `location` EPSG:4326; `thumbnail` is a JPEG without metadata."""

    content_type: str
    extension: str
    taken_at: datetime | None = None
    location: Point | None = None
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def look_into(file: IO[bytes] | Any, *, max_pixels: int) -> Seen:
    """Decides by content alone; what the client calls the file counts for nothing.

    Raises UnknownKind for what is neither image, PDF, audio nor video, BadInput for a broken image, TooLarge for one
    with more than `max_pixels`, before it is unpacked.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (
        head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    ):
        return _image(file, max_pixels)
    refusal = UnknownKind(
        _("Files of this type are not taken; photographs (JPEG, PNG, WebP, GIF), PDF, audio and video are.")
    )
    if head[4:11] == b"ftypM4A":
        return Seen("audio/mp4", ".m4a")
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        raise refusal from None
    extension = found[0].extension if found else ""
    if extension not in OTHERS:
        raise refusal
    return Seen(OTHERS[extension], extension)


def _image(file: Any, max_pixels: int) -> Seen:
    file.seek(0)
    broken = BadInput(
        _("The image is broken: it cannot be unpacked whole."), [{"field": "file", "detail": _("is a broken image")}]
    )
    try:
        with Image.open(file, formats=["JPEG", "PNG", "WEBP", "GIF"]) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise _too_many(width, height, max_pixels)
            content_type, extension = IMAGES[str(image.format)]
            taken_at, location = _told(image)
            # A JPEG is unpacked at a fraction of its size, for only a small picture is wanted; all of it is read.
            image.draft("RGB", (THUMBNAIL[0] * 2, THUMBNAIL[1] * 2))
            image.load()
            thumbnail = _thumbnail(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge(
            _("The image unpacks to more pixels than are taken (%d million).") % (max_pixels // 10**6)
        ) from None
    except TooLarge:
        raise
    except Exception as error:  # decoders of damaged bytes raise almost anything
        raise broken from error
    return Seen(content_type, extension, taken_at, location, width, height, thumbnail)


def _too_many(width: int, height: int, max_pixels: int) -> TooLarge:
    return TooLarge(
        _("The image has %(w)d × %(h)d pixels; at most %(max)d million are taken.")
        % {"w": width, "h": height, "max": max_pixels // 10**6}
    )


def _thumbnail(image: Image.Image) -> bytes:
    """Upright as EXIF says, on white, without any metadata."""
    try:
        upright = ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF turns nothing
        upright = image
    upright.thumbnail(THUMBNAIL)
    if upright.mode in ("RGBA", "LA", "PA", "P"):
        layered = upright.convert("RGBA")
        plain = Image.new("RGB", layered.size, "white")
        plain.paste(layered, mask=layered.getchannel("A"))
    else:
        plain = upright.convert("RGB")
    clean = Image.new("RGB", plain.size)
    clean.paste(plain)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def _told(image: Image.Image) -> tuple[datetime | None, Point | None]:
    """Time and place; a damaged EXIF says nothing, and the picture is none the worse for it."""
    try:
        exif = image.getexif()
        return _taken_at(exif), _location(exif)
    except Exception:
        log.info("The EXIF of an upload is damaged.")
        return None, None


def _taken_at(exif: Image.Exif) -> datetime | None:
    """DateTimeOriginal (else DateTimeDigitized) with its OffsetTime; a camera without one keeps Asia/Shanghai."""
    inside = exif.get_ifd(ExifTags.IFD.Exif)
    for stamp, offset in (
        (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
        (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
    ):
        try:
            local = datetime.strptime(str(inside[stamp]).strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        except (KeyError, ValueError):
            continue
        try:
            return local.replace(tzinfo=_zone(inside.get(offset))).astimezone(UTC)
        except OverflowError:
            continue
    return None


def _zone(offset: object) -> Any:
    """The zone of `+08:00`; Asia/Shanghai where there is none or it is not understood."""
    text = str(offset or "").strip("\x00 ")
    if text in ("Z", "+00:00", "-00:00"):
        return UTC
    try:
        sign = {"+": 1, "-": -1}[text[0]]
        hours, minutes = text[1:].split(":")
        span = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(sign * span)
    except (KeyError, IndexError, ValueError):
        return SHANGHAI


def _location(exif: Image.Exif) -> Point | None:
    """The position of the GPS directory, WGS 84; None where there is none or it is impossible."""
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude]) * (-1 if _letter(gps, ExifTags.GPS.GPSLatitudeRef) == "S" else 1)
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude]) * (
            -1 if _letter(gps, ExifTags.GPS.GPSLongitudeRef) == "W" else 1
        )
    except (KeyError, ValueError, TypeError, ZeroDivisionError, IndexError):
        return None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    if lat == 0 and lon == 0:  # what cameras write that have not found a satellite
        return None
    return Point(round(lon, 7), round(lat, 7), srid=4326)


def _letter(gps: Any, tag: int) -> str:
    raw = gps.get(tag, "")
    return (raw.decode("ascii", "replace") if isinstance(raw, bytes) else str(raw)).strip("\x00 ").upper()[:1]


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    if degrees < 0 or not 0 <= minutes < 60 or not 0 <= seconds < 60:
        raise ValueError("not degrees, minutes and seconds")
    return degrees + minutes / 60 + seconds / 3600
