"""A scenario as a TOML file; its ``site``, if it names one, stands beside it."""

from __future__ import annotations

import re
from pathlib import Path

from marsad.adapters.errors import BadInputError
from marsad.adapters.toml_text import Place, bad_field, read_toml
from marsad.sensing.site import Site
from marsad.simulation.night import check
from marsad.simulation.scenario import Scenario

_PLACE = re.compile(r"^(\w+)(?:\[(\d+)\])?(?:\.(\w+))?: (.*)$")


def read_scenario(path: Path) -> Scenario:
    """Read a scenario.

    Raises
    ------
    BadInputError
        Names file, line, field and what was expected there.
    """
    return read_toml(path, Scenario)[0]


def check_scenario(path: Path, site: Site, scenario: Scenario) -> None:
    """Check that the site has what the scenario names; the error points into the scenario's file."""
    try:
        check(site, scenario)
    except ValueError as error:
        found = _PLACE.match(str(error))
        if found is None:
            raise BadInputError(path, str(error)) from None
        parts: list[str | int] = [found[1]]
        if found[2] is not None:
            parts.append(int(found[2]))
        if found[3] is not None:
            parts.append(found[3])
        place: Place = tuple(parts)
        raise bad_field(path, path.read_text(encoding="utf-8"), place, found[4]) from None
