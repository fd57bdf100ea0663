"""``marsad simulate``: a recording and its truth, from a scenario and a seed; or whole nights from a seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class KindOfNight(StrEnum):
    """What a composed night is about."""

    SINGLE = "single"
    SALVO = "salvo"
    DENSE = "dense"
    NONE = "none"
    TROUBLE = "trouble"


def command(
    scenario: Annotated[
        Path,
        typer.Argument(
            metavar="SCENARIO|FOLDER",
            help="A scenario file (.toml), or the name of a bundled one; with --random the folder to write into.",
        ),
    ],
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
    random: Annotated[
        bool,
        typer.Option("--random", help="Compose nights somewhere on Earth, for `marsad score`."),
    ] = False,
    nights: Annotated[int, typer.Option(min=1, max=100_000, help="With --random: how many.")] = 12,
    kind: Annotated[KindOfNight | None, typer.Option(help="With --random: only nights of this kind.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="With --random: how many at once; default: as many as there are cores.")
    ] = None,
) -> None:
    """Simulate a night: what the sensors would deliver, and what really happened."""
    if random:
        _only_nights(scenario, {"--site": site, "--recording": recording, "--truth": truth, "--save-site": save_site})
        _compose(scenario, seed, nights, kind, bounds, jobs)
    else:
        _simulate(scenario, seed, site, recording, truth, save_site, bounds)


def _simulate(
    scenario: Path,
    seed: int,
    site: Path | None,
    recording: Path | None,
    truth: Path | None,
    save_site: Path | None,
    bounds: bool,
) -> None:
    """Simulate the night of a scenario's file."""
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


# --- composed nights --------------------------------------------------------------------------------


def _only_nights(folder: Path, named: dict[str, Path | None]) -> None:
    """Refuse what belongs to a scenario's night, and a folder that would hold other nights beside the new ones."""
    from marsad.adapters.errors import BadInputError

    for option, value in named.items():
        if value is not None:
            raise BadInputError(option, "is of no use with --random, which writes all it makes into one folder")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInputError(folder, "expected a folder that is new or empty: its nights would be scored with these")


def _compose(folder: Path, seed: int, nights: int, kind: KindOfNight | None, bounds: bool, jobs: int | None) -> None:
    """Write nights of one place with their truths, and the place."""
    from marsad.adapters.site_text import write_site
    from marsad.adapters.warm import warm_up_quietly
    from marsad.commands.score import cores
    from marsad.simulation import make_country

    write_site(make_country(seed), folder / "common")
    at_once = min(jobs or cores(), nights)
    if at_once > 1:
        warm_up_quietly()  # once here, so that the workers find the kernels compiled
    for said in _written(folder, seed, nights, kind, bounds, at_once):
        typer.echo(said)
    typer.echo(f"{folder}: {nights} nights; `marsad score {folder}` processes and scores them")


def _written(folder: Path, seed: int, nights: int, kind: KindOfNight | None, bounds: bool, jobs: int) -> Iterator[str]:
    """Write the nights, several at once, and give a line about each in their order."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    calls = [(folder, seed, number, None if kind is None else kind.value, bounds) for number in range(nights)]
    if jobs == 1:
        yield from (_write_night(*call) for call in calls)
        return
    with ProcessPoolExecutor(max_workers=jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_write_night, *zip(*calls, strict=True))


def _write_night(folder: Path, seed: int, number: int, kind: str | None, bounds: bool) -> str:
    """Write one composed night; give the line about it."""
    from marsad.adapters.files import write_whole
    from marsad.adapters.recording_text import recording_bytes
    from marsad.adapters.truth_form import truth_bytes
    from marsad.simulation import compose

    night = compose(seed, number, kind)  # type: ignore[arg-type]  # of KindOfNight, whose values are the same
    run = night.run()
    write_whole(folder / "cases" / f"{run.name}.jsonl", recording_bytes(run.messages))
    write_whole(folder / "truth" / f"{run.name}.json", truth_bytes(run, night.site, with_bounds=bounds))
    return f"{run.name}: {len(run.messages)} lines over {night.scenario.duration_s:g} s, {night.scenario.description}"
