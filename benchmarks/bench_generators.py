"""What training and sampling cost as genes and as samples grow, for each family of generators.

Planted data of 21 classes, defaults of each family's config at its published batch, and the
conditional VAE's setting ``best``. ``prepare`` is the learner's making (for CTGAN and TVAE the
mixtures of all genes, for ``best`` factor analysis), ``step`` a training step, ``finish`` what
follows the last one, ``sample`` 1,000 samples; an epoch is the steps of one. Every case runs in a
fresh process, for its peak memory; data are in it, and what importing torch takes. Seconds of
CPU on one thread. ``growth`` is the exponent between neighbouring sizes: 1 where cost is linear.

Usage: ``python benchmarks/bench_generators.py [--full] [--record] [--only 'tvae, .* 969 genes']``
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import common
import torch
import yaml
from torch import Tensor

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.families import FAMILIES

BATCH = {"cvae": 50, "cvae best": 50, "wgan_gp": 32, "diffusion": 64, "tvae": 500, "ctgan": 500}
N_CLASSES, N_GENES, N_SAMPLES, ASKED = 21, 969, 1000, 1000
GENES, SAMPLES, STEPS = (60, 969, 4_000, 18_154), (1_000, 10_000, 100_000), 2
CONF = Path(__file__).parents[1] / "conf" / "base" / "parameters_cvae.yml"


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


def config_of(name: str):
    """Of a family by its name, or of the conditional VAE's setting that is named behind it."""
    family, _, setting = name.partition(" ")
    settings = yaml.safe_load(CONF.read_text())["cvae"]["networks"][setting]["network"] if setting else {}  # fmt: skip
    return FAMILIES[family].config(**settings), FAMILIES[family].code()


def run_one(name: str, n_genes: int, n_samples: int, steps: int) -> dict:
    """Seconds and peak memory of one case in this process."""
    torch.set_num_threads(1)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first one imports for a second
    config, code = config_of(name)
    expression, classes, vocabulary = planted(n_samples, n_genes)
    generator = code.build(config, vocabulary, n_genes, 0)
    prepare, learner = common.cpu_seconds(lambda: code.learner(generator, (expression, classes)))
    for module in learner.modules.values():
        module.train()
    draw, batch = torch.Generator().manual_seed(0), BATCH[name]
    rows = expression[:batch], classes[:batch]
    step = min(common.cpu_seconds(lambda: learner.step(rows, draw))[0] for _ in range(steps + 1))
    finish, _ = common.cpu_seconds(lambda: code.finish(generator, (expression, classes)))
    asked = torch.arange(ASKED) % N_CLASSES
    sample, _ = common.cpu_seconds(lambda: generator.sample(asked, 0))
    parameters = sum(p.numel() for m in learner.modules.values() for p in m.parameters())
    return {
        "batch": batch,
        "parameters": parameters,
        "prepare_s": prepare,
        "step_s": step,
        "finish_s": finish,
        "sample_s": sample,
        "peak_gb": common.peak_gb(),
    }


def grow(name: str, axis: str, sizes: tuple[int, ...], done: dict) -> Iterator[dict]:
    """Rows of a family along one axis, each with its growth over the size before."""
    before = None
    for size in sizes:
        sizes_of = {"n_genes": N_GENES, "n_samples": N_SAMPLES} | {axis: size}
        what = f"{name}, {sizes_of['n_genes']} genes, {sizes_of['n_samples']} samples"
        if what in done or not common.wanted(what):  # where the axes cross, done is done
            before = done.get(what)
            continue
        try:
            found = common.in_fresh_process(__file__, name=name, steps=STEPS, **sizes_of)
        except RuntimeError as error:  # a case that memory does not hold
            yield common.row(what, None, None, "s of CPU an epoch", failed=str(error))
            before = None
            continue
        found |= sizes_of
        epoch = found["step_s"] * found["n_samples"] / found["batch"]
        more = {} if before is None else {"growth": common.growth(before, found, axis)}
        yield common.row(what, epoch, None, "s of CPU an epoch", **found, **more)
        before = done[what] = found


def measure(full: bool) -> Iterator[dict]:
    """All families along genes, then along samples; a few small cases unless full."""
    for name in BATCH:
        done: dict = {}
        yield from grow(name, "n_genes", GENES if full else GENES[:2], done)
        yield from grow(name, "n_samples", SAMPLES if full else (), done)


if __name__ == "__main__":
    common.main("generators", measure, ("torch",), run_one)
