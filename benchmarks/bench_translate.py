"""Training a translator, and translating 10,000 tumors: seconds and peak memory.

CPU seconds stand beside those of the clock, which a busy machine stretches.

Planted tumors and normals of 20 tissues, as many genes as the L1000 and FoundationOne panels
have together. Each translator runs in a fresh process, a translation being a point estimate and a
draw of every sample, the tissue not told.

Usage: ``python benchmarks/bench_translate.py [--full] [--record]``
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import common

N_GENES, N_TISSUES, TRAINING = 1210, 20, 1000
NETWORKS = {
    "best": {"scaling": "none", "network": {"kind": "aligned"}},
    "paper": {
        "scaling": "per_sample",
        "network": {},
        "fit": {"epochs": 63, "batch_size": 100, "patience": None, "device": "cpu"},
    },
    "conditional": {
        "network": {
            "conditional": True, "adversarial": "lsgan", "cycle_weight": 10,
            "identity_weight": 5, "pool": 50, "learning_rate": 2e-4, "first_moment": 0.5,
        },
        "fit": {"epochs": 63, "batch_size": 100, "patience": None, "device": "cpu"},
    },
}  # fmt: skip


def planted(n_tumors: int, n_normals: int):
    """A study in log2(x+1); the values do not matter."""
    import numpy as np
    import pandas as pd
    from anndata import AnnData

    rng = np.random.default_rng(0)
    n = n_tumors + n_normals
    tissue = np.array([f"tissue {i % N_TISSUES:02}" for i in range(n)])
    means = {t: rng.normal(8, 2, N_GENES) for t in sorted(set(tissue))}
    X = np.stack([means[t] for t in tissue]) + rng.standard_normal((n, N_GENES))
    X[:n_tumors] += rng.normal(0, 1, N_GENES)
    obs = pd.DataFrame(
        {
            "tissue": tissue,
            "condition": np.repeat(["tumor", "normal"], [n_tumors, n_normals]),
            "patient_id": [f"P{i}" for i in range(n)],
            "split": "train",
        },
        index=[f"S{i}" for i in range(n)],
    )
    study = AnnData(np.maximum(X, 0).astype("float32"), obs, pd.DataFrame(index=[f"G{i}" for i in range(N_GENES)]))  # fmt: skip
    study.uns |= {"unit": "log2(x+1)", "seed": 0}
    return study


def run_one(name: str, samples: int) -> dict:
    """In this process: train, then translate."""
    import numpy as np

    from genex_kedro.pipelines.cyclegan import nodes
    from genex_kedro.study.translation.networks import translate
    from genex_kedro.study.translation.objectives import CycleGanSettings

    settings = CycleGanSettings(networks={name: NETWORKS[name]})
    studies, checkpoints = {"seed_0": planted(TRAINING, TRAINING)}, {}
    start, busy = time.perf_counter(), time.process_time()
    for found, _ in nodes.train_cyclegan(studies, {}, settings):
        checkpoints |= found
    trained, busy_trained = time.perf_counter(), time.process_time()
    model = nodes.keep_cyclegan(studies, checkpoints, settings)[f"{name}_seed_0"]
    before = 1024 * common.peak_gb()
    asked = np.asarray(planted(samples, 0).X)
    begin, busy_begin = time.perf_counter(), time.process_time()
    made = translate(model, asked, None, 0)
    end, busy_end = time.perf_counter(), time.process_time()
    assert np.isfinite(made.normal).all()
    return {
        "training_seconds": trained - start,
        "training_cpu_seconds": busy_trained - busy,
        "translating_seconds": end - begin,
        "translating_cpu_seconds": busy_end - busy_begin,
        "peak_MiB_after_training": before,
        "peak_MiB": 1024 * common.peak_gb(),
        "parameters": sum(t.numel() for t in model.weights.values()),
    }


def measure(full: bool) -> Iterator[dict]:
    """Every translator, or the one that is not trained step by step."""
    samples = 10_000
    for name in NETWORKS if full else ("best",):
        found = common.in_fresh_process(__file__, name=name, samples=samples)
        yield common.row(
            f"{name}, training on {2 * TRAINING:,} samples",
            found["training_cpu_seconds"],
            None,
            "s of CPU",
            seconds=found["training_seconds"],
            peak_mib=found["peak_MiB_after_training"],
            parameters=found["parameters"],
        )
        yield common.row(
            f"{name}, {samples:,} tumors",
            found["translating_cpu_seconds"],
            None,
            "s of CPU",
            seconds=found["translating_seconds"],
            peak_mib=found["peak_MiB"],
        )


if __name__ == "__main__":
    common.main("translate", measure, ("torch", "numpy"), run_one, {"n_genes": N_GENES})
