"""``marsad score``: a folder of cases processed, and scored by the scorer that came with it or by Marsad's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from marsad.assess import NightScore

PARTS = ("cases", "common", "truth")
"""What makes a folder one of cases: recordings, the site that they are of, and what really happened."""


def find_scorer(folder: Path) -> Path | None:
    """Find ``score.py`` in the folder of cases or, if that is part of a larger one, in its parent."""
    parent = folder.resolve().parent
    # a program that happens to lie beside the folder has nothing to do with it
    places = [folder, parent] if all((parent / part).is_dir() for part in PARTS) else [folder]
    return next((place / "score.py" for place in places if (place / "score.py").is_file()), None)


def find_cases(folder: Path, only: str) -> list[Path]:
    """List the recordings of a folder of cases whose names begin with one of the comma-separated prefixes."""
    from marsad.adapters.errors import BadInputError

    for part in PARTS:
        if not (folder / part).is_dir():
            raise BadInputError(folder, f"expected a folder of cases with {part}/ in it, found none")
    prefixes = tuple(prefix for prefix in only.split(",") if prefix) or ("",)
    found = [path for path in sorted((folder / "cases").glob("*.jsonl")) if path.name.startswith(prefixes)]
    if not found:
        raise BadInputError(
            folder / "cases", "expected recordings (*.jsonl), found none" + (f" named {only}*" if only else "")
        )
    return found


def _one_case(recording: Path, common: Path, result: Path, deterministic: bool) -> tuple[str, str]:
    """Process one case in a worker; give its name and what to print, or the error's line."""
    from marsad.adapters.errors import BadInputError
    from marsad.commands.process import process_file

    try:
        counts = process_file(recording, common, result, deterministic=deterministic)
    except BadInputError as error:
        return "bad", str(error)
    return "ok", f"{recording.stem:34s} {counts['lines']:6.0f} lines {counts['computing_s']:7.2f} s"


def process_cases(recordings: list[Path], common: Path, results: Path, *, deterministic: bool, jobs: int) -> bool:
    """Process cases side by side, printing each as it ends; say whether all could be read."""
    good = True
    for outcome, text in _outcomes(recordings, common, results, deterministic, jobs):
        good = good and outcome == "ok"
        typer.echo(text if outcome == "ok" else f"marsad: {text}", err=True)
    return good


def _outcomes(
    recordings: list[Path], common: Path, results: Path, deterministic: bool, jobs: int
) -> Iterator[tuple[str, str]]:
    """Work through the cases, each with a process of its own core, and give what came of each as it ends."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    longest_first = sorted(recordings, key=lambda path: -path.stat().st_size)
    calls = [(path, common, results / f"{path.stem}.json", deterministic) for path in longest_first]
    jobs = min(jobs, len(calls))
    if jobs == 1:
        yield from (_one_case(*call) for call in calls)
        return
    with ProcessPoolExecutor(max_workers=jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_one_case, *call) for call in calls]):
            yield done.result()


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def command(
    cases_dir: Annotated[Path, typer.Argument(help="A folder with cases/, common/ and truth/.")],
    results: Annotated[
        Path | None,
        typer.Option(help="Where to keep the results; default: marsad-results/NAME under the working folder."),
    ] = None,
    only: Annotated[str, typer.Option(help="Comma-separated beginnings of the names of the cases wanted.")] = "",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many cases at once; default: as many as there are cores.")
    ] = None,
    deterministic: Annotated[bool, typer.Option("--deterministic", help="Leave the computing time out.")] = False,
    own: Annotated[
        bool, typer.Option("--own", help="Let Marsad's own scorer speak even where the folder brings one.")
    ] = False,
    json_out: Annotated[Path | None, typer.Option("--json", help="Keep the scorer's figures as JSON too.")] = None,
) -> None:
    """Process every case of a folder, keep the results and say how good they are, by its scorer or Marsad's own."""
    from marsad.adapters.warm import warm_up_quietly

    scorer = None if own else find_scorer(cases_dir)
    recordings = find_cases(cases_dir, only)
    folder = results or Path("marsad-results") / cases_dir.resolve().name
    warm_up_quietly()  # once here, so that the workers find the kernels compiled
    good = process_cases(recordings, cases_dir / "common", folder, deterministic=deterministic, jobs=jobs or cores())
    sys.stdout.flush()
    scored = True
    if scorer is None:
        score_nights(recordings, cases_dir / "truth", folder, json_out)
    else:
        scored = _run_scorer(scorer, folder, cases_dir / "truth", only, json_out)
    typer.echo(f"\nresults kept in {folder}")
    if not good:
        raise typer.Exit(2)
    raise typer.Exit(0 if scored else 1)


def _run_scorer(scorer: Path, results: Path, truth: Path, only: str, json_out: Path | None) -> bool:
    """Let a folder's own scorer speak; say whether it went well."""
    arguments = [str(results), "--truth", str(truth)]
    arguments += ["--only", only] if only else []
    arguments += ["--json", str(json_out)] if json_out else []
    return subprocess.run([sys.executable, str(scorer), *arguments], check=False).returncode == 0


def score_nights(recordings: list[Path], truth: Path, results: Path, json_out: Path | None) -> None:
    """Print Marsad's own table, a line a kind of night, and every night in which something went wrong."""
    import msgspec

    from marsad.adapters.files import write_whole
    from marsad.adapters.night_form import score_files
    from marsad.assess import table
    from marsad.simulation import NIGHT_KINDS

    by_kind: dict[str, list[NightScore]] = {kind: [] for kind in NIGHT_KINDS}
    nights: dict[str, NightScore] = {}
    wrong: list[str] = []
    for recording in recordings:
        name = f"{recording.stem}.json"
        kind, description, score = score_files(truth / name, results / name)
        by_kind[kind].append(score)
        nights[recording.stem] = score
        if said := _went_wrong(score):
            wrong.append(f"{recording.stem}: {said} ({description})")
    print("\n" + table({kind: scores for kind, scores in by_kind.items() if scores}))
    print("\n".join(wrong))
    if json_out is not None:
        write_whole(json_out, msgspec.json.format(msgspec.json.encode(nights)) + b"\n")


def _went_wrong(score: NightScore) -> str:
    """Say in words what a night's score has that should not be there."""
    found = {
        "launches missed": score.missed,
        "made up": score.made_up,
        "taken back late": score.taken_back_late,
        "healthy sensors accused": score.accused,
        "zones missed": score.zones_missed,
    }
    return ", ".join(f"{text} {count}" for text, count in found.items() if count)
