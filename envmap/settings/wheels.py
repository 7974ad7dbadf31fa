"""Where Django finds GDAL and GEOS: in the wheels of pyogrio and shapely, so that one libgdal serves the process.

Two copies (Debian's and the wheel's) in one process failed to open files in some orders of import, see
docs/decisions/0003.
"""

import os
from importlib.util import find_spec
from pathlib import Path

FOLLOWERS = (
    "VRT", "GTI", "GDALG", "WCS", "WMS", "WMTS", "OGCAPI", "STACTA", "STACIT", "EEDA", "EEDAI", "DAAS", "PLMOSAIC", "HTTP",
    "OGR_VRT", "WFS", "OAPIF", "Elasticsearch", "Carto", "AmigoCloud", "PLSCENES", "CSW", "NGW", "ADBC", "GPSBabel",
)  # fmt: skip


def library(package: str, pattern: str) -> str | None:
    """The path of a library inside the wheel of `package`, or None, which leaves Django its own look-up."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    hits = sorted(Path(spec.origin).parents[1].glob(f"{package}.libs/{pattern}"))
    return str(hits[0]) if hits else None


def name_gdal_data() -> None:
    """Tells GDAL its data folder before anyone loads it: pyogrio refuses to start when Django was there first."""
    spec = find_spec("pyogrio")
    if spec is not None and spec.origin is not None:
        os.environ.setdefault("GDAL_DATA", str(Path(spec.origin).parent / "gdal_data"))
    # Foreign files may name other files or servers; these drivers would follow them. Each name is one that the wheel's
    # libgdal has, or every process would complain of it; GDAL_SKIP serves raster and vector drivers alike.
    os.environ.setdefault("GDAL_SKIP", ",".join(FOLLOWERS))
