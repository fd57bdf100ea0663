"""Small dense algebra in plain loops: the same bytes on every machine, whatever BLAS is installed."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True)
def cholesky(a: np.ndarray, out: np.ndarray) -> bool:
    """Lower triangular ``out`` with out outᵀ = a (n x n); false if ``a`` is not positive definite."""
    n = a.shape[0]
    for i in range(n):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= out[i, k] * out[j, k]
            if i == j:
                if not total > 0.0:
                    return False
                out[i, i] = math.sqrt(total)
            else:
                out[i, j] = total / out[j, j]
    return True


@njit(cache=True)
def solve_cholesky(lower: np.ndarray, b: np.ndarray) -> np.ndarray:
    """X with lower lowerᵀ x = b."""
    n = lower.shape[0]
    x = b.copy()
    for i in range(n):
        total = x[i]
        for k in range(i):
            total -= lower[i, k] * x[k]
        x[i] = total / lower[i, i]
    for i in range(n - 1, -1, -1):
        total = x[i]
        for k in range(i + 1, n):
            total -= lower[k, i] * x[k]
        x[i] = total / lower[i, i]
    return x


@njit(cache=True)
def invert_cholesky(lower: np.ndarray) -> np.ndarray:
    """Inverse of lower lowerᵀ, exactly symmetric."""
    n = lower.shape[0]
    inverse_lower = np.zeros((n, n))
    for i in range(n):
        inverse_lower[i, i] = 1.0 / lower[i, i]
        for j in range(i):
            total = 0.0
            for k in range(j, i):
                total -= lower[i, k] * inverse_lower[k, j]
            inverse_lower[i, j] = total / lower[i, i]
    out = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, n):
                total += inverse_lower[k, i] * inverse_lower[k, j]
            out[i, j] = total
            out[j, i] = total
    return out


@njit(cache=True)
def log_determinant(lower: np.ndarray) -> float:
    """Natural logarithm of det(lower lowerᵀ)."""
    total = 0.0
    for i in range(lower.shape[0]):
        total += math.log(lower[i, i])
    return 2.0 * total
