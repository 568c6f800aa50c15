"""What training and sampling cost as genes and as samples grow, for each family of generators.

Planted data of 21 classes, defaults of each family's config at its published batch. ``prepare``
is the learner's making (for CTGAN and TVAE the mixtures of all genes), ``step`` a training step,
``epoch`` the steps of an epoch, ``sample`` 1,000 samples. Every case runs in a fresh process, for
its peak memory; data are in it, and what importing torch takes. Seconds of CPU on one thread.
``growth`` is the exponent between neighbouring sizes: 1 where cost is linear.
Writes ``benchmarks/results/generators.json``; rows of families not asked for stay in it.

Usage: ``OMP_NUM_THREADS=1 python benchmarks/bench_generators.py [--families ctgan tvae]``
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.families import FAMILIES

BATCH = {"cvae": 50, "wgan_gp": 32, "ctgan": 500, "tvae": 500, "diffusion": 64}
N_CLASSES, N_GENES, N_SAMPLES, ASKED = 21, 969, 1000, 1000
GENES, SAMPLES = (60, 250, 969, 4_000, 18_154), (1_000, 10_000, 100_000)
PARTS = ("prepare_s", "step_s", "epoch_s", "sample_s")
RESULT = Path(__file__).parent / "results" / "generators.json"


def planted(n_samples: int, n_genes: int) -> tuple[Tensor, Tensor, Vocabulary]:
    """Expression of 21 classes, each gene of one to three modes, classes and vocabulary."""
    g = torch.Generator().manual_seed(0)
    classes = torch.arange(n_samples) % N_CLASSES
    expression = torch.randn(n_samples, n_genes, generator=g)
    n_modes = torch.randint(1, 4, (N_CLASSES, n_genes), generator=g)
    for at in range(N_CLASSES):  # a class is in one mode of a gene
        expression[classes == at] += 4 * (torch.rand(n_genes, generator=g) * n_modes[at]).floor()
    combinations = tuple((f"tissue {i:02}",) for i in range(N_CLASSES))
    counts = torch.bincount(classes, minlength=N_CLASSES).tolist()
    return expression, classes, Vocabulary(("tissue",), combinations, tuple(counts))


def run_one(family: str, n_genes: int, n_samples: int, steps: int) -> dict:
    """Seconds and peak memory of one case in this process."""
    torch.set_num_threads(1)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first one imports for a second
    code = FAMILIES[family].code()
    expression, classes, vocabulary = planted(n_samples, n_genes)
    generator = code.build(FAMILIES[family].config(), vocabulary, n_genes, 0)
    prepare, learner = _timed(lambda: code.learner(generator, (expression, classes)))
    for module in learner.modules.values():
        module.train()
    draw, batch = torch.Generator().manual_seed(0), BATCH[family]
    rows = expression[:batch], classes[:batch]
    step = min(_timed(lambda: learner.step(rows, draw))[0] for _ in range(steps + 1))
    code.finish(generator, (expression, classes))
    sample, _ = _timed(lambda: generator.sample(torch.arange(ASKED) % N_CLASSES, 0))
    return {
        "family": family,
        "n_genes": n_genes,
        "n_samples": n_samples,
        "batch": batch,
        "parameters": sum(p.numel() for m in learner.modules.values() for p in m.parameters()),
        "prepare_s": prepare,
        "step_s": step,
        "epoch_s": step * n_samples / batch,
        "sample_s": sample,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def in_fresh_process(family: str, n_genes: int, n_samples: int, steps: int) -> dict:
    """As :func:`run_one`; of a case that does not fit into memory, only that it does not."""
    command = [sys.executable, __file__, "--one", family]
    command += ["--genes", str(n_genes), "--samples", str(n_samples), "--steps", str(steps)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout)
    reason = done.stderr.strip().splitlines()[-1:] or [f"ended by signal {-done.returncode}"]
    case = {"family": family, "n_genes": n_genes, "n_samples": n_samples}
    return case | {"failed": reason[0]}


def cases(families: list[str], genes: list[int], samples: list[int], steps: int) -> Iterator[dict]:
    """All cases, genes first, each with its growth over the size before."""
    for family in families:
        for axis, sizes in (("n_genes", genes), ("n_samples", samples)):
            before = None
            for size in sizes:
                size_of = {"n_genes": N_GENES, "n_samples": N_SAMPLES} | {axis: size}
                row = in_fresh_process(family, steps=steps, **size_of) | {"along": axis}
                if before and "failed" not in row:
                    row["growth"] = _growth(before, row, axis)
                before = None if "failed" in row else row
                print(_line(row), flush=True)
                yield row


def _growth(before: dict, row: dict, axis: str) -> dict[str, float]:
    by = math.log(row[axis] / before[axis])
    return {
        part: math.log(row[part] / before[part]) / by
        for part in (*PARTS, "peak_gb")
        if row[part] > 0.01 and before[part] > 0.01
    }


def _timed(work: Callable) -> tuple[float, object]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _line(row: dict) -> str:
    case = f"{row['family']:<9} {row['n_genes']:>6} genes {row['n_samples']:>7} samples"
    if "failed" in row:
        return f"{case}: {row['failed']}"
    times = ", ".join(f"{part[:-2]} {row[part]:.3g} s" for part in PARTS)
    return f"{case}: {times}, {row['peak_gb']:.2f} GB"


def main() -> None:
    """Measure and write the result, or run one case for the caller."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", nargs="+", choices=BATCH, default=list(BATCH))
    parser.add_argument("--genes", type=int, nargs="*", default=GENES)
    parser.add_argument("--samples", type=int, nargs="*", default=SAMPLES)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--one", choices=BATCH)
    options = parser.parse_args()
    if options.one:
        case = options.one, options.genes[0], options.samples[0], options.steps
        print(json.dumps(run_one(*case)))
        return
    new = list(cases(options.families, options.genes, options.samples, options.steps))
    old = json.loads(RESULT.read_text(encoding="utf-8"))["rows"] if RESULT.exists() else []
    result = {
        "rows": [row for row in old if row["family"] not in options.families] + new,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "threads": 1,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
