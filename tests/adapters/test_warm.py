"""Warming up: once a process, told to whoever waits, and after it no step of a first launch waits for a compiler."""

from __future__ import annotations

import subprocess
import sys
import time
import types

import pytest

from marsad.adapters import caches, warm
from marsad.geo.editions import edition_of


def test_whoever_waits_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with warm.telling("compiling", after_s=0.01):
        time.sleep(0.3)
    assert capsys.readouterr().err == "compiling\n"
    with warm.telling("compiling", after_s=10.0):
        pass
    assert capsys.readouterr().err == ""


def test_the_second_time_takes_no_time() -> None:
    warm.warm_pipeline()
    began = time.perf_counter()
    warm.warm_pipeline()
    assert time.perf_counter() - began < 0.05


def test_kernels_kept_of_other_code_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(caches, "flush", lambda modules: flushed.append(len(modules)))
    caches.renew.cache_clear()
    caches.renew()
    flushed.clear()
    caches.renew.cache_clear()
    monkeypatch.setattr(caches, "EDITION", caches.EDITION + 1)
    assert caches.renew()
    assert flushed == [len(caches.MODULES)]
    caches.renew.cache_clear()
    monkeypatch.undo()
    caches.compiled_edition.recompile()


def test_an_edition_changes_with_the_code_and_the_constants_of_kernels() -> None:
    def module(body: str) -> types.ModuleType:
        made = types.ModuleType("made")
        exec("from numba import njit\nSTEP = 0.5\n@njit\ndef f(x):\n    return " + body, made.__dict__)
        return made

    first = edition_of([module("x * STEP")])
    assert first == edition_of([module("x * STEP")])
    assert first != edition_of([module("x / STEP")])
    other = module("x * STEP")
    other.__dict__["STEP"] = 0.25
    assert first != edition_of([other])


def test_after_warming_up_a_first_launch_loads_no_kernel_any_more() -> None:
    code = """
import numba.core.caching as caching
from marsad.adapters import warm
warm.warm_pipeline()
loaded = []
real = caching.Cache.load_overload
def load(self, *args):
    found = real(self, *args)
    loaded.append(self._name) if found is not None else None
    return found
caching.Cache.load_overload = load
import numpy as np, msgspec
from marsad import samples
from marsad.adapters.feed import feed
from marsad.simulation import simulate_night
site, night = samples.gas_plant(), samples.scenario("salvo-at-dusk")
run = simulate_night(site, msgspec.structs.replace(night, duration_s=40.0), np.random.default_rng(4))
steps = list(feed(site, run.messages))
assert any(step.outputs.launches for step in steps)
print(sorted(set(loaded)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
