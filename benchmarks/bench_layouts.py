"""Laying genes out on an image: seconds by order and number of genes.

Planted modules of genes over 500 samples; ``similarity`` is t-SNE of the genes and one pixel
each. The exact linear assignment of the same points stands beside ours, up to 5,000 genes.
Writes ``benchmarks/results/layouts.json``.

Usage: ``python benchmarks/bench_layouts.py [--genes 1000 5000 10381]``
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from genex_kedro.genes.positions import positions
from genex_kedro.imaging import LayoutSettings, lay_out
from genex_kedro.imaging.assignment import assign_pixels, uniform_marginals
from genex_kedro.imaging.layout import side_for

GOAL = {"similarity, 10381 genes": 90.0}
RESULT = Path(__file__).parent / "results" / "layouts.json"
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
    """Our assignment and the exact one of the same cloud: seconds, and squared ways."""
    side = side_for(n_genes)
    cloud = np.random.default_rng(0).standard_normal((n_genes, 2))
    points = uniform_marginals(cloud, side)
    seconds, _, pixels = timed(lambda: assign_pixels(points, side))
    way = float(((points - np.stack(np.divmod(pixels, side), 1)) ** 2).sum())
    found = {"seconds": round(seconds, 2), "way": round(way, 1)}
    if n_genes <= _EXACT_UP_TO:
        grid = np.stack(np.mgrid[:side, :side], -1).reshape(-1, 2)
        cost = ((points[:, None] - grid) ** 2).sum(-1)
        seconds, _, chosen = timed(lambda: linear_sum_assignment(cost))
        found |= {"exact_seconds": round(seconds, 2), "exact_way": round(float(cost[chosen].sum()), 1)}  # fmt: skip
    return found


def main() -> None:
    """Time and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, nargs="+", default=[1000, 5000, 10381])
    options = parser.parse_args()
    rows = {}
    for n_genes in options.genes:
        X, symbols = planted(n_genes), positions().index[:n_genes]
        for order in ("chromosome", "random", "similarity"):
            seconds, used, _ = timed(lambda o=order: lay_out(symbols, X, LayoutSettings(order=o)))  # noqa: B023
            rows[f"{order}, {n_genes} genes"] = {"seconds": round(seconds, 2), "processor_seconds": round(used, 2)}  # fmt: skip
            print(f"{order:12s} {n_genes:6d} genes {seconds:7.1f} s ({used:.1f} s of processor)")
        rows[f"assignment, {n_genes} genes"] = assignments(n_genes)
        print(f"assignment   {n_genes:6d} genes {rows[f'assignment, {n_genes} genes']}")
    machine = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }
    RESULT.write_text(json.dumps({"goal_s": GOAL, **machine, "results": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
