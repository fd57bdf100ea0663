"""Build the console from ``web/`` and put it into the wheel.

As a hatchling hook this runs whenever a wheel is built (``pip install .`` builds one). As a script, ``python
hatch_build.py``, it does the same for a working copy, whose station looks for the console at
``src/marsad/console/dist``. A console whose sources have not changed since it was built is taken as it is.

Without Node the wheel is built without a console and says so; the station then runs and answers, but shows no page.
``MARSAD_SKIP_CONSOLE=1`` asks for exactly that.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

NODE_AT_LEAST = (20, 19)
ROOT = Path(__file__).resolve().parent
# what changes in web/ without changing the console
NOT_SOURCES = {"node_modules", "dist", "test-results", "test", "tests", "e2e", "coverage"}
STAMP = ".sources"


class ConsoleError(RuntimeError):
    """The console could not be built although Node is there."""


def sources_digest(web: Path) -> str:
    """Give a digest over the names and bytes of all that the console is built from."""
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        inner = path.relative_to(web)
        if not path.is_file() or NOT_SOURCES.intersection(inner.parts):
            continue
        content = path.read_bytes()
        digest.update(f"{inner.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_fresh(dist: Path, digest: str) -> bool:
    """Say whether the console at `dist` was built from the sources with this digest."""
    stamp = dist / STAMP
    return (dist / "index.html").is_file() and stamp.is_file() and stamp.read_text() == digest


def node_missing() -> str | None:
    """Give what is wrong with this machine's Node, or None if it will do."""
    node, npm = shutil.which("node"), shutil.which("npm")
    wanted = ".".join(map(str, NODE_AT_LEAST))
    if node is None or npm is None:
        return f"{'node' if node is None else 'npm'} was not found (Node {wanted} or later is needed)"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"v(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < NODE_AT_LEAST:
        return f"Node {said or '(no version)'} is too old ({wanted} or later is needed)"
    return None


def run(web: Path, *command: str) -> None:
    """Run npm in `web`, and fail with its last words."""
    npm = shutil.which("npm") or "npm"
    done = subprocess.run(
        [npm, *command], cwd=web, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise ConsoleError(f"'npm {' '.join(command)}' failed in {web.name}/:\n{last}")


def install_packages(web: Path) -> None:
    """Lay web/node_modules as the lock says, unless it lies there already."""
    lock = web / "package-lock.json"
    laid = web / "node_modules" / ".marsad-lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
    if digest and laid.is_file() and laid.read_text() == digest:
        return
    run(web, *(("ci",) if digest else ("install",)), "--no-audit", "--no-fund")
    if digest:
        laid.parent.mkdir(exist_ok=True)
        laid.write_text(digest)


def build_console(root: Path) -> str:
    """Build the console if it is stale, and give one line that says what was done.

    Raises
    ------
    ConsoleError
        Node is there, but npm failed or made no page.
    """
    web, dist = root / "web", root / "src" / "marsad" / "console" / "dist"
    prebuilt = (dist / "index.html").is_file()
    if not (web / "package.json").is_file():
        return "console: taken as it is" if prebuilt else "console: none, for there is no web/ to build it from"
    if os.environ.get("MARSAD_SKIP_CONSOLE", "") not in ("", "0"):
        return "console: not built, as MARSAD_SKIP_CONSOLE asks"
    digest = sources_digest(web)
    if is_fresh(dist, digest):
        return "console: up to date"
    missing = node_missing()
    if missing is not None:
        state = "the older console is kept" if prebuilt else "this installation has NO CONSOLE"
        return f"console: WARNING: {missing}; {state}"
    install_packages(web)
    run(web, "run", "build")
    if not (dist / "index.html").is_file():
        raise ConsoleError(f"'npm run build' left no {(dist / 'index.html').relative_to(root)}")
    (dist / STAMP).write_text(digest)
    return "console: built"


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # as a script, outside a build
    pass
else:

    class ConsoleBuildHook(BuildHookInterface):  # type: ignore[misc]
        """Builds the console before the wheel is packed; an editable install leaves that to the maker of the copy."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (hatchling's signature)
            """Build the console of a wheel."""
            if self.target_name != "wheel" or version == "editable":
                return
            said = build_console(Path(self.root))
            (self.app.display_warning if "WARNING" in said else self.app.display_info)(said)


def main() -> int:
    """Build the console of this working copy."""
    try:
        print(build_console(ROOT))
    except ConsoleError as error:
        print(f"console: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
