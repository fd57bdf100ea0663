"""``marsad sheets``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    site: Annotated[Path, typer.Argument(help="Site file (.toml), or the plain folder of three JSON files.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("sheets"),
    zones: Annotated[str, typer.Option(help="Zones, separated by commas; default: all.")] = "",
    pdf: Annotated[bool, typer.Option("--pdf", help="Also as PDF, printed by an installed Chromium.")] = False,
) -> None:
    """Write the instruction sheets of the zones and the operator's card, in Arabic and English, to be printed."""
    from marsad.adapters.errors import BadInputError
    from marsad.adapters.files import write_whole
    from marsad.adapters.instruction_sheet import instruction_sheet, operators_card
    from marsad.adapters.sites import read_site

    ground = read_site(site)
    wanted = [part.strip() for part in zones.split(",") if part.strip()]
    known = {zone.zone_id: zone for zone in ground.zones}
    if strange := [zone_id for zone_id in wanted if zone_id not in known]:
        raise BadInputError("--zones", f"the site has no zone {strange[0]!r}")
    chosen = [known[zone_id] for zone_id in wanted] or list(ground.zones)
    if not chosen:
        raise BadInputError(site, "a site with zones expected")
    out.mkdir(parents=True, exist_ok=True)
    pages = {"instruction-sheets.html": instruction_sheet(chosen), "operators-card.html": operators_card(ground)}
    for name, text in pages.items():
        write_whole(out / name, text.encode())
        print(out / name)
        if pdf:
            print(_printed(out / name))


def _printed(page: Path) -> Path:
    """Let Chromium print a page."""
    import shutil
    import subprocess

    from marsad.adapters.errors import BadInputError

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise BadInputError("--pdf", "Chromium is needed: apt-get install chromium fonts-noto-core; or print the page")
    target = page.with_suffix(".pdf")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    done = subprocess.run(
        [program, *flags, f"--print-to-pdf={target.resolve()}", page.resolve().as_uri()],
        capture_output=True,
        timeout=120,
    )
    if done.returncode or not target.exists():
        raise BadInputError("--pdf", f"Chromium could not print {page}: {done.stderr.decode(errors='replace')[-200:]}")
    return target
