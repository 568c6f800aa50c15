"""Gamma and its companions for a whole genome, against the plain way with numpy and scipy.

Ours: gamma, slope and RMSE of r, the same within classes, S_dend and S_sdcc. Plain: gamma from
the two matrices of ``np.corrcoef``, and both trees from scipy's ``linkage`` and ``cophenet`` (up
to 5,000 genes: more needs minutes). Planted data, 2 x 270 samples. Each method runs in a fresh
process; imports are not timed. Writes ``benchmarks/results/gamma.json``.

Usage: ``OMP_NUM_THREADS=2 python benchmarks/bench_gamma.py [--genes 969 5000 18154] [--rounds 3]``
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scipy.cluster.hierarchy import cophenet, linkage

from genex_kedro.metrics.correlation import correlation_agreement, within_class_agreement
from genex_kedro.metrics.dendrogram import tree_agreement

N_SAMPLES, N_CLASSES, GENOME = 270, 16, 18_154
MOST_GENES_OF_SCIPY = 5_000
RESULT = Path(__file__).parent / "results" / "gamma.json"


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
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "values": [float(v) for v in values],
    }


def in_fresh_process(method: str, n_genes: int) -> dict:
    """As :func:`run_one`, where nothing is warm and no memory is left over."""
    command = [sys.executable, __file__, "--one", method, "--genes", str(n_genes)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(n_genes: int, rounds: int) -> list[dict]:
    """One row per method; methods take turns."""
    methods = [m for m in METHODS if m != "plain_trees" or n_genes <= MOST_GENES_OF_SCIPY]
    runs = [{m: in_fresh_process(m, n_genes) for m in methods} for _ in range(rounds)]
    return [
        {
            "n_genes": n_genes,
            "method": method,
            "seconds": [run[method]["seconds"] for run in runs],
            "median_seconds": statistics.median(run[method]["seconds"] for run in runs),
            "median_cpu_seconds": statistics.median(run[method]["cpu_seconds"] for run in runs),
            "peak_gb": max(run[method]["peak_gb"] for run in runs),
            "values": runs[0][method]["values"],
        }
        for method in methods
    ]


def main() -> None:
    """Compare at all sizes and write the result, or run one method for the caller."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, nargs="+", default=[969, 5000, GENOME])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=METHODS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_one(options.one, options.genes[0])))
        return
    rows = [row for n_genes in options.genes for row in compare(n_genes, options.rounds)]
    result = {
        "rows": rows,
        "samples": [N_SAMPLES, N_SAMPLES],
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(
            f"{row['n_genes']:>6} genes, {row['method']:<12} {row['median_seconds']:7.2f} s "
            f"({row['median_cpu_seconds']:.2f} s of CPU), {row['peak_gb']:.2f} GB"
        )


if __name__ == "__main__":
    main()
