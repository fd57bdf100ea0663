"""The functions of a notebook session: simulate a night or open one, and watch it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from marsad import samples
from marsad.adapters.feed import feed
from marsad.adapters.recording import Recording, read_recording
from marsad.adapters.scenario_file import read_scenario
from marsad.adapters.sites import read_site as read_any_site
from marsad.adapters.warm import warm_up_quietly
from marsad.api.incident import Collector, Incident
from marsad.api.points import Clock
from marsad.sensing.site import Site
from marsad.simulation import Run, Scenario, simulate_night
from marsad.station.journal import open_for_reading
from marsad.station.runner import decode_message

Progress = Callable[[Iterable[Any]], Iterable[Any]]


def read_site(path: str | Path) -> Site:
    """Read a site file (TOML), or a folder with zones.json, terrain.json and classes.json.

    Raises
    ------
    marsad.adapters.errors.BadInputError
        One line: file, line, field and what was expected there.
    """
    return read_any_site(Path(path))


def open_recording(path: str | Path) -> Recording:
    """Open a recording of one JSON object a line, or the journal of a station.

    Raises
    ------
    marsad.adapters.errors.BadInputError
        One line: file, line, field and what was expected there.
    """
    file = Path(path)
    return _open_journal(file) if _is_database(file) else read_recording(file)


def _is_database(path: Path) -> bool:
    """Say whether a file is a SQLite database, as journals are."""
    try:
        with path.open("rb") as stream:
            return stream.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def _open_journal(path: Path) -> Recording:
    """Give what a station took in, in order of arrival."""
    with open_for_reading(path) as journal:
        messages = tuple(decode_message(row.payload) for row in journal.read(("message",)))
    return Recording(name=path.stem, messages=messages, lines=len(messages), epoch_utc_ns=0)


def simulate(site: Site, scenario: str | Path | Scenario, *, seed: int) -> Run:
    """Simulate a night over a site: what its sensors would deliver, and the truth.

    Parameters
    ----------
    site
        The site, as from ``read_site`` or ``samples.gas_plant()``.
    scenario
        A bundled scenario's name, a scenario file, or a ``Scenario``.
    seed
        The only source of chance: same seed, same bytes.

    Examples
    --------
    >>> import marsad as ms
    >>> run = ms.simulate(ms.samples.gas_plant(), "quiet-evening", seed=7)
    >>> run
    <Run quiet-evening: ...>
    """
    return simulate_night(site, _scenario(scenario), np.random.default_rng(seed))


def _scenario(given: str | Path | Scenario) -> Scenario:
    if isinstance(given, Scenario):
        return given
    if isinstance(given, str) and given in samples.scenario_names():
        return samples.scenario(given)
    path = Path(given)
    if not path.suffix and not path.exists():
        names = ", ".join(samples.scenario_names())
        raise ValueError(f"expected a bundled scenario ({names}), a scenario file or a Scenario, found {given!r}")
    return read_scenario(path)


def watch(site: Site, night: Run | Recording, *, progress: Progress | None = None) -> Incident:
    """Run a night through the pipeline, message by message, as a station would have seen it.

    Parameters
    ----------
    site
        What is protected; its sensors are those of the night.
    night
        A simulated run or an opened recording.
    progress
        Wraps the messages as they are worked through, for instance ``tqdm``.
    """
    warm_up_quietly()
    if isinstance(night, Run):
        clock = Clock(_begin_ns(night.truth.scenario.begins_utc))
    else:
        origin_ns = night.messages[0].arrival_utc_ns if night.epoch_utc_ns is not None and night.messages else 0
        clock = Clock(night.epoch_utc_ns, origin_ns)
    collector = Collector(site=site, name=night.name, clock=clock)
    if isinstance(night, Recording):
        collector.reject(night.rejected)
    messages: Iterable[Any] = night.messages
    for step in feed(site, progress(messages) if progress else messages):
        collector.take(step.message, step.outputs)
    return collector.incident()


def _begin_ns(begins_utc: str) -> int:
    begin = datetime.fromisoformat(begins_utc)
    if begin.tzinfo is None:
        raise ValueError(f"begins_utc must say its time zone (end with Z), found {begins_utc!r}")
    return round(begin.timestamp()) * 1_000_000_000
