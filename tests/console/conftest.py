"""The console in a real Chromium, fed by the mock station."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mock_station import DIST, Mock, running


@dataclass
class Console:
    """One page, the station behind it, and what went wrong in it."""

    page: Any
    mock: Mock
    url: str
    errors: list[str]
    outside: list[str]

    def banner(self) -> str:
        """Give the text of the alarm banner."""
        return str(self.page.locator("section.alarm").inner_text())

    def fragment(self) -> str:
        """Give the address's fragment."""
        return str(self.page.evaluate("decodeURIComponent(location.hash)"))


Open = Callable[..., Console]


@pytest.fixture(scope="session")
def built() -> Path:
    """Give the built console, or skip."""
    if not (DIST / "index.html").is_file():
        pytest.skip("the console is not built: make console")
    return DIST


@pytest.fixture
def console(request: pytest.FixtureRequest, built: Path) -> Iterator[Open]:
    """Give a function that opens the console at a second of the scripted night.

    Without a graphics card a map is most of a page's work, so one is drawn only where the test is about it; elsewhere
    the page is as a machine without WebGL shows it.
    """
    with ExitStack() as stack:

        def open_console(
            second: float = 0.0, speed: float = 1.0, view: str = "#lang=en&theme=dark", width: int = 1280,
            height: int = 800, prepare: Callable[[Mock], object] = id, draws: bool = False, **night: Any,
        ) -> Console:  # fmt: skip
            browser = request.getfixturevalue("browser" if draws else "browser_without_maps")
            mock = Mock(second, speed, **night)
            prepare(mock)
            url = stack.enter_context(running(mock))
            context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
            stack.callback(context.close)
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            page = context.new_page()
            page.set_default_timeout(60_000 if draws else 20_000)  # a busy machine draws slowly
            opened = Console(page, mock, url, [], [])
            page.on("pageerror", lambda error: opened.errors.append(str(error)))
            page.on("console", lambda said: opened.errors.append(said.text) if said.type == "error" else None)
            page.on("request", lambda r: None if r.url.startswith((url, "blob:")) else opened.outside.append(r.url))
            page.goto(f"{url}/{view}")
            page.locator('html[data-picture="whole"]').wait_for()
            return opened

        yield open_console
