"""One line of a recording: getters that tell a broken file from a lying sensor."""

from __future__ import annotations

from pathlib import Path

from marsad.adapters.errors import BadInputError
from marsad.adapters.json_fields import is_finite, type_name
from marsad.terms import Geodetic

LATEST_S = 9.0e9  # what nanoseconds hold in 64 bits


class RejectedValueError(Exception):
    """A value that a sensor should not have sent."""

    def __init__(self, field_name: str, reason: str) -> None:
        self.field_name, self.reason = field_name, reason
        super().__init__(reason)


def nanoseconds(seconds: float) -> int:
    """Give case seconds as integer nanoseconds."""
    return round(seconds * 1e9)


class RecordingLine:
    """One parsed line: getters that tell a broken file from a lying sensor, and remember which fields were known."""

    def __init__(self, path: Path, number: int, content: dict[str, object], place: str = "") -> None:
        self.path, self.line, self.content, self.place = path, number, content, place
        self.known = {"type", "mode", "t_arrival"}

    def broken(self, key: str, expected: str) -> BadInputError:
        """Make the error for a field that breaks the form."""
        return BadInputError(self.path, expected, line=self.line, field=self.place + key)

    def get(self, key: str, want: str) -> object:
        """Give a field that must be there."""
        self.known.add(key)
        if key not in self.content:
            raise self.broken(key, f"expected {want}, found nothing")
        return self.content[key]

    def number(self, key: str) -> float:
        """Give a finite number."""
        value = self.get(key, "a number")
        if value is None:
            raise RejectedValueError(key, f"{key} is null")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.broken(key, f"expected a number, found {type_name(value)}")
        if not is_finite(value):
            raise RejectedValueError(key, f"{key} is {value!r}")
        return float(value)

    def maybe_number(self, key: str) -> float | None:
        """Give a finite number, or None where the field is absent or null."""
        self.known.add(key)
        return self.number(key) if self.content.get(key) is not None else None

    def sigma(self, key: str, default: float | None = None) -> float:
        """Give a standard deviation or the like, not negative."""
        self.known.add(key)
        value = default if default is not None and key not in self.content else self.number(key)
        if value < 0:
            raise RejectedValueError(key, f"{key} is negative: {value!r}")
        return value

    def stamp(self, key: str) -> int:
        """Give a time of the sensor's own clock."""
        value = self.number(key)
        if abs(value) > LATEST_S:
            raise RejectedValueError(key, f"{key} is beyond all clocks: {value!r} s")
        return nanoseconds(value)

    def arrival(self) -> int:
        """Give the time of arrival, without which the line has no place in the recording."""
        value = self.get("t_arrival", "seconds of arrival")
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LATEST_S:
            raise self.broken("t_arrival", f"expected seconds since the case began, found {value!r}")
        return nanoseconds(value)

    def text(self, key: str) -> str:
        """Give a text that is not empty."""
        value = self.get(key, "a text")
        if not isinstance(value, str) or not value:
            raise self.broken(key, f"expected a text, found {type_name(value) if value != '' else 'an empty one'}")
        return value

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Give so many finite numbers."""
        value = self.get(key, f"a list of {count} numbers")
        if not isinstance(value, list) or len(value) != count:
            found = f"a list of {len(value)}" if isinstance(value, list) else type_name(value)
            raise self.broken(key, f"expected a list of {count} numbers, found {found}")
        for item in value:
            if item is not None and (isinstance(item, bool) or not isinstance(item, int | float)):
                raise self.broken(key, f"expected a list of {count} numbers, found {type_name(item)} in it")
            if item is None or not is_finite(item):
                raise RejectedValueError(key, f"{key} holds {item!r}")
        return tuple(float(item) for item in value)

    def position(self) -> Geodetic:
        """Give the position that the line names."""
        return Geodetic.from_degrees(self.number("lat_deg"), self.number("lon_deg"), self.number("h_m"))

    def unknown(self) -> set[str]:
        """Name the fields that nobody asked for."""
        return set(self.content) - self.known
