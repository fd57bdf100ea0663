"""``marsad score``: a folder of cases processed, and scored by the scorer that came with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer


def find_scorer(folder: Path) -> Path:
    """Find ``score.py`` in the folder of cases or, for a sub-folder of one, in its parent."""
    from marsad.adapters.errors import BadInputError

    for place in (folder, folder.resolve().parent):
        if (place / "score.py").is_file():
            return place / "score.py"
    raise BadInputError(folder, "expected score.py in the folder of cases or its parent, found none")


def find_cases(folder: Path, only: str) -> list[Path]:
    """List the recordings of a folder of cases whose names begin with one of the comma-separated prefixes."""
    from marsad.adapters.errors import BadInputError

    for part in ("cases", "common", "truth"):
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
    if jobs == 1:
        yield from (_one_case(*call) for call in calls)
        return
    with ProcessPoolExecutor(max_workers=jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_one_case, *call) for call in calls]):
            yield done.result()


def _cores() -> int:
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
    json_out: Annotated[Path | None, typer.Option("--json", help="Keep the scorer's figures as JSON too.")] = None,
) -> None:
    """Process every case of a folder, keep the results and print what the folder's own scorer says of them."""
    from marsad.adapters.warm import warm_up_quietly

    scorer = find_scorer(cases_dir)
    recordings = find_cases(cases_dir, only)
    folder = results or Path("marsad-results") / cases_dir.resolve().name
    warm_up_quietly()  # once here, so that the workers find the kernels compiled
    good = process_cases(recordings, cases_dir / "common", folder, deterministic=deterministic, jobs=jobs or _cores())
    arguments = [str(folder), "--truth", str(cases_dir / "truth")]
    arguments += ["--only", only] if only else []
    arguments += ["--json", str(json_out)] if json_out else []
    sys.stdout.flush()
    scored = subprocess.run([sys.executable, str(scorer), *arguments], check=False)
    typer.echo(f"\nresults kept in {folder}")
    if not good:
        raise typer.Exit(2)
    raise typer.Exit(1 if scored.returncode else 0)
