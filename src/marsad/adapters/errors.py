"""The one error that bad files given by a person end in: one line that names the place and the mend."""

from __future__ import annotations

from pathlib import Path

from marsad.terms.text import writable


class BadInputError(Exception):
    """A file or setting that cannot be used, with the place and what was expected.

    Parameters
    ----------
    path
        File (or folder) in question.
    expected
        What should stand there, and what was found instead.
    line
        Line in the file, counted from 1, where known.
    field
        Name of the field, dotted where nested.
    """

    def __init__(self, path: Path | str, expected: str, *, line: int | None = None, field: str = "") -> None:
        self.path = str(path)
        self.line = line
        self.field = field
        self.expected = expected
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}, line {self.line}"
        if self.field:
            place = f"{place}, field {self.field}"
        return writable(" ".join(f"{place}: {self.expected}".split()))  # a line that no terminal stumbles over
