"""``marsad process``: a recording in, its result out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def process_file(recording_path: Path, site_path: Path, result_path: Path, *, deterministic: bool) -> dict[str, float]:
    """Process one recording; give counts and times for whoever wants to print them."""
    import gc
    import time

    from marsad.adapters.feed import feed
    from marsad.adapters.files import write_whole
    from marsad.adapters.recording import read_recording
    from marsad.adapters.results import ResultRows
    from marsad.adapters.sites import read_site
    from marsad.adapters.warm import warm_up_quietly

    site = read_site(site_path, lambda text: typer.echo(f"marsad: {text}", err=True))
    recording = read_recording(recording_path, (sensor.sensor_id for sensor in site.sensors))
    rows = ResultRows(recording.name)
    rows.add_rejected(recording.rejected)
    warm_up_quietly()
    gc.collect()
    gc.freeze()  # what is loaded by now stays: the collector need not walk it again
    computing = []
    for step in feed(site, recording.messages, clock=None if deterministic else time.process_time):
        rows.add(step.outputs, step.issued_s)
        computing.append(step.computing_s)
    gc.unfreeze()
    content = rows.encoded(
        lines=recording.lines,
        ignored_types=dict(sorted(recording.ignored_types.items())),
        ignored_fields=dict(sorted(recording.ignored_fields.items())),
    )
    write_whole(result_path, content)
    return {
        "lines": recording.lines,
        "rejected": len(rows.rejected),
        "ignored": recording.ignored_types.total() + recording.ignored_fields.total(),
        "launches": len({row["event_id"] for row in rows.launches}),
        "computing_s": sum(computing),
        "longest_step_s": max(computing, default=0.0),
    }


def command(
    recording: Annotated[Path, typer.Argument(help="A recording, one JSON object a line, in order of arrival.")],
    site: Annotated[Path, typer.Option(help="A site file (.toml), or a folder with zones, terrain and classes.")],
    result: Annotated[Path, typer.Option(help="Where to write the result (JSON).")],
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Leave the computing time out: same input, same bytes.")
    ] = False,
) -> None:
    """Run a recording through the pipeline and write every launch, impact, warning and track it led to."""
    counts = process_file(recording, site, result, deterministic=deterministic)
    said = f"{recording.name}: {counts['lines']:.0f} lines, {counts['launches']:.0f} launches"
    if counts["rejected"]:
        said += f", {counts['rejected']:.0f} inputs rejected (kept with their reasons in {result})"
    if counts["ignored"]:
        said += f", {counts['ignored']:.0f} unknown fields or lines ignored"
    if not deterministic:
        said += f", computed in {counts['computing_s']:.2f} s (longest step {counts['longest_step_s'] * 1e3:.0f} ms)"
    typer.echo(said)
