"""Every public name is exported on purpose, and none hides a subpackage."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import marsad

PUBLIC = {
    "GroundPoint", "Incident", "Scenario", "Site", "Table", "__version__", "assess", "bounds", "open", "read_site",
    "samples", "simulate", "track", "watch",
}  # fmt: skip
LIBRARY = [f"marsad.{name}" for name in ("api", "assess", "bounds", "geo", "simulation", "terms", "track")]
PACKAGES = ["marsad", *sorted(f"marsad.{m.name}" for m in pkgutil.iter_modules(marsad.__path__) if m.ispkg)]


def test_the_top_exports_what_it_means_to() -> None:
    assert set(marsad.__all__) == PUBLIC
    assert set(dir(marsad)) == PUBLIC
    assert list(marsad.__all__) == sorted(marsad.__all__)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_exported_name_is_there_and_documented(name: str) -> None:
    found = getattr(marsad, name)
    if name != "__version__":
        assert inspect.getdoc(found)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fire'"):
        _ = marsad.fire  # type: ignore[attr-defined]


@pytest.mark.parametrize("package", LIBRARY)
def test_what_a_package_shows_is_in_its_list(package: str) -> None:
    module = import_module(package)
    listed = set(getattr(module, "__all__", ()))
    for name in listed:
        assert hasattr(module, name), name
    shown = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and getattr(value, "__module__", "").startswith(f"{package}.")
    }
    assert shown <= listed


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_or_class_shares_its_name_with_a_subpackage(package: str) -> None:
    module = import_module(package)
    inside = {m.name for m in pkgutil.iter_modules(module.__path__) if m.ispkg}
    exported = set(getattr(module, "__all__", ()))
    clashing = {name for name in inside & exported if not inspect.ismodule(getattr(module, name))}
    assert clashing == set()


def test_a_plain_import_is_light() -> None:
    heavy = "('numpy', 'numba', 'scipy', 'pyarrow')"
    code = f"import sys, marsad; dir(marsad); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
