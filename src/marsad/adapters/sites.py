"""A site, however it is given: a TOML file of one's own or the plain folder of three JSON files."""

from __future__ import annotations

from pathlib import Path

from marsad.adapters.errors import BadInputError
from marsad.adapters.site_common import read_common_site
from marsad.adapters.site_file import read_site_file, warn_note
from marsad.adapters.terrain_files import Note
from marsad.sensing.site import Site


def read_site(path: Path, note: Note = warn_note) -> Site:
    """Read a site; anything wrong raises ``BadInputError``, and ``note`` is told what was mended."""
    if path.suffix == ".toml" and not path.is_dir():
        return read_site_file(path, note)
    if (path / "site.toml").is_file():
        return read_site_file(path / "site.toml", note)
    if path.is_dir():
        return read_common_site(path)
    wanted = "expected a site file (.toml) or a folder with zones.json, terrain.json and classes.json"
    raise BadInputError(path, wanted if path.exists() else f"{wanted}, found nothing")
