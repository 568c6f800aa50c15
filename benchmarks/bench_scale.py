"""What a fit costs as samples grow, from disk and in memory: 1,000 to 1,000,000 samples.

Cohorts of 21 classes, 969 genes, are simulated in blocks straight into an h5ad file, which is a
study as the pipelines have it, and deleted at the end (3.9 GB for the million). Each fit runs in a
fresh process: ``prepare`` reads, digests, scales and starts the network, ``step`` is a step on a
batch of rows in random order (150 of them), ``finish`` what follows the last (prior, calibration),
``sample`` 1,000 samples. The plain way has the scaled samples in memory; up to 100,000.

``anonymous`` memory is what the process itself takes, by a look every 20 ms: what else is resident
is pages of the file, which the system drops when it needs the memory. The imports are left out.
``growth`` is the exponent between neighbouring sizes.

Usage: ``python benchmarks/bench_scale.py [--full] [--record] [--only 1000000]``
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import anndata
import common
import h5py
import numpy as np
import pandas as pd
import psutil
from bench_generators import config_of

N_GENES, N_CLASSES, STEPS, ASKED, BLOCK = 969, 21, 150, 1000, 10_000
LEAST = 0.01  # seconds or GB that are reported
SIZES, MOST_IN_MEMORY = (1_000, 10_000, 100_000, 1_000_000), 100_000
MODELS = ("judge", "cvae", "cvae best")
PARTS = (("preparing", "prepare_s"), ("finishing", "finish_s"), ("1,000 samples", "sample_s"))


def simulate(path: Path, n: int) -> None:
    """A study of `n` samples as h5ad; no more than a block of them is ever in memory."""
    rng = np.random.default_rng(0)
    means = rng.normal(8, 2, (N_CLASSES, N_GENES)).astype(np.float32)
    loadings = rng.normal(0, 0.3, (20, N_GENES)).astype(np.float32)
    at = np.arange(n) % N_CLASSES
    obs = pd.DataFrame(
        {
            "patient_id": pd.Categorical.from_codes(np.arange(n), [f"P{i}" for i in range(n)]),
            "tissue": pd.Categorical.from_codes(at // 2, [f"tissue {i:02}" for i in range(11)]),
            "condition": pd.Categorical.from_codes(at % 2, ["normal", "tumor"]),
            "source": pd.Categorical.from_codes(np.zeros(n, int), ["TCGA"]),
            "program": pd.Categorical.from_codes(np.zeros(n, int), ["TCGA"]),
            "split": pd.Categorical.from_codes(
                np.array([0, 0, 0, 1, 2])[(np.arange(n) // N_CLASSES) % 5], ["train", "validation", "test"]
            ),
        },
        index=[f"S{i}" for i in range(n)],
    )  # fmt: skip
    var = pd.DataFrame(index=[f"G{i}" for i in range(N_GENES)])
    uns = {"unit": "log2(x+1)", "given_unit": "log2(x+1)", "seed": 0}
    anndata.AnnData(obs=obs, var=var, uns=uns).write_h5ad(path)
    with h5py.File(path, "r+") as file:
        if "X" in file:
            del file["X"]
        X = file.create_dataset("X", (n, N_GENES), np.float32)
        X.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        for first in range(0, n, BLOCK):
            own = at[first : first + BLOCK]
            block = rng.standard_normal((len(own), N_GENES), dtype=np.float32)
            block += rng.standard_normal((len(own), 20), dtype=np.float32) @ loadings + means[own]
            X[first : first + BLOCK] = np.maximum(block, 0)


class AnonymousMemory:
    """The most memory that is not a file's, in GB above what there was at the start."""

    def __enter__(self) -> AnonymousMemory:
        self._before, self.peak, self._stop = _anonymous_gb(), 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, _anonymous_gb() - self._before)


def _anonymous_gb() -> float:
    memory = psutil.Process().memory_info()
    return (memory.rss - getattr(memory, "shared", 0)) / 2**30


def run_one(model: str, path: str, from_disk: bool) -> dict:
    """Seconds and memory of one fit in this process."""
    import torch

    from genex_kedro.datasets.h5ad import read_mapped

    torch.set_num_threads(1)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first one imports for a second
    build = _judge if model == "judge" else _generator
    warm_up(torch)
    with AnonymousMemory() as memory:
        begin = time.process_time()
        fit = build(model, read_mapped(Path(path)), from_disk)
        found = {"prepare_s": time.process_time() - begin}
        expression, labels = fit["train"]
        for module in fit["learner"].modules.values():
            module.train()
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
        draw, batch, times = torch.Generator().manual_seed(0), fit["batch"], []
        for step in range(STEPS):
            first = step * batch % max(1, len(order) - batch)
            index = order[first : first + batch]
            start = time.process_time()
            fit["learner"].step((expression.index_select(0, index), labels[index]), draw)
            times.append(time.process_time() - start)
        found["step_s"] = float(np.median(times))
        found["epoch_s"] = found["step_s"] * len(labels) / batch
        for part in ("finish", "sample"):
            found[f"{part}_s"] = common.cpu_seconds(fit[part])[0]
    return found | {"anonymous_gb": memory.peak, "resident_gb": common.peak_gb(), "batch": batch}


def warm_up(torch) -> None:
    """What the first decomposition and the first draw load, before the clock starts."""
    torch.linalg.eigh(torch.eye(3, dtype=torch.float64))


def _generator(model: str, study, from_disk: bool) -> dict:
    import torch

    from genex_kedro.models.families import FAMILIES
    from genex_kedro.study.generation.fitting import GeneratorFit
    from genex_kedro.study.generation.settings import settings_of

    config, code = config_of(model)
    fit = {"epochs": 1, "batch_size": 50, "device": "cpu", "from_disk": from_disk}
    network = {"network": config.model_dump(), "fit": fit}
    settings = settings_of({"networks": {"one": network}}, FAMILIES["cvae"])
    made = GeneratorFit(study, settings.networks["one"], settings, FAMILIES["cvae"])
    train, asked = made.tensors("train"), torch.arange(ASKED) % N_CLASSES
    learner = made.learner(train)
    generator = learner.modules["generator"]
    return {
        "train": train,
        "learner": learner,
        "batch": 50,
        "finish": lambda: code.finish(generator, train),
        "sample": lambda: generator.eval().sample(asked, 0),
    }


def _judge(model: str, study, from_disk: bool) -> dict:
    from genex_kedro.models.discriminator.learner import DiscriminatorLearner
    from genex_kedro.models.discriminator.model import DiscriminatorConfig, build_discriminator
    from genex_kedro.study.judges import fitting
    from genex_kedro.study.judges.settings import JudgeNetworkSettings

    fit = {"epochs": 1, "batch_size": 100, "device": "cpu", "from_disk": from_disk}
    network = JudgeNetworkSettings(scaling="per_gene", network=DiscriminatorConfig(), fit=fit)
    rows = np.ones(study.n_obs, dtype=bool)
    fitting.fingerprint_of(study, rows, network, "pooled")
    train, _ = fitting.tensors_of(study, rows, network, "pooled")
    discriminator = build_discriminator(network.network, study.n_vars, 0)
    few = train[0][: min(ASKED, len(train[0]))]
    return {
        "train": train,
        "learner": DiscriminatorLearner(discriminator),
        "batch": 100,
        "finish": lambda: discriminator.eval(),
        "sample": lambda: discriminator(few),
    }


def _case(model: str, n: int) -> str:
    return f"{model}, {n} samples"


def _cases(n: int) -> list[str]:
    return [_case(model, n) for model in MODELS]


def grow(model: str, paths: dict[int, Path]) -> Iterator[dict]:
    """Rows of a model, each with its growth over the size before."""
    before: dict = {}
    for n, path in paths.items():
        if not common.wanted(_case(model, n)):
            continue
        ways = {"disk": True} | ({"memory": False} if n <= MOST_IN_MEMORY else {})
        found = {
            way: common.in_fresh_process(__file__, model=model, path=str(path), from_disk=from_disk)
            for way, from_disk in ways.items()
        }
        ours, plain = found["disk"] | {"n": n}, found.get("memory", {})
        grown = common.growth(before, ours, "n") if before else {}
        rows = (("an epoch", "epoch_s"), *PARTS, ("memory", "anonymous_gb"))
        for what, key in rows:
            if ours[key] < LEAST:  # nothing remains to be done
                continue
            more = {"growth": grown.get(key), "batch": ours["batch"], "cohort_gb": path.stat().st_size / 2**30}  # fmt: skip
            if key == "anonymous_gb":
                more["resident_gb"] = ours["resident_gb"]
            beside = None if key == "sample_s" else plain.get(key)  # sampling reads nothing
            unit = "GB" if key.endswith("_gb") else "s of CPU"
            yield common.row(f"{_case(model, n)}, {what}", ours[key], beside, unit, **more)
        before = ours


def measure(full: bool) -> Iterator[dict]:
    """All models at all sizes; the two smallest unless full."""
    folder = Path(tempfile.mkdtemp(prefix="genex-scale-", dir=os.environ.get("GENEX_BENCH_FOLDER")))
    try:
        sizes = [n for n in (SIZES if full else SIZES[:2]) if any(map(common.wanted, _cases(n)))]
        paths = {n: folder / f"{n}.h5ad" for n in sizes}
        for n, path in paths.items():
            seconds, _ = common.cpu_seconds(lambda path=path, n=n: simulate(path, n))
            size = path.stat().st_size / 2**30
            yield common.row(f"simulating {n} samples to disk", seconds, None, "s of CPU", file_gb=size)  # fmt: skip
        for model in MODELS:
            yield from grow(model, paths)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    packages = ("torch", "numpy", "anndata", "h5py")
    common.main("scale", measure, packages, run_one, {"n_genes": N_GENES, "steps": STEPS})
