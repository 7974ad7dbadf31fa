"""The grid of web map tiles (XYZ, EPSG:3857): which tile is which part of the world. Pure."""

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from envmap.core.errors import BadQuery

MAX_ZOOM = 22
EXTENT = 4096
"""Units of a tile's side (MVT 2.1)."""
BUFFER = 64
"""Units drawn beyond each side, so that symbols are not cut at it: 4 px of a tile of 256."""
LATITUDE = 85.0511287798066
"""Where the square of web mercator ends."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the grid: 0 ≤ x, y < 2^z."""

    z: int
    x: int
    y: int

    @property
    def across(self) -> int:
        """How many tiles lie side by side at this zoom."""
        return 1 << self.z

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """West, south, east, north with the buffer, in degrees; tiles at the grid's edge reach to the poles."""
        margin = BUFFER / EXTENT
        west = (self.x - margin) / self.across * 360 - 180
        east = (self.x + 1 + margin) / self.across * 360 - 180
        north = 90.0 if self.y == 0 else _latitude((self.y - margin) / self.across)
        south = -90.0 if self.y == self.across - 1 else _latitude((self.y + 1 + margin) / self.across)
        return max(west, -180.0), south, min(east, 180.0), north


def _latitude(down: float) -> float:
    """The latitude at a share of the grid's height, counted from the north."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))


def tile_at(z: str, x: str, y: str) -> Tile:
    """The tile of an address; raises BadQuery outside the grid."""
    if len(z) <= 2 and 0 <= int(z) <= MAX_ZOOM and len(x) <= 8 and len(y) <= 8:
        tile = Tile(int(z), int(x), int(y))
        if 0 <= tile.x < tile.across and 0 <= tile.y < tile.across:
            return tile
    raise BadQuery(
        _("There is no tile %(z)s/%(x)s/%(y)s: z is 0 to %(max)d, x and y are 0 to 2^z - 1.")
        % {"z": z[:12], "x": x[:12], "y": y[:12], "max": MAX_ZOOM}
    )
