"""Ways to a place: the map programs of a phone, each with the coordinates of its own grid."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.contrib.gis.geos import Point
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from envmap.core.chinese_grids import to_bd09, to_gcj02


@dataclass(frozen=True, slots=True)
class Way:
    """One map program: its name and the address that opens it at the place."""

    name: str | Promise
    href: str


def ways_to(place: Point, name: str) -> list[Way]:
    """Amap (GCJ-02), Baidu (BD-09) and the phone's own map (WGS 84) for a place in EPSG:4326; `name` is shown there."""
    lon, lat = place.x, place.y
    amap_lon, amap_lat = to_gcj02(lon, lat)
    baidu_lon, baidu_lat = to_bd09(lon, lat)
    # Commas and bars divide these programs' own fields.
    plain = "".join(" " if sign in ",|()" else sign for sign in name).strip()[:60]
    amap = {"to": f"{amap_lon:.6f},{amap_lat:.6f},{plain}", "mode": "car", "coordinate": "gaode", "callnative": "1"}
    baidu = {
        "destination": f"latlng:{baidu_lat:.6f},{baidu_lon:.6f}|name:{plain}",
        "coord_type": "bd09ll", "mode": "driving", "output": "html", "src": "envmap",
    }  # fmt: skip
    return [
        Way(_("Amap"), f"https://uri.amap.com/navigation?{urlencode(amap)}"),
        Way(_("Baidu Maps"), f"https://api.map.baidu.com/direction?{urlencode(baidu)}"),
        Way(_("The phone's own map"), f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}({quote(plain, safe='')})"),
    ]
