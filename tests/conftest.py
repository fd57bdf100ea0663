"""What all tests share: the runtime type checks, the folder of outside material, the browser."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import jaxtyping
import pytest
from jaxtyping import install_import_hook

import runtime_types

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "marsad"
SHELL = {"adapters", "api", "cli", "commands", "console", "samples", "station", "__main__"}


def _imports_numba(source: str) -> bool:
    """Say whether a module holds compiled kernels, which a checking wrapper would keep from compiling."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "numba" for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba":
            return True
    return False


def checked_modules() -> list[str]:
    """Name the modules whose annotations (shapes too) are held at run time: all pure ones without kernels."""
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if path.name == "__init__.py" or parts[0] in SHELL or _imports_numba(path.read_text(encoding="utf-8")):
            continue
        names.append(".".join(("marsad", *parts)))
    return names


# the same examples at every run, so that a failure is a change; MARSAD_EXPLORE=1 looks for new ones
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("explore" if os.environ.get("MARSAD_EXPLORE") == "1" else "steady")

# MARSAD_TYPECHECK=0 runs the tests without the checks, which is faster and shows the bare traceback
if os.environ.get("MARSAD_TYPECHECK", "1") != "0":
    # the hook writes "@jaxtyping.jaxtyped(...)" around functions and data classes: ours holds the same for less
    jaxtyping.jaxtyped = runtime_types.jaxtyped
    install_import_hook(checked_modules(), "runtime_types.checked")


# what takes long, longest first (by processor time)
FIRST = (
    "console/test_picture.py",
    "console/test_hands.py",
    "console/test_practice.py",
    "console/test_unwatched.py",
    "monotone/test_monotone.py",
    "trajectory/test_launch_impact.py",
    "trajectory/test_practice_cases.py",
    "api/test_demonstration.py",
)
APART = ("monotone/test_monotone.py",)
"""Files whose tests share nothing and together take longer than a worker's part: each test goes where there is room."""


def _place(path: Path) -> int:
    name = path.relative_to(ROOT / "tests").as_posix()
    return FIRST.index(name) if name in FIRST else len(FIRST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take long first: workers take whole files in this order, and none then ends long after all."""
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: (_place(item.path), item.path not in slow))  # stable: the order within stays


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give whole files to workers, as ``--dist loadfile`` does, but for those of `APART`."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):  # type: ignore[misc]  # the way that xdist means it
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.split("::", 1)[0]
            return nodeid if path.endswith(APART) else path

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of recordings and cases beside the checkout (or at MARSAD_SHARED), or skip."""
    folder = Path(os.environ.get("MARSAD_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip("no folder of outside material beside the checkout; MARSAD_SHARED names another place")
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Give the system's Chromium (or the one at MARSAD_CHROMIUM), or skip; with MARSAD_REQUIRE_BROWSER=1 fail."""
    named = os.environ.get("MARSAD_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        message = "no Chromium on this machine: apt-get install chromium"
        if os.environ.get("MARSAD_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Callable[..., Any]]:
    """Give a function that starts a headless Chromium (playwright's sync Browser) with flags of its own.

    It lives for one module: while playwright's own event loop runs, no test of the same process may start another.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started: list[Any] = []

        def start(*flags: str) -> Any:
            args = ["--no-sandbox", *flags]
            started.append(playwright.chromium.launch(executable_path=chromium_path, args=args))
            return started[-1]

        yield start
        for running in started:
            running.close()


@pytest.fixture(scope="module")
def browser(chromium: Callable[..., Any]) -> Any:
    """Give a browser that can draw maps without a graphics card."""
    return chromium("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")


@pytest.fixture(scope="module")
def browser_without_maps(chromium: Callable[..., Any]) -> Any:
    """Give a browser with no WebGL, as on a machine without: it shows all but the map, for a fifth of the work."""
    return chromium("--disable-gpu", "--disable-software-rasterizer", "--disable-3d-apis")
