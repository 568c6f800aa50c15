"""Precision, recall, density and coverage: balls around samples stand for their manifold.

Precision and recall: Kynkaanniemi et al. 2019, "Improved precision and recall metric for
assessing generative models". Density and coverage: Naeem et al. 2020, "Reliable fidelity and
diversity metrics for generative models". A ball reaches from a sample to its k-th nearest
neighbour among samples of its own kind (k = 10). All depend on the numbers of samples: compare
equal ones.
"""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.neighbours import PairDistances, to_neighbour

K = 10


def precision(distances: PairDistances, k: int = K) -> float:
    """Share of synthetic samples within the ball of any real sample."""
    return float(_in_real_balls(distances, k).any(axis=0).mean())


def recall(distances: PairDistances, k: int = K) -> float:
    """Share of real samples within the ball of any synthetic sample."""
    radius = to_neighbour(distances.within_synthetic, k)
    return float((distances.between < radius).any(axis=1).mean())


def density(distances: PairDistances, k: int = K) -> float:
    """Number of real balls that a synthetic sample lies in, over k; 1 is expected of reals.

    Above 1 the synthetic samples crowd where real ones are dense.
    """
    return float(_in_real_balls(distances, k).sum(axis=0).mean() / k)


def coverage(distances: PairDistances, k: int = K) -> float:
    """Share of real samples with a synthetic sample within their ball.

    Independent real samples reach 1 - 1 / 2^k for equal numbers (Naeem et al., section 3.3).
    """
    return float(_in_real_balls(distances, k).any(axis=1).mean())


METRICS = (
    Metric("precision", "higher", (0.0, 1.0), 1.0, precision),
    Metric("recall", "higher", (0.0, 1.0), 1.0, recall),
    Metric("density", "target", (0.0, np.inf), 1.0, density),
    Metric("coverage", "higher", (0.0, 1.0), 1.0, coverage),
)


def _in_real_balls(distances: PairDistances, k: int) -> np.ndarray:
    """Whether a synthetic sample lies in a real sample's ball, shape (n_real, n_synthetic)."""
    return distances.between < to_neighbour(distances.within_real, k)[:, None]
