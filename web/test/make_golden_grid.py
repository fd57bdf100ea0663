"""Write golden_grid.json: UTM by PROJ (pyproj) and MGRS by GEOTRANS (package mgrs)."""

import json
from pathlib import Path

import mgrs
from pyproj import Transformer

PLACES = [
    (33.1021, 44.371),
    (29.9792, 31.1342),
    (24.4539, 54.3773),
    (-33.8688, 151.2093),
    (0.0001, 0.0001),
    (-0.5, -78.5),
    (59.9, 5.3),
    (78.2, 15.6),
    (51.4779, -0.0015),
    (40.6892, -74.0445),
    (-54.8, -68.3),
    (35.0, 47.9999),
    (83.5, -30.0),
]


def main() -> None:
    """Compute every place and write the file beside this script."""
    rows = []
    for lat, lon in PLACES:
        name = mgrs.MGRS().toMGRS(lat, lon, MGRSPrecision=5)
        zone = int(name[:-13])
        code = (32600 if lat >= 0 else 32700) + zone
        easting, northing = Transformer.from_crs("EPSG:4326", f"EPSG:{code}", always_xy=True).transform(lon, lat)
        rows.append({"lat": lat, "lon": lon, "zone": zone, "easting_m": easting, "northing_m": northing, "mgrs": name})
    Path(__file__).with_name("golden_grid.json").write_text(json.dumps(rows, indent=1) + "\n")


main()
