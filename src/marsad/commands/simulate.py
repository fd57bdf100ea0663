"""``marsad simulate``: a recording and its truth, from a scenario and a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (.toml), or the name of a bundled one.")],
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")],
    site: Annotated[Path | None, typer.Option(help="The site; default: the one that the scenario names.")] = None,
    recording: Annotated[
        Path | None, typer.Option(help="Where to write the recording; default: NAME-SEED.jsonl in the working folder.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Where to write the truth; default: NAME-SEED.truth.json in the working folder.")
    ] = None,
    save_site: Annotated[
        Path | None, typer.Option(help="Also write the site into this folder, to use and to change.")
    ] = None,
    bounds: Annotated[
        bool, typer.Option("--bounds/--no-bounds", help="Keep the least possible errors of each rocket with the truth.")
    ] = True,
) -> None:
    """Simulate a night: what the sensors would deliver, and what really happened."""
    import numpy as np

    from marsad.adapters.errors import BadInputError
    from marsad.adapters.files import write_whole
    from marsad.adapters.recording_text import recording_bytes
    from marsad.adapters.scenario_file import check_scenario, read_scenario
    from marsad.adapters.site_text import write_site
    from marsad.adapters.sites import read_site
    from marsad.adapters.truth_form import truth_bytes
    from marsad.adapters.warm import telling
    from marsad.samples import scenario_names, scenario_path
    from marsad.simulation import simulate_night

    if not scenario.suffix and scenario.name in scenario_names():
        scenario = scenario_path(scenario.name)
    night = read_scenario(scenario)
    if site is None and not night.site:
        raise BadInputError(scenario, "expected the site file that the scenario is for, or --site", field="site")
    place = read_site(site or scenario.parent / night.site, lambda text: typer.echo(f"marsad: {text}", err=True))
    check_scenario(scenario, place, night)
    try:
        run = simulate_night(place, night, np.random.default_rng(seed))
    except ValueError as error:  # a rocket that never comes down, for one
        raise BadInputError(scenario, str(error)) from None
    stem = f"{night.name}-{seed}"
    recording_path, truth_path = recording or Path(f"{stem}.jsonl"), truth or Path(f"{stem}.truth.json")
    with telling("marsad: compiling the numerical kernels, once; `marsad warmup` does it beforehand"):
        truth_content = truth_bytes(run, place, with_bounds=bounds)
    write_whole(recording_path, recording_bytes(run.messages))
    write_whole(truth_path, truth_content)
    if save_site is not None:
        typer.echo(f"{write_site(place, save_site)}: the site")
    typer.echo(f"{recording_path}: {len(run.messages)} lines over {night.duration_s:g} s; truth in {truth_path}")
