"""The lines along which a field on a grid has one value, by marching squares with linear interpolation.

Source: W. E. Lorensen, H. E. Cline, "Marching Cubes", Computer Graphics 21 (4), 1987, in two dimensions; the two saddle
cases are decided by the value in the middle of the cell.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from jaxtyping import Float

Edge = tuple[int, int, int]
"""Row and column of a grid point, and 0 for the edge to the next column, 1 for that to the next row."""


def contours(
    field: Float[np.ndarray, "row column"], x: Float[np.ndarray, " column"], y: Float[np.ndarray, " row"], level: float
) -> list[Float[np.ndarray, "_ 2"]]:
    """Give the lines of one value, each as points (x, y) in order; a closed line ends where it began.

    A field that has the value nowhere, or is nowhere finite, has no line.
    """
    over = field >= level
    links: dict[Edge, list[Edge]] = defaultdict(list)
    mixed = over[:-1, :-1].astype(int) + over[:-1, 1:] + over[1:, :-1] + over[1:, 1:]
    for row, column in np.argwhere((mixed > 0) & (mixed < 4)):
        for a, b in _cell(over, field, level, int(row), int(column)):
            links[a].append(b)
            links[b].append(a)
    return [np.array([_place(edge, field, x, y, level) for edge in line]) for line in _chained(links)]


def _cell(
    over: np.ndarray, field: Float[np.ndarray, "row column"], level: float, row: int, column: int
) -> list[tuple[Edge, Edge]]:
    """Give the one or two pieces of line in a cell, by the edges on which they begin and end."""
    south, west = (row, column, 0), (row, column, 1)
    north, east = (row + 1, column, 0), (row, column + 1, 1)
    corners = [over[row, column], over[row, column + 1], over[row + 1, column + 1], over[row + 1, column]]
    crossed = [
        edge for edge, a, b in ((south, 0, 1), (east, 1, 2), (north, 2, 3), (west, 3, 0)) if corners[a] != corners[b]
    ]
    if len(crossed) == 2:
        return [(crossed[0], crossed[1])]
    middle = float(np.mean(field[row : row + 2, column : column + 2])) >= level
    if middle == corners[0]:
        return [(south, east), (north, west)]
    return [(south, west), (north, east)]


def _place(edge: Edge, field: np.ndarray, x: np.ndarray, y: np.ndarray, level: float) -> tuple[float, float]:
    row, column, upward = edge
    other = (row + 1, column) if upward else (row, column + 1)
    here, there = float(field[row, column]), float(field[other])
    share = (level - here) / (there - here)
    if upward:
        return float(x[column]), float(y[row] + share * (y[row + 1] - y[row]))
    return float(x[column] + share * (x[column + 1] - x[column])), float(y[row])


def _chained(links: dict[Edge, list[Edge]]) -> list[list[Edge]]:
    """Join pieces to lines: first those that end at the grid's border, then the closed ones."""
    left = {edge: list(others) for edge, others in links.items()}
    starts = [edge for edge, others in left.items() if len(others) == 1] + list(left)
    lines = []
    for start in starts:
        while left[start]:
            line = [start]
            while left[line[-1]]:
                following = left[line[-1]].pop()
                left[following].remove(line[-1])
                line.append(following)
            lines.append(line)
    return lines
