"""Files for the tests: photographs with EXIF, broken ones, bombs, and things that only pretend."""

import io
import struct
import zlib
from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational


def dms(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes and seconds as EXIF keeps them, to a ten-thousandth of a second."""
    value = abs(value)
    degrees, minutes = int(value), int(value * 60) % 60
    seconds = round((value * 3600 - degrees * 3600 - minutes * 60) * 10000)
    return IFDRational(degrees), IFDRational(minutes), IFDRational(seconds, 10000)


def photo(
    size=(640, 480), *, at=None, taken: datetime | None = None, offset: str | None = None, orientation=1, format="JPEG"
) -> bytes:
    """A photograph; its left half is red. `at` is (lon, lat); `taken` local time without zone, `offset` its OffsetTime."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    inside = exif.get_ifd(ExifTags.IFD.Exif)
    if taken:
        inside[ExifTags.Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    if offset:
        inside[ExifTags.Base.OffsetTimeOriginal] = offset
    if at:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef] = (
            "S" if at[1] < 0 else "N",
            "W" if at[0] < 0 else "E",
        )
        gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLongitude] = dms(at[1]), dms(at[0])
    out = io.BytesIO()
    image.save(out, format, exif=exif)
    return out.getvalue()


def png_bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that says it is `side` × `side` pixels, all of them there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side // 8)) for _row in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def upload(content: bytes, name="photo.jpg", content_type="image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)
