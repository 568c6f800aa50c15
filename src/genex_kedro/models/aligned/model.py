"""A tumor's own normal: the mean normal of its class, what makes the tumor its patient's, a draw.

Tumor and normal of a patient share what neither condition explains: germline, sex, how the
sample was taken and measured. It is a small part of both, and the large differences between
tumors (purity, proliferation) hide it. With x a tumor of class k, a cohort within a tissue::

    point = n_k + s M (x - m_k)          M = D C^-p D^-1
    draw  = point + e,                   e ~ N(0, class covariance of normals)

n_k and m_k are the class's mean normal and tumor, D the genes' spread within classes and C the
shrunk correlation of tumors and normals within classes: directions in which samples differ a lot
are held back, and what is left tells patients apart (as whitening does in within-class covariance
normalisation: Hatch, Kajarekar and Stolcke 2006). No pair of training patients is needed for any
of it; s alone, how much is passed on, is set by least squares on validation pairs where there are
some, and otherwise as configured.

A class is inferred, where it is not told, by linear discriminants with the same covariance, of
tumors and of normals; a sample that is more likely a normal is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

NOT_TOLD, UNSEEN = -1, -2
BLOCK = 1024  # samples at a time: memory does not grow with the number beyond the result


@dataclass(frozen=True)
class Classes:
    """Cohorts within tissues, and what is known of each.

    Parameters
    ----------
    tissues : tuple of str
    tumor_tissue, normal_tissue : tuple of int
        The tissue of each tumor class and of each normal class.
    """

    tissues: tuple[str, ...]
    tumor_tissue: tuple[int, ...]
    normal_tissue: tuple[int, ...]


@dataclass(frozen=True)
class Inference:
    """What samples are taken for.

    Parameters
    ----------
    probability : Tensor, shape (n, n_tissues)
        Of each tissue, told or not.
    tissue : Tensor of int64, shape (n,)
        As told, else the likeliest.
    tumor_class : Tensor, shape (n, n_tumor_classes)
        Probability of each tumor class, within the tissue where it is told.
    is_normal : Tensor, shape (n,)
        How far a sample is taken for a normal.
    """

    probability: Tensor
    tissue: Tensor
    tumor_class: Tensor
    is_normal: Tensor


class Aligned(nn.Module):
    """The fitted translator; :func:`genex_kedro.models.aligned.fit.fit_aligned` makes one.

    Parameters
    ----------
    config : AlignedConfig
    classes : Classes
    n_genes, n_axes, n_noise_axes, n_class_axes : int

    Notes
    -----
    Everywhere `expression` is (n_samples, n_genes) and `tissue` int64 (n_samples,): a position
    in the tissues, :data:`NOT_TOLD`, or :data:`UNSEEN` for one that training had none of.
    """

    def __init__(self, config, classes, n_genes, n_axes, n_noise_axes, n_class_axes) -> None:
        super().__init__()
        self.config, self.classes = config, classes
        tumors, normals = len(classes.tumor_tissue), len(classes.normal_tissue)
        for name, shape in {
            "normal_mean": (tumors, n_genes),
            "tumor_mean": (tumors, n_genes),
            "spread": (n_genes,),
            "axes": (n_axes, n_genes),
            "gain": (n_axes,),
            "rest_gain": (1,),
            "gene_gain": (n_genes,),
            "unseen_normal": (n_genes,),
            "unseen_tumor": (n_genes,),
            "unseen_gain": (1,),
            "class_weight": (tumors + normals, n_genes),
            "class_bias": (tumors + normals,),
            "temperature": (1,),
            "noise_spread": (tumors, n_genes),
            "noise_axes": (n_noise_axes, n_genes),
            "class_axes": (tumors, n_class_axes, n_genes),
            "own_share": (tumors,),
        }.items():
            self.register_buffer(name, torch.zeros(shape))
        self.sides = (tumors, normals)
        tissue_of = torch.tensor([*classes.tumor_tissue, *classes.normal_tissue])
        member = (tissue_of[:, None] == torch.arange(len(classes.tissues))).float()
        self.register_buffer("member", member, persistent=False)

    def infer(self, expression: Tensor, tissue: Tensor) -> Inference:
        """Tissue and class of samples, told or not, and whether they are normals already."""
        score = (expression @ self.class_weight.T + self.class_bias) / self.temperature
        by_tissue = torch.logsumexp(score[:, :, None] + self.member.log(), dim=1)
        allowed = self.member.T[tissue.clamp_min(0)]
        allowed = torch.where((tissue >= 0)[:, None], allowed, torch.ones_like(allowed))
        tumor, normal = (score + allowed.log()).split(self.sides, dim=1)
        odds = torch.logsumexp(normal, dim=1) - torch.logsumexp(tumor, dim=1)
        return Inference(
            torch.softmax(by_tissue, dim=1),
            torch.where(tissue >= 0, tissue, by_tissue.argmax(dim=1)),
            torch.softmax(tumor, dim=1),
            # among tissues it knows nothing of, no odds are to be trusted
            torch.sigmoid(odds - self.config.normal_odds) * (tissue != UNSEEN),
        )

    def pass_on(self, residual: Tensor) -> Tensor:
        """What of a tumor's residual (n, n_genes) its normal is expected to have."""
        z = residual / self.spread
        z = self.rest_gain * z + (z @ self.axes.T * self.gain) @ self.axes
        return z * self.gene_gain

    def point(self, expression: Tensor, tissue: Tensor) -> Tensor:
        """The best single guess of each sample's normal, (n_samples, n_genes)."""
        return torch.cat(
            [
                self._point(x, t)[0]
                for x, t in zip(expression.split(BLOCK), tissue.split(BLOCK), strict=True)
            ]
        )

    def draw(self, expression: Tensor, tissue: Tensor, draw: torch.Generator) -> Tensor:
        """One draw of each sample's normal, (n_samples, n_genes)."""
        return torch.cat(
            [
                self._draw(x, t, draw)
                for x, t in zip(expression.split(BLOCK), tissue.split(BLOCK), strict=True)
            ]
        )

    def _point(self, expression: Tensor, tissue: Tensor) -> tuple[Tensor, Inference]:
        found = self.infer(expression, tissue)
        seen = self._translate(expression, found.tumor_class)
        unseen = self.unseen_normal + self.unseen_gain * (expression - self.unseen_tumor)
        made = torch.where((tissue == UNSEEN)[:, None], unseen, seen)
        return torch.lerp(made, expression, found.is_normal[:, None]), found

    def _translate(self, expression: Tensor, tumor_class: Tensor) -> Tensor:
        residual = expression - tumor_class @ self.tumor_mean
        return tumor_class @ self.normal_mean + self.pass_on(residual)

    def _draw(self, expression: Tensor, tissue: Tensor, draw: torch.Generator) -> Tensor:
        """Class drawn, point given the class, and what the point leaves open."""
        found = self.infer(expression, tissue)
        unseen = (tissue == UNSEEN)[:, None]
        likeliest = self.member.T[found.tissue][:, : self.sides[0]]
        share = found.tumor_class * likeliest + 1e-12 * likeliest
        drawn = torch.multinomial(share, 1, generator=draw)[:, 0]
        one_hot = torch.zeros_like(share).scatter_(1, drawn[:, None], 1.0)
        outside = self.unseen_normal + self.unseen_gain * (expression - self.unseen_tumor)
        made = torch.where(unseen, outside, self._translate(expression, one_hot))
        made = made + self.config.draw_spread * self._noise(drawn, draw)
        return torch.lerp(made, expression, found.is_normal[:, None])

    def _noise(self, drawn: Tensor, draw: torch.Generator) -> Tensor:
        """How normals of the classes drawn (n,) depart from their expectation."""
        n, genes = len(drawn), len(self.spread)
        pooled = torch.randn(n, len(self.noise_axes), generator=draw) @ self.noise_axes
        left = (1 - self.noise_axes.square().sum(0)).clamp_min(0).sqrt()
        pooled = pooled + left * torch.randn(n, genes, generator=draw)
        axes = self.class_axes[drawn]
        factors = torch.randn(n, 1, axes.shape[1], generator=draw)
        own = torch.bmm(factors, axes)[:, 0]
        left = (1 - self.class_axes.square().sum(1)).clamp_min(0).sqrt()
        own = own + left[drawn] * torch.randn(n, genes, generator=draw)
        share = self.own_share[drawn][:, None]
        return self.noise_spread[drawn] * (share.sqrt() * own + (1 - share).sqrt() * pooled)
