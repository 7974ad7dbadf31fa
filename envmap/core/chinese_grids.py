"""The shifted grids of Chinese maps: GCJ-02 (Amap, Tencent) and BD-09 (Baidu). Pure; degrees, valid in mainland China.

The formula of GCJ-02 is the one in public use since 2010; it agrees with the maps to a metre or two. BD-09 is Baidu's own
shift upon it. static/js/map/projection.js holds GCJ-02 for the browser's raster maps.
"""

import math

KRASSOVSKY_AXIS = 6_378_245.0
KRASSOVSKY_ECCENTRICITY_SQUARED = 0.00669342162296594323
BAIDU_TURN = math.pi * 3000 / 180


def _wave(x: float) -> float:
    return (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """A WGS 84 position (EPSG:4326) as a GCJ-02 map shows it: (longitude, latitude)."""
    x, y, pi = lon - 105, lat - 35, math.pi
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + _wave(x)
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + _wave(x)
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    phi = math.radians(lat)
    magic = 1 - KRASSOVSKY_ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    meridian = KRASSOVSKY_AXIS * (1 - KRASSOVSKY_ECCENTRICITY_SQUARED) / (magic * math.sqrt(magic))
    parallel = KRASSOVSKY_AXIS / math.sqrt(magic) * math.cos(phi)
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


def to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """A WGS 84 position (EPSG:4326) as Baidu's map shows it: (longitude, latitude)."""
    return bd09_of_gcj02(*to_gcj02(lon, lat))


def bd09_of_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """A GCJ-02 position as Baidu's map shows it."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * BAIDU_TURN)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * BAIDU_TURN)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006
