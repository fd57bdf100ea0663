"""Tables that speak Arrow: polars, pandas and pyarrow take them as they are."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

_SHOWN_ROWS = 20


class Table:
    """A small table of named columns.

    ``polars.DataFrame(table)`` and ``pyarrow.table(table)`` work without a copy of values into Python; ``to_polars``
    and ``to_pandas`` say what to install where the library is missing.
    """

    def __init__(self, columns: Mapping[str, Sequence[object]], schema: Mapping[str, pa.DataType]) -> None:
        self._table = pa.table(
            {name: pa.array(columns[name], type=kind) for name, kind in schema.items()},
            schema=pa.schema(list(schema.items())),
        )

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._table.column_names)

    def rows(self) -> list[dict[str, Any]]:
        """Give the rows as dictionaries."""
        return list(self._table.to_pylist())

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the table over by the Arrow PyCapsule interface."""
        return self._table.__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pa.Table:
        """Give a pyarrow table."""
        return self._table

    def to_polars(self) -> Any:
        """Give a polars data frame (extra ``marsad[notebook]``)."""
        try:
            import polars
        except ImportError:
            raise ImportError("to_polars needs polars: pip install 'marsad[notebook]'") from None
        return polars.DataFrame(self)

    def to_pandas(self) -> Any:
        """Give a pandas data frame."""
        try:
            return self._table.to_pandas()
        except ImportError:
            raise ImportError("to_pandas needs pandas: pip install pandas") from None

    def __repr__(self) -> str:
        rows = [self.columns, *([_text(row[name]) for name in self.columns] for row in self.rows()[:_SHOWN_ROWS])]
        widths = [max(len(row[k]) for row in rows) for k in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        hidden = len(self) - _SHOWN_ROWS
        return "\n".join(lines + ([f"... {hidden} more rows"] if hidden > 0 else []))

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td dir='auto'>{html.escape(_text(row[name]))}</td>" for name in self.columns) + "</tr>"
            for row in self.rows()[:_SHOWN_ROWS]
        )
        hidden = len(self) - _SHOWN_ROWS
        more = f"<p>and {hidden} more rows</p>" if hidden > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 100_000}Z"
    return str(value)
