"""Drawn pictures that stand where the demo's photographs would be, with the EXIF of a phone: time and position. Pure."""

from __future__ import annotations

import io
import random
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 960, 720
SHANGHAI = ZoneInfo("Asia/Shanghai")

# EXIF tags (Exif 2.32)
MAKE, MODEL, SOFTWARE, DATE_TIME, EXIF_IFD, GPS_IFD = 0x010F, 0x0110, 0x0131, 0x0132, 0x8769, 0x8825
DATE_TIME_ORIGINAL, OFFSET_TIME_ORIGINAL = 0x9003, 0x9011


def _degrees(value: float) -> tuple[Fraction, Fraction, Fraction]:
    """Degrees, minutes and seconds as EXIF rationals."""
    whole = int(value)
    minutes = (value - whole) * 60
    return (
        Fraction(whole),
        Fraction(int(minutes)),
        Fraction(round((minutes - int(minutes)) * 60, 3)).limit_denominator(1000),
    )


def _exif(taken_at: datetime, lon: float, lat: float) -> Image.Exif:
    exif = Image.Exif()
    local = taken_at.astimezone(SHANGHAI)
    exif[MAKE], exif[MODEL], exif[SOFTWARE] = "envmap", "demo drawing", "envmap demo"
    exif[DATE_TIME] = local.strftime("%Y:%m:%d %H:%M:%S")
    detail = exif.get_ifd(EXIF_IFD)
    detail[DATE_TIME_ORIGINAL] = local.strftime("%Y:%m:%d %H:%M:%S")
    detail[OFFSET_TIME_ORIGINAL] = "+08:00"
    gps = exif.get_ifd(GPS_IFD)
    gps[1], gps[2] = ("N" if lat >= 0 else "S"), _degrees(abs(lat))
    gps[3], gps[4] = ("E" if lon >= 0 else "W"), _degrees(abs(lon))
    return exif


def _ground(draw: ImageDraw.ImageDraw, sky: str, soil: str, horizon: int) -> None:
    draw.rectangle((0, 0, WIDTH, horizon), fill=sky)
    draw.rectangle((0, horizon, WIDTH, HEIGHT), fill=soil)


def _site(draw: ImageDraw.ImageDraw, rng: random.Random, after: bool) -> None:
    """A building plot: bare and hazy before, under nets with a fog cannon after."""
    _ground(draw, "#bcd3de" if after else "#cbc3b4", "#5e7b5a" if after else "#b4875a", 430)
    for x in (70, 220, 700):
        top = rng.randint(150, 260)
        draw.rectangle((x, top, x + 120, 430), fill="#94a4ab")
        for row in range(top + 20, 410, 34):
            for column in range(x + 14, x + 104, 28):
                draw.rectangle((column, row, column + 16, row + 18), fill="#7c8d95")
    draw.line((500, 430, 500, 70), fill="#c9871f", width=9)
    draw.line((450, 110, 720, 110), fill="#c9871f", width=9)
    draw.rectangle((0, 415, WIDTH, 450), fill="#3f7f86")
    if after:
        for x in range(-200, WIDTH, 36):
            draw.line((x, HEIGHT, x + 260, 460), fill="#46624a", width=3)
        draw.polygon([(150, 520), (420, 400), (430, 470)], fill="#eef3f4")
        draw.rectangle((100, 500, 170, 560), fill="#d98324")
    else:
        for _ in range(26):
            x, y = rng.randint(0, WIDTH), rng.randint(470, 690)
            draw.ellipse((x, y, x + rng.randint(40, 130), y + rng.randint(14, 34)), fill="#9c7046")


def _shore(draw: ImageDraw.ImageDraw, rng: random.Random, after: bool) -> None:
    """A beach at low water, with or without what the tide left."""
    _ground(draw, "#c7dbe3", "#86a9b6", 260)
    draw.polygon([(0, 430), (420, 380), (WIDTH, 450), (WIDTH, HEIGHT), (0, HEIGHT)], fill="#c8b58e")
    for _ in range(3 if after else 70):
        x, y = rng.randint(0, WIDTH), rng.randint(460, 690)
        colour = rng.choice(["#e9e6da", "#d0643f", "#4f7d9c", "#d9b24a", "#f4f4f0"])
        draw.rectangle((x, y, x + rng.randint(10, 46), y + rng.randint(6, 24)), fill=colour)
    if after:
        for n in range(6):
            draw.ellipse((650 + n * 42, 560, 710 + n * 42, 640), fill="#2f4858")


def _outfall(draw: ImageDraw.ImageDraw, rng: random.Random, after: bool) -> None:
    """A headwall with its pipe: running murky, or dry with a sign beside it."""
    _ground(draw, "#c3d6dd", "#9b927c", 200)
    draw.polygon([(120, 180), (840, 180), (910, 500), (50, 500)], fill="#b7bab2")
    draw.ellipse((390, 260, 560, 430), fill="#7f8c91")
    draw.ellipse((410, 280, 540, 410), fill="#20292d")
    draw.rectangle((0, 520, WIDTH, HEIGHT), fill="#8fb0bb" if after else "#8c8a5e")
    if after:
        draw.rectangle((760, 330, 768, 520), fill="#5e6a6f")
        draw.rectangle((690, 250, 840, 340), fill="#2f6c9a")
        for y in (275, 300, 320):
            draw.line((705, y, 825 - rng.randint(0, 40), y), fill="#ffffff", width=6)
    else:
        draw.polygon([(440, 400), (520, 400), (580, 560), (380, 560)], fill="#7e7d55")


def _plant(draw: ImageDraw.ImageDraw, rng: random.Random, after: bool) -> None:
    """Tanks of a small treatment plant and the face of a meter."""
    _ground(draw, "#bcd3de", "#7e9a72", 380)
    for x in (80, 330, 580):
        draw.rectangle((x, 330, x + 210, 520), fill="#8d9697")
        draw.ellipse((x, 300, x + 210, 360), fill="#4f8f8a" if after else "#6b5d3f")
    draw.rectangle((760, 180, 910, 420), fill="#2c3a41")
    draw.rectangle((780, 205, 890, 290), fill="#c9dec4" if after else "#e2b4a8")
    draw.text((800, 225), f"{rng.uniform(8, 30) if after else rng.uniform(60, 130):.1f}", fill="#203026", font_size=40)


SCENES = {
    "outfalls": _outfall, "sewage-stations": _plant, "marine-debris": _shore, "dust-sites": _site, "epidemic-control": _plant,
}  # fmt: skip


def photo(layer: str, *, after: bool, taken_at: datetime, lon: float, lat: float, seed: int) -> bytes:
    """A JPEG of a layer's scene before or after the work, taken at a time (aware) and a place (EPSG:4326)."""
    rng = random.Random(seed)
    image = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    SCENES.get(layer, _plant)(draw, rng, after)
    image = image.resize((WIDTH * 2 // 3, HEIGHT * 2 // 3), Image.Resampling.BILINEAR)  # softens the drawing's edges
    stamp = taken_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    ImageDraw.Draw(image).text((16, image.height - 36), f"{stamp}  {lat:.5f}, {lon:.5f}", fill="#ffffff", font_size=18)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, exif=_exif(taken_at, lon, lat))
    return out.getvalue()
