"""``marsad consequence``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    site: Annotated[Path, typer.Argument(help="Site file (.toml), or the plain folder of three JSON files.")],
    scenario: Annotated[
        Path | None, typer.Option(help="Scenario that says how the site watches: orbits, sway, noise (.toml).")
    ] = None,
    rockets: Annotated[int, typer.Option(min=1, max=10_000, help="How many rockets to simulate.")] = 100,
    per_year: Annotated[float, typer.Option(min=0.0, help="How many rockets a year to reckon with.")] = 50.0,
    thresholds: Annotated[
        str, typer.Option(help="Impact probabilities, separated by commas.")
    ] = "0.02,0.05,0.1,0.2,0.5",
    sector: Annotated[str, typer.Option(help="Azimuths they come from, degrees, clockwise: FROM-TO.")] = "0-360",
    around_m: Annotated[float, typer.Option(min=0.0, help="How far around the zones they are aimed.")] = 1500.0,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same table.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a threshold.")] = False,
    page: Annotated[Path | None, typer.Option(help="Write a page to look at and print (.html).")] = None,
) -> None:
    """Show what each warning threshold would do at this site: alarms, missed, late, precautionary, people-minutes.

    The site's own sensors and pipeline against simulated rockets of its own classes; a threshold is then chosen, not
    guessed.  Takes a second or two of computing a rocket.
    """
    import msgspec
    import numpy as np

    from marsad.adapters.consequence_page import consequence_page
    from marsad.adapters.errors import BadInputError
    from marsad.adapters.files import write_whole
    from marsad.adapters.scenario_file import read_scenario
    from marsad.adapters.sites import read_site
    from marsad.plan.consequence import Threat, consequence, simulate_attacks
    from marsad.simulation.scenario import Scenario

    ground = read_site(site)
    if not ground.zones or not ground.sensors:
        raise BadInputError(site, "a site with zones and sensors expected")
    base = read_scenario(scenario) if scenario else Scenario(name="consequence", duration_s=60.0)
    wanted = _numbers("--thresholds", thresholds, ",", 0.0, 1.0)
    directions = _numbers("--sector", sector, "-", 0.0, 360.0)
    if len(directions) != 2:
        raise BadInputError("--sector", f"two azimuths, FROM-TO, expected, found {sector!r}")
    threat = Threat(from_azimuth_deg=(directions[0], directions[1]), around_m=around_m)
    attacks = []
    for attack in simulate_attacks(ground, base, threat, rockets, np.random.default_rng(seed)):
        attacks.append(attack)
        if len(attacks) % 10 == 0:
            typer.echo(f"marsad: {len(attacks)} of {rockets} rockets", err=True)
    present = ground.policy.probability_on
    rows = [consequence(ground, attacks, p, per_year) for p in sorted({*wanted, present})]
    if page is not None:
        write_whole(page, consequence_page(ground.name, rows, per_year, present).encode())
    if as_json:
        for row in rows:
            print(msgspec.json.encode(row).decode())
        return
    print(f"{rockets} simulated rockets, {rows[0].zones_hit} zones hit; a year: {per_year:g} rockets")
    print("threshold  alarms/yr  precautionary/yr  in time  late  missed  people-min/yr  lead s")
    for row in rows:
        mark = "*" if row.probability_on == present else " "
        lead = "-" if row.lead_median_s is None else f"{row.lead_median_s:.0f}"
        print(
            f"{100 * row.probability_on:7.1f} %{mark} {row.alarms_per_year:9.1f}  {row.precautionary_per_year:16.1f}"
            f"  {row.in_time:7d}  {row.late:4d}  {row.missed:6d}  {row.people_minutes_per_year:13.0f}  {lead:>6s}"
        )
    print("* the site's present threshold")


def _numbers(name: str, text: str, separator: str, least: float, most: float) -> list[float]:
    from marsad.adapters.errors import BadInputError

    try:
        found = [float(part) for part in text.split(separator)]
    except ValueError as error:
        raise BadInputError(name, f"numbers separated by {separator!r} expected, found {text!r}") from error
    if not found or not all(least <= value <= most for value in found):
        raise BadInputError(name, f"numbers from {least:g} to {most:g} expected, found {text!r}")
    return found
