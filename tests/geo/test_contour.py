"""Lines of one value: circles, saddles, lines that leave the grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.geo.contour import contours

X = np.linspace(-2.0, 2.0, 81)
Y = np.linspace(-1.5, 1.5, 61)
E, N = np.meshgrid(X, Y)


def test_a_circle_is_one_closed_line_of_its_radius() -> None:
    (line,) = contours(np.hypot(E, N), X, Y, 1.0)
    assert np.array_equal(line[0], line[-1])
    np.testing.assert_allclose(np.hypot(*line.T), 1.0, atol=1e-3)
    lengths = np.hypot(*np.diff(line, axis=0).T)
    assert lengths.sum() == pytest.approx(2 * np.pi, rel=2e-3)


def test_two_circles_are_two_lines() -> None:
    assert len(contours(np.minimum(np.hypot(E - 1, N), np.hypot(E + 1, N)), X, Y, 0.5)) == 2


def test_a_line_that_leaves_the_grid_is_open_and_straight() -> None:
    (line,) = contours(E + 0.0 * N, X, Y, 0.513)
    assert not np.array_equal(line[0], line[-1])
    np.testing.assert_allclose(line[:, 0], 0.513)
    assert sorted((line[0, 1], line[-1, 1])) == [-1.5, 1.5]


def test_a_value_that_is_nowhere_has_no_line() -> None:
    assert contours(E, X, Y, 9.0) == []


@given(st.lists(st.floats(-1, 1), min_size=16, max_size=16))
def test_every_point_of_a_line_has_the_value(values: list[float]) -> None:
    field = np.array(values).reshape(4, 4)
    grid = np.arange(4.0)
    for line in contours(field, grid, grid, 0.1):
        for x, y in line:
            column, row = min(int(x), 2), min(int(y), 2)
            u, v = x - column, y - row
            corners = field[row : row + 2, column : column + 2]
            inside = (1 - v) * ((1 - u) * corners[0, 0] + u * corners[0, 1]) + v * (
                (1 - u) * corners[1, 0] + u * corners[1, 1]
            )
            assert inside == pytest.approx(0.1, abs=1e-9)
