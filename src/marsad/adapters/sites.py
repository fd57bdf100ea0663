"""A site, however it is given: a TOML file of one's own or the plain folder of three JSON files."""

from __future__ import annotations

from pathlib import Path

from marsad.adapters.errors import BadInputError
from marsad.adapters.site_common import read_common_site
from marsad.sensing.site import Site


def read_site(path: Path) -> Site:
    """Read a site; anything wrong raises ``BadInputError``."""
    if path.is_dir():
        return read_common_site(path)
    raise BadInputError(path, "expected a folder with zones.json, terrain.json and classes.json")
