"""Laying genes out on an image: seconds by order and number of genes.

Planted modules of genes over 500 samples; ``similarity`` is t-SNE of the genes and one pixel
each. The exact linear assignment of the same points stands beside ours, up to 5,000 genes.

Usage: ``python benchmarks/bench_layouts.py [--full] [--record]``
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import common
import numpy as np
from scipy.optimize import linear_sum_assignment

from genex_kedro.genes.positions import positions
from genex_kedro.imaging import LayoutSettings, lay_out
from genex_kedro.imaging.assignment import assign_pixels, uniform_marginals
from genex_kedro.imaging.layout import side_for

GOAL = {"similarity, 10381 genes": 90.0}
_EXACT_UP_TO = 5000


def planted(n_genes: int, n_samples: int = 500) -> np.ndarray:
    """Expression (n_samples, n_genes) with thirty modules."""
    rng = np.random.default_rng(0)
    loadings = rng.standard_normal((30, n_genes)) * rng.random((30, n_genes)) ** 4
    factors = rng.standard_normal((n_samples, 30))
    return 8 + factors @ loadings + 0.5 * rng.standard_normal((n_samples, n_genes))


def timed(action) -> tuple[float, float, object]:
    """Seconds on the clock, seconds of all processors, and the result."""
    start, used = time.perf_counter(), time.process_time()
    result = action()
    return time.perf_counter() - start, time.process_time() - used, result


def assignments(n_genes: int) -> dict:
    """A row: our assignment and the exact one of the same cloud; seconds, and squared ways."""
    side = side_for(n_genes)
    cloud = np.random.default_rng(0).standard_normal((n_genes, 2))
    points = uniform_marginals(cloud, side)
    _, seconds, pixels = timed(lambda: assign_pixels(points, side))
    way = float(((points - np.stack(np.divmod(pixels, side), 1)) ** 2).sum())
    exact, exact_way = None, None
    if n_genes <= _EXACT_UP_TO:
        grid = np.stack(np.mgrid[:side, :side], -1).reshape(-1, 2)
        cost = ((points[:, None] - grid) ** 2).sum(-1)
        _, exact, chosen = timed(lambda: linear_sum_assignment(cost))
        exact_way = round(float(cost[chosen].sum()), 1)
    ways = {"way": round(way, 1), "exact_way": exact_way}
    return common.row(f"assignment, {n_genes} genes", seconds, exact, "s of CPU", **ways)


def measure(full: bool) -> Iterator[dict]:
    """Every order and the assignment, at three sizes or the smallest."""
    for n_genes in (1000, 5000, 10381) if full else (1000,):
        X, symbols = planted(n_genes), positions().index[:n_genes]
        for order in ("chromosome", "random", "similarity"):
            seconds, used, _ = timed(lambda o=order: lay_out(symbols, X, LayoutSettings(order=o)))  # noqa: B023
            yield common.row(f"{order}, {n_genes} genes", used, None, "s of CPU", seconds=seconds)
        yield assignments(n_genes)


if __name__ == "__main__":
    common.main("layouts", measure, ("numpy", "scipy", "scikit-learn"), about={"goal_s": GOAL})
