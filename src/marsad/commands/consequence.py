"""``marsad consequence``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from marsad.plan.attacks import Attack, AttackKind, Threat
    from marsad.plan.consequence import Consequence
    from marsad.sensing.site import Site
    from marsad.simulation.scenario import Scenario


def command(
    site: Annotated[Path, typer.Argument(help="Site file (.toml), or the plain folder of three JSON files.")],
    scenario: Annotated[
        Path | None, typer.Option(help="Scenario that says how the site watches: orbits, sway, noise (.toml).")
    ] = None,
    rockets: Annotated[int, typer.Option(min=0, max=10_000, help="How many rockets to simulate.")] = 100,
    per_year: Annotated[float, typer.Option(min=0.0, help="How many rockets a year to reckon with.")] = 50.0,
    thresholds: Annotated[
        str, typer.Option(help="Impact probabilities of rockets, separated by commas.")
    ] = "0.02,0.05,0.1,0.2,0.5",
    drones: Annotated[int, typer.Option(min=0, max=10_000, help="How many drones to simulate.")] = 30,
    drones_per_year: Annotated[float, typer.Option(min=0.0, help="How many drones a year to reckon with.")] = 20.0,
    drone_thresholds: Annotated[
        str, typer.Option(help="Probabilities that a drone comes down on a zone, separated by commas.")
    ] = "0.05,0.1,0.15,0.3,0.5",
    sector: Annotated[str, typer.Option(help="Azimuths they come from, degrees, clockwise: FROM-TO.")] = "0-360",
    around_m: Annotated[float, typer.Option(min=0.0, help="How far around the zones they are aimed.")] = 1500.0,
    by_zone: Annotated[bool, typer.Option("--by-zone", help="A row for each zone too.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same table.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    page: Annotated[Path | None, typer.Option(help="Write a page to look at and print (.html).")] = None,
) -> None:
    """Show what each warning threshold would do at this site: alarms, missed, late, precautionary, people-minutes.

    The site's own sensors and pipeline against simulated rockets of its own classes and simulated drones; a threshold
    is then chosen, not guessed.  Takes a second or two of computing a rocket, two or three a drone.
    """
    import msgspec

    from marsad.adapters.consequence_page import consequence_page
    from marsad.adapters.errors import BadInputError
    from marsad.adapters.files import write_whole
    from marsad.adapters.scenario_file import read_scenario
    from marsad.adapters.sites import read_site
    from marsad.plan.attacks import Threat
    from marsad.simulation.scenario import Scenario

    ground = read_site(site)
    if not ground.zones or not ground.sensors:
        raise BadInputError(site, "a site with zones and sensors expected")
    if rockets + drones == 0:
        raise BadInputError("--rockets", "at least one rocket or drone expected")
    base = read_scenario(scenario) if scenario else Scenario(name="consequence", duration_s=60.0)
    directions = _numbers("--sector", sector, "-", 360.0)
    if len(directions) != 2:
        raise BadInputError("--sector", f"two azimuths, FROM-TO, expected, found {sector!r}")
    threat = Threat(from_azimuth_deg=(directions[0], directions[1]), around_m=around_m)
    wanted = {
        "rocket": _thresholds("--thresholds", thresholds),
        "drone": _thresholds("--drone-thresholds", drone_thresholds),
    }
    tables: list[list[Consequence]] = []
    if rockets:
        attacks = _attacks(ground, base, threat, rockets, seed, "rocket")
        tables.append(_table(ground, attacks, wanted["rocket"], per_year, by_zone))
    if drones:
        attacks = _attacks(ground, base, threat, drones, seed, "drone")
        tables.append(_table(ground, attacks, wanted["drone"], drones_per_year, by_zone))
    if page is not None:
        years = {"rocket": per_year, "drone": drones_per_year}
        write_whole(page, consequence_page(ground, tables, years).encode())
    for table in tables:
        if as_json:
            print("\n".join(msgspec.json.encode(row).decode() for row in table))
        else:
            _print(table, per_year if table[0].hazard == "rocket" else drones_per_year)


def _attacks(ground: Site, base: Scenario, threat: Threat, count: int, seed: int, kind: AttackKind) -> list[Attack]:
    import numpy as np

    from marsad.plan.attacks import simulate_attacks

    attacks = []
    for attack in simulate_attacks(ground, base, threat, count, np.random.default_rng(seed), kind):
        attacks.append(attack)
        if len(attacks) % 10 == 0:
            typer.echo(f"marsad: {len(attacks)} of {count} {kind}s", err=True)
    return attacks


def _table(
    ground: Site, attacks: Sequence[Attack], wanted: Sequence[float], per_year: float, by_zone: bool
) -> list[Consequence]:
    """Give the rows of every threshold, and those of what the site has now in its place among them."""
    from marsad.plan.consequence import consequence

    present = consequence(ground, attacks, None, per_year, by_zone)
    groups = [present]
    drone = attacks[0].kind == "drone"
    own = any((zone.probability_on_drone if drone else zone.probability_on) is not None for zone in ground.zones)
    for threshold in wanted:
        if own or threshold != present[0].probability_on:
            groups.append(consequence(ground, attacks, threshold, per_year, by_zone))
    return [row for group in sorted(groups, key=lambda rows: rows[0].probability_on) for row in group]


def _print(table: Sequence[Consequence], per_year: float) -> None:
    first = table[0]
    print(
        f"{first.attacks} simulated {first.hazard}s, {first.zones_hit} zones hit; a year: {per_year:g} {first.hazard}s"
    )
    print("threshold  alarms/yr  precautionary/yr  in time  late  missed  people-min/yr  lead s")
    for row in table:
        mark = "*" if row.present else " "
        lead = "-" if row.lead_median_s is None else f"{row.lead_median_s:.0f}"
        zone = "" if row.zone_id is None else f"  {row.zone_id}"
        print(
            f"{100 * row.probability_on:7.1f} %{mark} {row.alarms_per_year:9.1f}  {row.precautionary_per_year:16.1f}"
            f"  {row.in_time:7d}  {row.late:4d}  {row.missed:6d}  {row.people_minutes_per_year:13.0f}  {lead:>6s}{zone}"
        )
    print("* what the site has now; zones with thresholds of their own keep them in this row")


def _thresholds(name: str, text: str) -> list[float]:
    from marsad.adapters.errors import BadInputError

    found = sorted(set(_numbers(name, text, ",", 1.0)))
    if found[0] == 0.0:
        raise BadInputError(name, f"numbers above 0 expected, found {text!r}")
    return found


def _numbers(name: str, text: str, separator: str, most: float) -> list[float]:
    from marsad.adapters.errors import BadInputError

    try:
        found = [float(part) for part in text.split(separator)]
    except ValueError as error:
        raise BadInputError(name, f"numbers separated by {separator!r} expected, found {text!r}") from error
    if not found or not all(0.0 <= value <= most for value in found):
        raise BadInputError(name, f"numbers from 0 to {most:g} expected, found {text!r}")
    return found
