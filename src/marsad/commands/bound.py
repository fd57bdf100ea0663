"""``marsad bound``: how well any estimator can know a launch and its impact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from marsad.bounds import LaunchBound, PriorBound


def command(
    site: Annotated[Path, typer.Argument(help="A site file (.toml), or a folder with zones, terrain and classes.")],
    source: Annotated[Path, typer.Argument(help="A scenario (.toml), or a recording with its --truth.")],
    truth: Annotated[Path | None, typer.Option(help="The truth of the recording (JSON).")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say the least error (Cramér-Rao bound) of launch and impact that the sensors allow, over time.

    Of a scenario: what its sensors are expected to deliver.  Of a recording: what they did deliver.
    """
    import msgspec

    from marsad.adapters.warm import telling

    with telling("marsad: compiling the numerical kernels, once; `marsad warmup` does it beforehand"):
        bounds = _bounds(site, source, truth)
    if json_out:
        typer.echo(msgspec.json.encode(bounds).decode())
        return
    for object_id, bound in bounds.items():
        typer.echo("\n".join(_table(object_id, bound)))


def _bounds(site: Path, source: Path, truth: Path | None) -> dict[str, LaunchBound]:
    from marsad.adapters.errors import BadInputError
    from marsad.adapters.recording import read_recording
    from marsad.adapters.scenario_file import check_scenario, read_scenario
    from marsad.adapters.sites import read_site
    from marsad.adapters.truth import bounds_of_recording, read_truth
    from marsad.bounds import scenario_bounds

    place = read_site(site)
    if source.suffix == ".toml":
        scenario = read_scenario(source)
        check_scenario(source, place, scenario)
        return scenario_bounds(place, scenario)
    if truth is None:
        raise BadInputError(source, "expected a scenario (.toml), or --truth with the truth of this recording")
    true = read_truth(truth)
    messages = read_recording(source, (sensor.sensor_id for sensor in place.sensors)).messages
    return bounds_of_recording(place, messages, true, truth)


def _table(object_id: str, bound: LaunchBound) -> list[str]:
    flight = "does not come down" if bound.tof_s is None else f"flight {bound.tof_s:.1f} s"
    first = bound.first_detection_arrival_s
    seen = "never detected" if first is None else f"first detection after {first:.2f} s"
    lines = [f"{object_id}: {flight}, {seen}"]
    for name, prior in (("class known", bound.class_known), ("class unknown", bound.class_unknown)):
        lines += _rows(name, prior)
    return lines


def _rows(name: str, prior: PriorBound) -> list[str]:
    from marsad.bounds import semi_major_m, semi_minor_m

    lines = [f"  {name}; 95 % ellipses, semi-axes in metres"]
    lines.append(f"  {'after s':>9} {'measured':>9} {'launch':>17} {'impact':>17} {'impact time s':>14}")
    for row in prior.rows:
        launch = f"{semi_major_m(row.launch_cov_en):.0f} x {semi_minor_m(row.launch_cov_en):.0f}"
        impact, when = "-", "-"
        if row.impact_cov_en is not None and row.t_impact_sigma_s is not None:
            impact = f"{semi_major_m(row.impact_cov_en):.0f} x {semi_minor_m(row.impact_cov_en):.0f}"
            when = f"± {1.96 * row.t_impact_sigma_s:.2f}"
        lines.append(f"  {row.elapsed_s:9.1f} {row.n:9.0f} {launch:>17} {impact:>17} {when:>14}")
    leads = ", ".join(f"{m} m {'never' if s is None else f'{s:.1f} s'}" for m, s in prior.lead_s.items())
    lines.append(f"  warning lead until the impact ellipse is within: {leads}")
    return lines
