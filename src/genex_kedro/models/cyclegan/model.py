"""Tumors into normals and back without pairs: CycleGAN on expression (paper 000).

F makes normals of tumors and G tumors of normals, both 308-100-50-50-100-308 in the paper; a
discriminator a condition, 308-150-100-50-1. :class:`CycleGanConfig` covers the paper's objective,
its proposed repair, CycleGAN as its authors train it, and a conditional one. Standardisation is
not part of the networks.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.cyclegan.config import CycleGanConfig
from genex_kedro.models.layers import MLP
from genex_kedro.models.tissue_classifier import TissueClassifier


class ConditionalMLP(nn.Module):
    """An MLP that sees the tissue as a one-hot beside its input.

    Parameters
    ----------
    n_genes : int
    n_tissues : int
        0 for a network that is not told.
    hidden : tuple of int
    n_out : int
    residual : bool
        Add the input to the output; the last layer begins at zero.
    """

    def __init__(self, n_genes, n_tissues, hidden, n_out, residual=False) -> None:
        super().__init__()
        self.n_tissues, self.residual = n_tissues, residual
        self.network = MLP(n_genes + n_tissues, hidden, n_out)
        if residual:
            nn.init.zeros_(self.network.output.weight)
            nn.init.zeros_(self.network.output.bias)

    def forward(self, expression: Tensor, tissue: Tensor) -> Tensor:
        """(n_samples, n_genes) and int64 (n_samples,) to (n_samples, n_out)."""
        seen = expression
        if self.n_tissues:
            # not functional.one_hot, which reads a value from the device to check its argument
            levels = torch.arange(self.n_tissues, device=tissue.device)
            seen = torch.cat([seen, (tissue[:, None] == levels).to(seen)], dim=1)
        made = self.network(seen)
        return expression + made if self.residual else made


class CycleGan(nn.Module):
    """Both generators and, where they are conditional, the classifier of tissues.

    Parameters
    ----------
    config : CycleGanConfig
    tissues : tuple of str
        What a conditional one knows by name, in the order of the one-hot; else empty.
    n_genes : int

    Raises
    ------
    ValueError
        If a conditional one is given no tissues, or another is given some.

    Notes
    -----
    Everywhere `expression` is (n_samples, n_genes), standardised as in training, and `tissue`
    int64 (n_samples,), positions in `tissues`; networks without a condition do not look at it.
    """

    def __init__(self, config: CycleGanConfig, tissues: tuple[str, ...], n_genes: int) -> None:
        super().__init__()
        if config.conditional != bool(tissues):
            raise ValueError("tissues are for conditional networks, which need them")
        self.config, self.tissues, self.n_genes = config, tuple(tissues), n_genes
        known = len(self.tissues)
        shape = (n_genes, known, config.generator_hidden, n_genes, config.residual)
        self.to_normal, self.to_tumor = ConditionalMLP(*shape), ConditionalMLP(*shape)
        self.classifier = TissueClassifier(n_genes, len(self.tissues)) if known else None

    def infer(self, expression: Tensor) -> Tensor:
        """Log probability of each tissue, (n_samples, n_tissues).

        Raises
        ------
        RuntimeError
            For networks without a condition, which know of no tissue.
        """
        if self.classifier is None:
            raise RuntimeError("a CycleGAN without a condition does not infer tissues")
        return self.classifier(expression)


class Discriminators(nn.Module):
    """Logits of being a real tumor, and of being a real normal."""

    def __init__(self, config: CycleGanConfig, n_tissues: int, n_genes: int) -> None:
        super().__init__()
        shape = (n_genes, n_tissues, config.discriminator_hidden, 1)
        self.tumor, self.normal = ConditionalMLP(*shape), ConditionalMLP(*shape)


class HistoryPool(nn.Module):
    """Samples made earlier, shown to a discriminator in place of half of the new ones.

    As Zhu et al. 2017, section 4 (after Shrivastava et al. 2017), for whole batches and
    without a branch on a value. Without room it hands back what it is given.

    Parameters
    ----------
    size, n_genes : int
    """

    def __init__(self, size: int, n_genes: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("samples", torch.zeros(size, n_genes))
        self.register_buffer("tissue", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("filled", torch.zeros(size, dtype=torch.bool))

    @torch.no_grad()
    def swap(self, made: Tensor, tissue: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """New or earlier samples with their tissues, as many as were made.

        Parameters
        ----------
        made : Tensor, shape (n, n_genes)
        tissue : Tensor of int64, shape (n,)
        draw : Generator
        """
        n = min(self.size, len(made))
        if n == 0:
            return made, tissue
        slots = torch.rand(self.size, generator=draw, device=made.device).argsort()[:n]
        chosen = torch.rand(n, generator=draw, device=made.device) < 0.5
        held, held_tissue, full = self.samples[slots], self.tissue[slots], self.filled[slots]
        out, keep = chosen & full, chosen | ~full
        shown = torch.where(out[:, None], held, made[:n])
        shown_tissue = torch.where(out, held_tissue, tissue[:n])
        self.samples[slots] = torch.where(keep[:, None], made[:n], held)
        self.tissue[slots] = torch.where(keep, tissue[:n], held_tissue)
        self.filled[slots] = True
        return torch.cat([shown, made[n:]]), torch.cat([shown_tissue, tissue[n:]])


class Partners(nn.Module):
    """The unpaired side of a batch: training normals to draw from, at random or of a tissue.

    Buffers that no checkpoint holds: the normals are data.

    Parameters
    ----------
    expression : Tensor, shape (n_normals, n_genes)
    tissue : Tensor of int64, shape (n_normals,)
    n_tissues : int
        0 for partners of any tissue.

    Raises
    ------
    ValueError
        Without normals, or if a tissue has none.
    """

    def __init__(self, expression: Tensor, tissue: Tensor, n_tissues: int) -> None:
        super().__init__()
        group = tissue if n_tissues else torch.zeros_like(tissue)
        order = group.argsort(stable=True)
        count = torch.bincount(group, minlength=max(n_tissues, 1))
        if (count == 0).any():
            raise ValueError("a group of normals to draw from is empty")
        self.matched = bool(n_tissues)
        for name, tensor in {
            "expression": expression[order],
            "tissue": tissue[order],
            "count": count,
            "first": count.cumsum(0) - count,
        }.items():
            self.register_buffer(name, tensor, persistent=False)

    def draw(self, tissue: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """A normal and its tissue for each tissue (n,) asked for."""
        group = tissue if self.matched else torch.zeros_like(tissue)
        share = torch.rand(len(tissue), generator=draw, device=tissue.device)
        within = (share * self.count[group]).long().clamp_max(self.count[group] - 1)
        rows = self.first[group] + within
        return self.expression[rows], self.tissue[rows]


def build_cyclegan(
    config: CycleGanConfig, tissues: tuple[str, ...], n_genes: int, seed: int
) -> tuple[CycleGan, Discriminators]:
    """Generators and discriminators with weights drawn from `seed`."""
    with seeded_weights(seed):
        generators = CycleGan(config, tissues, n_genes)
        return generators, Discriminators(config, len(tissues), n_genes)
