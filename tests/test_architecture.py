"""The rules of the house no other tool holds: purity below the shell, no addresses or machine paths."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "marsad"
SHELL = {"adapters", "api", "cli", "commands", "console", "samples", "station", "__main__", "__init__"}

# modules that are a clock, a disk, a network, global randomness, or a way to them
IMPURE_MODULES = {
    "aiohttp", "aiomqtt", "asyncio", "builtins", "concurrent", "ctypes", "fastapi", "fcntl", "fileinput", "ftplib",
    "glob", "http", "httpx", "importlib", "logging", "mmap", "multiprocessing", "os", "paho", "pathlib", "pickle",
    "random", "rasterio", "requests", "sapient_msg", "sched", "secrets", "select", "selectors", "shelve", "shutil",
    "signal", "smtplib", "socket", "socketserver", "sqlite3", "ssl", "starlette", "subprocess", "sys", "tempfile",
    "threading", "time", "typer", "urllib", "uvicorn", "webbrowser", "websockets",
}  # fmt: skip
IMPURE_BUILTINS = {"open", "input", "print", "exec", "eval", "compile", "__import__", "breakpoint"}
# last two names of what is called, wherever the object came from
IMPURE_CALLS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("io", "open"),
    ("uuid", "uuid1"), ("uuid", "uuid4"), ("np", "load"), ("np", "loadtxt"), ("np", "genfromtxt"), ("np", "fromfile"),
    ("np", "memmap"), ("np", "save"), ("np", "savez"), ("np", "savetxt"), ("numpy", "load"), ("numpy", "save"),
    ("numpy", "loadtxt"), ("numpy", "genfromtxt"), ("numpy", "fromfile"), ("numpy", "memmap"),
}  # fmt: skip
IMPURE_METHODS = {
    "read_text", "read_bytes", "write_text", "write_bytes", "tofile", "perf_counter", "monotonic",
    "time_ns", "monotonic_ns", "perf_counter_ns", "urandom", "getenv", "urlopen",
}  # fmt: skip
# numpy.random's names that carry no hidden state
NUMPY_RANDOM_PURE = {"Generator", "BitGenerator", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
# those that do unless a seed is given
NUMPY_RANDOM_SEEDED = {"default_rng", "SeedSequence"}


def _names(node: ast.expr) -> tuple[str, ...]:
    """Give the dotted name of an expression, empty if it is none."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        inner = _names(node.value)
        return (*inner, node.attr) if inner else ("", node.attr)
    return ()


def _imports(node: ast.AST) -> Iterator[str]:
    """Give the full names that an import statement brings in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _impure_random(name: tuple[str, ...]) -> bool:
    """Say whether a dotted name is one of numpy's functions on the hidden global generator."""
    allowed = NUMPY_RANDOM_PURE | NUMPY_RANDOM_SEEDED
    return len(name) >= 3 and name[:2] in {("np", "random"), ("numpy", "random")} and name[2] not in allowed


def _impure_call(node: ast.Call) -> str | None:
    """Name the clock, disk, network or randomness that a call reaches, if any."""
    name = _names(node.func)
    if not name:
        return None
    seedless = name[-1] in NUMPY_RANDOM_SEEDED and not node.args and not node.keywords
    if (
        seedless
        or (len(name) == 1 and name[0] in IMPURE_BUILTINS)
        or (len(name) >= 2 and (name[-1] in IMPURE_METHODS or name[-2:] in IMPURE_CALLS))
    ):
        return ".".join(name)
    return None


def impurities(source: str) -> list[str]:
    """Find where a module reads a clock, a disk, a network or global randomness."""
    found = []
    for node in ast.walk(ast.parse(source)):
        for name in _imports(node):
            if name.split(".")[0] in IMPURE_MODULES or _impure_random(("np", *name.split(".")[1:])):
                found.append(f"line {node.lineno}: imports {name}")
        if isinstance(node, ast.Attribute) and _impure_random(_names(node)):
            found.append(f"line {node.lineno}: {'.'.join(_names(node))} has hidden state")
        if isinstance(node, ast.Call) and (called := _impure_call(node)):
            found.append(f"line {node.lineno}: calls {called}")
    return found


def _modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if not path.name.endswith("_pb2.py"))


def _is_pure(path: Path) -> bool:
    return path.relative_to(PACKAGE).with_suffix("").parts[0] not in SHELL


def _label(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", [path for path in _modules() if _is_pure(path)], ids=_label)
def test_nothing_below_the_shell_reads_clock_disk_network_or_global_randomness(path: Path) -> None:
    assert impurities(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "from time import monotonic as clock",
        "import datetime as d\nd.datetime.now()",
        "from datetime import date\ndate.today()",
        "import random",
        "from numpy.random import rand",
        "import numpy as np\nnp.random.normal()",
        "import numpy as np\nnp.random.default_rng()",
        "from numpy.random import default_rng\ndefault_rng()",
        "import uuid\nuuid.uuid4()",
        "open('x')",
        "import numpy as np\nnp.load('x')",
        "def f(path):\n    return path.read_bytes()",
        "from pathlib import Path",
        "import os.path",
        "import socket",
        "from urllib.request import urlopen",
        "def f():\n    import sqlite3",
    ],
)
def test_impurities_are_found(source: str) -> None:
    assert impurities(source)


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\ndef f(rng: np.random.Generator):\n    return rng.normal()",
        "import numpy as np\nnp.random.default_rng(7).random()",
        "from datetime import datetime, UTC\ndatetime.fromtimestamp(0, tz=UTC)",
        "def f(time):\n    return time.total_seconds()",
        "import math, msgspec, numba",
    ],
)
def test_pure_code_passes(source: str) -> None:
    assert impurities(source) == []


@pytest.mark.parametrize("path", _modules(), ids=_label)
def test_every_module_has_a_docstring(path: Path) -> None:
    if path.name.startswith("_") and path.name != "__init__.py":
        pytest.skip("a private module")
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_every_folder_of_modules_is_a_package() -> None:
    """A folder without __init__.py is seen neither by import-linter nor by the wheel's readers."""
    assert [
        _label(folder) for folder in {path.parent for path in _modules()} if not (folder / "__init__.py").is_file()
    ] == []


# --- what must stand in no tracked file ------------------------------------------------------------

# written apart, so that this file does not hold them
REGISTRY_HOSTS = [".".join(parts) for parts in [
    ("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"),
    ("deb", "debian", "org"), ("security", "debian", "org"), ("conda", "anaconda", "org"), ("crates", "io"),
]]  # fmt: skip
MACHINE_PATH = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:ro" + r"ot|home/[a-z]+|work/(?:main|shared))(?:/|\b)")


def _tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name.decode() for name in listed.split(b"\0") if name]


def _tracked_text() -> Iterator[tuple[Path, str]]:
    for path in _tracked():
        if path.is_file() and path.stat().st_size < 20_000_000:
            content = path.read_bytes()
            if b"\0" not in content[:8192]:
                yield path, content.decode("utf-8", errors="replace")


def test_no_address_of_a_package_registry_stands_in_any_file() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}" for path, text in _tracked_text() for host in REGISTRY_HOSTS if host in text
    ]
    assert found == []


def test_no_path_of_one_machine_stands_in_any_file() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]!r}" for path, text in _tracked_text() if (hit := MACHINE_PATH.search(text))
    ]
    assert found == []


def test_the_npm_lock_names_no_address() -> None:
    lock = ROOT / "web" / "package-lock.json"
    if not lock.is_file():
        pytest.skip("no console sources here")
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert all("integrity" in entry for name, entry in packages.items() if name and not entry.get("link"))


@pytest.mark.parametrize("name", ["run", "dev", "bootstrap"])
def test_every_locked_requirement_has_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert lines
    assert [line.split()[0] for line in lines if "--hash=sha256:" not in line] == []


def test_what_runs_and_what_tests_use_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return {line.rstrip(" \\") for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)}

    assert pins("run") - pins("dev") == set()


def test_every_dependency_has_its_reason_in_the_architecture() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    reasons = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    names = {re.split(r"[<>=!~\[ ;]", requirement)[0] for requirement in declared}
    assert sorted(name for name in names if not re.search(rf"^\|[^|]*\b{re.escape(name)}\b", reasons, re.M)) == []
