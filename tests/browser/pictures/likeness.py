"""How alike two pictures are, for eyes and not for machines: other fonts and smoothing do not count, a missing panel does.

Both are averaged down to cells of 16 × 16 CSS px, in which letters become grey. Then it is asked how far the cells lie
apart: on the whole, and how many differ so much that something else must stand there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

CELL = 16  # CSS px
KEPT = 4  # of so many CSS px a kept picture has one
APART = 28  # of 255: a cell that differs by more shows something else
MOST_APART = 0.04  # share of cells
MOST_MEAN = 5.0  # of 255


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean difference of all cells (of 255), and the share of cells that show something else."""

    mean: float
    apart: float

    @property
    def is_alike(self) -> bool:
        """Whether a person would say that it is the same page."""
        return self.mean <= MOST_MEAN and self.apart <= MOST_APART


def kept_of(shot: Image.Image) -> Image.Image:
    """A screenshot (one pixel to a CSS px) as it is kept: a quarter as wide, in few colours."""
    small = shot.convert("RGB").resize((shot.width // KEPT, shot.height // KEPT), Image.Resampling.BOX)
    return small.quantize(96, dither=Image.Dither.NONE)


def cells_of(kept: Image.Image) -> Image.Image:
    """A kept picture's cells, with each neighbour's share: text that stands a line higher is not another text."""
    step = CELL // KEPT
    size = (max(1, kept.width // step), max(1, kept.height // step))
    return kept.convert("RGB").resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1))


def difference(kept: Image.Image, seen: Image.Image) -> Difference:
    """Between two kept pictures. Raises ValueError when they are not of one size."""
    if kept.size != seen.size:
        raise ValueError(f"One picture is {kept.size} and the other {seen.size}.")
    apart = ImageChops.difference(cells_of(kept), cells_of(seen))
    red, green, blue = apart.split()
    # Of a cell the colour counts that differs most.
    values = ImageChops.lighter(ImageChops.lighter(red, green), blue).tobytes()
    return Difference(sum(values) / len(values), sum(value > APART for value in values) / len(values))


def side_by_side(kept: Image.Image, seen: Image.Image, path: Path) -> None:
    """Writes both beside one another, to be looked at by a person."""
    both = Image.new("RGB", (kept.width + seen.width + 8, max(kept.height, seen.height)), "white")
    both.paste(kept.convert("RGB"), (0, 0))
    both.paste(seen.convert("RGB"), (kept.width + 8, 0))
    both.save(path)
