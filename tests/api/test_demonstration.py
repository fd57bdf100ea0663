"""The demonstration's night: nobody healthy accused, every launch found, all whom something reaches warned in time."""

from __future__ import annotations

import os

import msgspec
import numpy as np
import pytest

import marsad as ms
from marsad import pipeline
from marsad.adapters.feed import with_ticks
from marsad.api.incident import Collector, Incident
from marsad.api.points import Clock
from marsad.simulation import Run
from marsad.station.night import SCENARIO, SEED
from marsad.terms import Message

SEEDS = int(os.environ.get("DEMO_SEEDS", "5"))
"""`DEMO_SEEDS=100` looks at more."""
JITTER_S = 0.1
"""Mean of how much later than in the night itself a message comes: a busy machine's."""
SPEED_20_S = 0.4
"""What a station at twenty times the speed takes in at once, where it is at it fifty times a second."""
SHELTER_LEFT_S = 5.0


@pytest.fixture(scope="module")
def run() -> Run:
    """The night as it is bundled."""
    return ms.simulate(ms.samples.gas_plant(), SCENARIO, seed=SEED)


def jittered(run: Run, seed: int) -> list[Message]:
    """The same messages, each a little later."""
    late_s = np.random.default_rng(seed).exponential(JITTER_S, len(run.messages))
    moved = [
        msgspec.structs.replace(message, arrival_utc_ns=message.arrival_utc_ns + round(1e9 * late))
        for message, late in zip(run.messages, late_s, strict=True)
    ]
    return sorted(moved, key=lambda message: message.arrival_utc_ns)


def watched(run: Run, messages: list[Message]) -> Incident:
    """What a station says of the night that takes in what has come since it last looked."""
    site = ms.samples.gas_plant()
    state, collector = pipeline.init(site), Collector(site=site, name=run.name, clock=Clock(None))
    batch: list[Message] = []
    for message in with_ticks(messages):
        if batch and message.arrival_utc_ns - batch[0].arrival_utc_ns > SPEED_20_S * 1e9:
            state, outputs = pipeline.step(state, batch)
            collector.take(batch[-1], outputs)
            batch = []
        batch.append(message)
    _, outputs = pipeline.step(state, batch)
    collector.take(batch[-1], outputs)
    return collector.incident()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_demonstrations_night_at_twenty_times_the_speed(run: Run, seed: int) -> None:
    incident = watched(run, jittered(run, seed))
    found = incident.compare(run.truth)
    assert len(found.rockets) == 4
    assert (found.missed_launches, found.false_launches, found.zones_missed) == (0, 0, 0)
    assert [row["sensor_id"] for row in incident.faults.rows()] == []
    shelter_s = {zone.zone_id: zone.shelter_s for zone in ms.samples.gas_plant().zones}
    late = [row for row in found.zones.rows() if row["warned_s"] < shelter_s[row["zone_id"]] + SHELTER_LEFT_S]
    assert late == [], "no time to shelter"
