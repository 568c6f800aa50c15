"""Gamma and its companions for a whole genome, against the plain way with numpy and scipy.

Ours: gamma, slope and RMSE of r, the same within classes, S_dend and S_sdcc. Plain: gamma from
the two matrices of ``np.corrcoef``, and both trees from scipy's ``linkage`` and ``cophenet`` (up
to 5,000 genes: more needs minutes). Planted data, 2 x 270 samples. Each method runs in a fresh
process; imports are not timed. A plain gamma of 18,154 genes takes 6.6 GB (``--full``).

Usage: ``python benchmarks/bench_gamma.py [--full] [--record]``
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import common
import numpy as np
from scipy.cluster.hierarchy import cophenet, linkage

from genex_kedro.metrics.correlation import correlation_agreement, within_class_agreement
from genex_kedro.metrics.dendrogram import tree_agreement

N_SAMPLES, N_CLASSES, GENOME = 270, 16, 18_154
MOST_GENES_OF_SCIPY = 5_000


def planted(n_genes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Expression with 16 classes and 50 factors, and the class of each sample."""
    truth, draw = np.random.default_rng(0), np.random.default_rng(seed)
    classes = np.arange(N_SAMPLES) % N_CLASSES
    centres = truth.normal(size=(N_CLASSES, n_genes))
    loadings = truth.normal(size=(50, n_genes)) / 7
    noise = draw.normal(size=(N_SAMPLES, n_genes)) / 2
    expression = 5 + centres[classes] + draw.normal(size=(N_SAMPLES, 50)) @ loadings + noise
    return expression.astype(np.float32), classes


def ours_gamma(real, synthetic, classes) -> list[float]:
    """Gamma, slope and RMSE, overall and within classes."""
    overall = correlation_agreement(real, synthetic)
    within = within_class_agreement(real, synthetic, classes, classes)
    return [overall.gamma, overall.slope, overall.rmse, within.gamma]


def ours_trees(real, synthetic, classes) -> list[float]:
    """S_dend and S_sdcc."""
    found = tree_agreement(real, synthetic)
    return [found.s_dend, found.s_sdcc]


def plain_gamma(real, synthetic, classes) -> list[float]:
    """Gamma as one writes it first."""
    upper = np.triu(np.ones((real.shape[1],) * 2, dtype=bool), 1)
    distances = [(1 - np.corrcoef(x, rowvar=False))[upper] for x in (real, synthetic)]
    return [np.corrcoef(*distances)[0, 1]]


def plain_trees(real, synthetic, classes) -> list[float]:
    """S_dend and S_sdcc as one writes them first."""
    upper = np.triu(np.ones((real.shape[1],) * 2, dtype=bool), 1)
    distances = [np.maximum(1 - np.corrcoef(x, rowvar=False), 0)[upper] for x in (real, synthetic)]
    fits = [cophenet(linkage(d, "complete"), d) for d in distances]
    return [np.corrcoef(fits[0][1], fits[1][1])[0, 1], (fits[0][0] - fits[1][0]) ** 2]


METHODS = {method.__name__: method for method in (ours_gamma, plain_gamma, ours_trees, plain_trees)}


def run_one(method: str, n_genes: int) -> dict:
    """Values, seconds and peak memory of one method in this process."""
    real, classes = planted(n_genes, 1)
    synthetic, _ = planted(n_genes, 2)
    start, start_cpu = time.perf_counter(), time.process_time()
    values = METHODS[method](real, synthetic, classes)
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - start_cpu,
        "peak_gb": common.peak_gb(),
        "values": [float(v) for v in values],
    }


def compare(n_genes: int, rounds: int) -> Iterator[dict]:
    """A row for gamma and one for the trees; methods take turns."""
    methods = [m for m in METHODS if m != "plain_trees" or n_genes <= MOST_GENES_OF_SCIPY]
    runs = [
        {m: common.in_fresh_process(__file__, method=m, n_genes=n_genes) for m in methods}
        for _ in range(rounds)
    ]
    for what in ("gamma", "trees"):
        found = {}
        for side in ("ours", "plain"):
            if (method := f"{side}_{what}") in methods:
                own = [run[method] for run in runs]
                found[side] = {
                    "cpu": statistics.median(run["cpu_seconds"] for run in own),
                    "peak_gb": max(run["peak_gb"] for run in own),
                    "seconds": [run["seconds"] for run in own],
                    "values": own[0]["values"],
                }
        ours, plain = found["ours"], found.get("plain", {})
        more = {key: ours[key] for key in ("peak_gb", "seconds", "values")}
        more |= {f"plain_{key}": plain.get(key) for key in ("peak_gb", "seconds", "values")}
        yield common.row(
            f"{what}, {n_genes} genes", ours["cpu"], plain.get("cpu"), "s of CPU", **more
        )


def measure(full: bool) -> Iterator[dict]:
    """At three sizes, three rounds; or at one, one round."""
    for n_genes in (969, 5000, GENOME) if full else (5000,):
        yield from compare(n_genes, 3 if full else 1)


if __name__ == "__main__":
    about = {"samples": [N_SAMPLES, N_SAMPLES]}
    common.main("gamma", measure, ("numpy", "scipy"), run_one, about)
