"""Ridge regression of all genes on all genes."""

from __future__ import annotations

import numpy as np

from genex_kedro.models.simple.translators.base import rmse

PENALTIES = tuple(float(10.0**e) for e in np.arange(-2, 4.1, 0.5))


class Ridge:
    """Ridge regression with many targets, for fewer samples than genes.

    One singular value decomposition serves all penalties, which are in units of the mean
    squared singular value. No gene-by-gene matrix is made: the coefficients are two thin factors.

    Parameters
    ----------
    X, Y : ndarray, shape (n_samples, n_genes), (n_samples, n_targets)
    intercept : bool
        Whether the means are taken off first.
    """

    def __init__(self, X: np.ndarray, Y: np.ndarray, intercept: bool) -> None:
        X, Y = np.asarray(X, np.float64), np.asarray(Y, np.float64)
        self._x, self._y = (side.mean(0) * intercept for side in (X, Y))
        left, self._scale, self._axes = np.linalg.svd(X - self._x, full_matrices=False)
        self._target = left.T @ (Y - self._y)
        self._unit = max(float(np.mean(self._scale**2)), 1e-12)

    def predict(self, X: np.ndarray, penalty: float) -> np.ndarray:
        """Shape (n_samples, n_targets)."""
        first, second = self.factors(penalty)
        return self._y + (X - self._x) @ first @ second

    def factors(self, penalty: float) -> tuple[np.ndarray, np.ndarray]:
        """The coefficients as (n_genes, rank) times (rank, n_targets)."""
        weight = self._scale / (self._scale**2 + penalty * self._unit)
        return self._axes.T, weight[:, None] * self._target

    def choose(self, X: np.ndarray, Y: np.ndarray) -> float:
        """The penalty with the least error on validation samples; 1 where there are none."""
        if not len(X):
            return 1.0
        errors = [rmse(self.predict(X, penalty), Y) for penalty in PENALTIES]
        return PENALTIES[int(np.argmin(errors))]
