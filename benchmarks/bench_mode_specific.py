"""TVAE's step and CTGAN's activations: all genes at once against column by column.

The loop is of the published kind: the network's output is a table of unequal blocks, alpha and
modes of one gene after the other, and losses or activations go through it by slices. Each slice
has a backward pass as wide as the whole table, so that time grows with the square of the number
of genes. Networks, data and noise are the same on both sides, and so are losses and activations
(``difference``). ``step`` is a whole training step (encoding, both networks, loss, backward,
Adam), ``activations`` forward and backward of the activations alone. Genes have the modes that
the mixture finds, and, in a second pass, all ten. Seconds of CPU on one thread, the least of the
rounds; the two take turns. What the loop costs depends on whether its table fits into the cache.
With the matmul precision ``medium`` torch takes oneDNN's matrix products, which on CPUs without
bf16 matrix units have the errors of float32 (measured: 7e-7) and on AMD's twice the speed.

Usage: ``python benchmarks/bench_mode_specific.py [--full] [--record]``
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import common
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.ctgan.model import Scores
from genex_kedro.models.draws import gumbel
from genex_kedro.models.modes.mode_specific import Encoded, ModeSpecific
from genex_kedro.models.tvae import model as tvae
from genex_kedro.models.tvae.config import TvaeConfig

N_SAMPLES, N_CLASSES, TEMPERATURE = 500, 21, 0.2
GOAL = {"n_genes": 969, "step": 40, "activations": 10}


def planted(n_genes: int) -> tuple[Tensor, Tensor, Vocabulary]:
    """Genes with a level in every class, which gives them about as many modes as real ones
    have (5.8), their classes and vocabulary."""
    g = torch.Generator().manual_seed(0)
    labels = pd.DataFrame({"tissue": [f"tissue {i % N_CLASSES:02}" for i in range(N_SAMPLES)]})
    vocabulary = Vocabulary.fit(labels, ["tissue"])
    classes = torch.from_numpy(vocabulary.index(labels))
    levels = 4 * torch.randn(N_CLASSES, n_genes, generator=g)
    noise = torch.randn(N_SAMPLES, n_genes, generator=g)
    return levels[classes] + noise, classes, vocabulary


class Columns:
    """Where each gene's block lies in the published table, and how it comes out of ours."""

    def __init__(self, modes: ModeSpecific) -> None:
        live = torch.cat([torch.ones_like(modes.live[:1]), modes.live])  # alpha, then modes
        self.widths = live.sum(0).tolist()
        place = torch.arange(live.numel()).view_as(live).T  # gene by gene
        self.places = place[live.T]

    def table(self, alpha: Tensor, modes: Tensor) -> Tensor:
        """Blocks side by side of alphas (n, n_genes) and modes (n, n_modes, n_genes)."""
        padded = torch.cat([alpha[:, None], modes], dim=1).flatten(1)
        return padded.index_select(1, self.places)


def loop_loss(output: Tensor, table: Tensor, sigma: Tensor, widths: list[int]) -> Tensor:
    """TVAE's reconstruction loss, one gene after the other."""
    losses, first = [], 0
    for gene, width in enumerate(widths):
        error = table[:, first] - output[:, first]
        losses.append((0.5 * (error / sigma[gene]) ** 2).sum())
        losses.append((sigma[gene].log() + 0.5 * math.log(2 * math.pi)) * len(table))
        modes = slice(first + 1, first + width)
        truth = table[:, modes].argmax(dim=1)
        losses.append(functional.cross_entropy(output[:, modes], truth, reduction="sum"))
        first += width
    return sum(losses) / len(table)


def loop_activations(output: Tensor, noise: Tensor, widths: list[int]) -> Tensor:
    """CTGAN's activations, one gene after the other."""
    parts, first = [], 0
    for width in widths:
        modes = slice(first + 1, first + width)
        parts.append(torch.tanh(output[:, first : first + 1]))
        parts.append(torch.softmax((output[:, modes] + noise[:, modes]) / TEMPERATURE, dim=1))
        first += width
    return torch.cat(parts, dim=1)


def seconds(work: Callable[[], object]) -> float:
    """Of CPU."""
    return common.cpu_seconds(work)[0]


def open_all(modes: ModeSpecific) -> None:
    """Give every gene all its modes, spread evenly: the widest table there can be."""
    state = modes.state_dict()
    state["weights"].fill_(1 / modes.n_modes)
    state["means"].copy_(torch.linspace(-8, 8, modes.n_modes)[:, None].expand_as(modes.means))
    state["sds"].fill_(1)
    modes.load_state_dict(state)


def compare_steps(n_genes: int, rounds: int, all_modes: bool) -> dict:
    """A TVAE step with our loss and with the loop, and how far apart the losses are."""
    x, classes, vocabulary = planted(n_genes)
    learner = tvae.learner(tvae.build(TvaeConfig(), vocabulary, n_genes, 0), (x, classes))
    if all_modes:
        open_all(learner.generator.modes)
    columns, ours = Columns(learner.generator.modes), tvae.table_loss
    n_modes = learner.generator.config.modes

    def by_columns(alpha: Tensor, modes: Tensor, sigma: Tensor, encoded: Encoded) -> Tensor:
        one_hot = functional.one_hot(encoded.mode, n_modes).transpose(1, 2).to(alpha.dtype)
        table = columns.table(encoded.alpha, one_hot)
        return loop_loss(columns.table(alpha, modes), table, sigma, columns.widths)

    def loss(of_table: Callable) -> float:
        tvae.table_loss = of_table
        with torch.no_grad():
            draw = torch.Generator().manual_seed(0)
            return float(learner.generator.loss(x, classes, draw).objective)

    def step(of_table: Callable) -> float:
        tvae.table_loss = of_table
        draw = torch.Generator().manual_seed(0)
        return seconds(lambda: learner.step((x, classes), draw))

    both = [loss(ours), loss(by_columns)]
    times = [(min(step(ours) for _ in range(4)), step(by_columns)) for _ in range(rounds)]
    tvae.table_loss = ours
    loss_of_both = {"loss": both[0], "difference": abs(both[1] / both[0] - 1)}
    return _row("step", n_genes, columns, times, all_modes) | loss_of_both


def compare_activations(n_genes: int, rounds: int, all_modes: bool) -> dict:
    """CTGAN's activations, forward and backward, in both ways."""
    x, _, _ = planted(n_genes)
    modes = ModeSpecific(n_genes, 10)
    modes.fit(x)
    if all_modes:
        open_all(modes)
    columns = Columns(modes)
    g = torch.Generator().manual_seed(0)
    alpha = torch.randn(N_SAMPLES, n_genes, generator=g).requires_grad_()
    scores = torch.randn(N_SAMPLES, 10, n_genes, generator=g)
    scores = scores.masked_fill(~modes.live, -1e4).requires_grad_()
    of_class = torch.randn(N_SAMPLES, N_CLASSES, generator=g)
    flat = columns.table(alpha, scores).detach().requires_grad_()

    def ours() -> Tensor:
        draw = torch.Generator().manual_seed(1)
        return Scores(alpha, scores, of_class).activate(TEMPERATURE, draw)

    def loop() -> Tensor:
        noise = gumbel(scores.shape, torch.Generator().manual_seed(1))
        return loop_activations(flat, columns.table(torch.zeros_like(alpha), noise), columns.widths)

    with torch.no_grad():
        padded = ours()[:, : modes.width].unflatten(1, (11, n_genes))
        difference = (columns.table(padded[:, 0], padded[:, 1:]) - loop()).abs().max()
    ones = torch.ones_like(ours())
    times = [
        (
            min(seconds(lambda: ours().backward(ones)) for _ in range(4)),
            seconds(lambda: loop().sum().backward()),
        )
        for _ in range(rounds)
    ]
    more = {"difference": float(difference)}
    return _row("activations", n_genes, columns, times, all_modes) | more


def _row(what: str, n_genes: int, columns: Columns, times: list, all_modes: bool) -> dict:
    ours, loop = (min(column) for column in zip(*times, strict=True))
    modes = "all ten modes" if all_modes else "modes as found"
    precision = torch.get_float32_matmul_precision()
    return common.row(
        f"{what}, {n_genes} genes, {modes}, {precision} precision",
        1e3 * ours,
        1e3 * loop,
        "ms of CPU",
        modes_per_gene=round(len(columns.places) / n_genes - 1, 1),
        rounds=[[1e3 * a, 1e3 * b] for a, b in times],
    )


def measure(full: bool) -> Iterator[dict]:
    """At all sizes and precisions, or at the goal's size with the modes that are found."""
    torch.set_num_threads(1)
    sizes = (100, 300, GOAL["n_genes"]) if full else (GOAL["n_genes"],)
    precisions = ("highest", "medium") if full else ("highest",)
    for n_genes, precision in itertools.product(sizes, precisions):
        torch.set_float32_matmul_precision(precision)
        for all_modes in (False, True) if full else (False,):
            for compare in (compare_steps, compare_activations):
                yield compare(n_genes, 3 if full else 1, all_modes)


if __name__ == "__main__":
    about = {"batch": N_SAMPLES, "goal": GOAL}
    common.main("mode_specific", measure, ("torch",), about=about)
