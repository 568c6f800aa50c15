"""How near a predicted normal is to the patient's own, gene by gene.

Values that were not measured are NaN in the real profile and left out pair by pair; nothing is
ever filled in. Profiles are log2(x+1), shape (n_pairs, n_genes), a row a patient's tumor.
"""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.samples import mean_of_defined


def squared_errors(predicted: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum of squared errors and number of measured genes of every pair, (n_pairs,) each."""
    _require_alike(predicted, real)
    measured = np.isfinite(real)
    error = np.where(measured, np.asarray(predicted, np.float64) - np.nan_to_num(real), 0)
    return (error**2).sum(1), measured.sum(1)


def paired_rmse(
    predicted: np.ndarray, real: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray | float:
    """Root mean squared error over all measured values, log2 units.

    Parameters
    ----------
    predicted, real : ndarray, shape (n_pairs, n_genes)
    weight : ndarray, shape (n_resamples, n_pairs), optional
        How often each pair counts, as :func:`genex_kedro.metrics.bootstrap.patient_weights`
        draws it; the result then has shape (n_resamples,).

    Raises
    ------
    ValueError
        Unequal shapes, or a prediction that is not finite.
    """
    squares, count = squared_errors(predicted, real)
    if weight is None:
        return float(np.sqrt(squares.sum() / count.sum()))
    return np.sqrt((weight @ squares) / (weight @ count))


def row_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson correlation of each row with its row, over genes that are finite in both.

    NaN where either row is constant there. Shape (n_pairs,).
    """
    both = np.isfinite(first) & np.isfinite(second)
    n = np.maximum(both.sum(1, keepdims=True), 1)
    x, y = (np.where(both, np.asarray(side, np.float64), 0) for side in (first, second))
    x, y = (np.where(both, side - side.sum(1, keepdims=True) / n, 0) for side in (x, y))
    lengths = [np.sqrt((side**2).sum(1)) for side in (x, y)]
    constant = np.minimum(*lengths) < 1e-6 * np.sqrt(n[:, 0])
    product = np.where(constant, np.nan, lengths[0] * lengths[1])
    return (x * y).sum(1) / product


def paired_r(predicted: np.ndarray, real: np.ndarray) -> float:
    """Pearson correlation over genes of prediction and own normal, mean over patients."""
    _require_alike(predicted, real)
    return mean_of_defined(row_correlation(predicted, real))


def change_r(predicted: np.ndarray, real: np.ndarray, tumor: np.ndarray) -> float:
    """Correlation of predicted and real change, normal minus tumor, mean over patients.

    NaN for a translator that changes nothing.
    """
    _require_alike(predicted, real)
    return mean_of_defined(row_correlation(predicted - tumor, real - tumor))


METRICS = (
    Metric("rmse", "lower", (0.0, np.inf), 0.0, paired_rmse),
    Metric("r", "higher", (-1.0, 1.0), 1.0, paired_r),
    Metric("change_r", "higher", (-1.0, 1.0), 1.0, change_r),
)


def _require_alike(predicted: np.ndarray, real: np.ndarray) -> None:
    if np.shape(predicted) != np.shape(real) or np.ndim(real) != 2 or not len(real):
        raise ValueError(f"predicted {np.shape(predicted)}, real {np.shape(real)}")
    if not np.isfinite(predicted).all():
        raise ValueError(f"{(~np.isfinite(predicted)).sum()} predicted values are not finite")
