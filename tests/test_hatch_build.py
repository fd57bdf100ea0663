"""The build of the console: what counts as a source, when it is rebuilt, what happens without Node."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def hook(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", root / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Make a working copy with a console of one file and, in place of npm, nothing yet."""
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "package.json").write_text("{}")
    (tmp_path / "web" / "src" / "main.ts").write_text("let a = 1")
    return tmp_path


@pytest.fixture
def npm(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Stand in for Node and npm, and note what they were asked."""
    asked: list[tuple[str, ...]] = []

    def run(web: Path, *command: str) -> None:
        asked.append(command)
        if command == ("run", "build"):
            dist = web.parent / "src" / "marsad" / "console" / "dist"
            dist.mkdir(parents=True, exist_ok=True)
            (dist / "index.html").write_text("page")

    monkeypatch.delenv("MARSAD_SKIP_CONSOLE", raising=False)
    monkeypatch.setattr(hook, "node_missing", lambda: None)
    monkeypatch.setattr(hook, "run", run)
    return asked


def test_builds_once_and_again_when_a_source_changes(hook: ModuleType, copy: Path, npm: list[tuple[str, ...]]) -> None:
    assert hook.build_console(copy) == "console: built"
    assert hook.build_console(copy) == "console: up to date"
    assert npm.count(("run", "build")) == 1
    (copy / "web" / "src" / "main.ts").write_text("let a = 2")
    assert hook.build_console(copy) == "console: built"


def test_tests_and_packages_are_no_sources(hook: ModuleType, copy: Path) -> None:
    before = hook.sources_digest(copy / "web")
    for folder in ("node_modules", "dist", "test-results"):
        (copy / "web" / folder).mkdir()
        (copy / "web" / folder / "file.js").write_text("x")
    assert hook.sources_digest(copy / "web") == before
    (copy / "web" / "index.html").write_text("x")
    assert hook.sources_digest(copy / "web") != before


def test_packages_are_laid_again_only_when_the_lock_changes(
    hook: ModuleType, copy: Path, npm: list[tuple[str, ...]]
) -> None:
    lock = copy / "web" / "package-lock.json"
    for content, times in [("1", 1), ("1", 1), ("2", 2)]:
        lock.write_text(content)
        hook.install_packages(copy / "web")
        assert len([command for command in npm if command[0] == "ci"]) == times


@pytest.mark.usefixtures("npm")
def test_without_node_it_says_so_and_goes_on(hook: ModuleType, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "node_missing", lambda: "node was not found")
    assert "NO CONSOLE" in hook.build_console(copy)


def test_a_build_that_makes_no_page_is_an_error(hook: ModuleType, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "node_missing", lambda: None)
    monkeypatch.setattr(hook, "run", lambda web, *command: None)
    with pytest.raises(hook.ConsoleError, match="left no"):
        hook.build_console(copy)


def test_an_old_node_is_named(hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, says in (("node", "v18.20.1"), ("npm", "9")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "v18.20.1 is too old" in hook.node_missing()
