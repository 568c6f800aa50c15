"""How normals of one tissue differ from each other: what a point estimate leaves open."""

from __future__ import annotations

import numpy as np

_PRIOR = 10.0  # samples that the spread pooled over tissues counts for
N_AXES = 100


class TissueNoise:
    """Draws of residuals of a tissue's normals: shared axes, spreads of the tissue.

    Residuals around the tissues' means, each gene in units of its standard deviation in the
    tissue, share their leading principal axes F over all tissues; what those leave of a gene's
    variance is independent noise. A draw is ``sd_tissue * (z F + d e)`` with standard normal z
    and e, so that every gene has the tissue's spread and genes go together as in normals. The
    spread of a tissue of n samples is drawn to the pooled one as if that were ten more samples.

    No training sample is held, only moments; a tissue of one normal has no spread of its own.

    Attributes
    ----------
    axes : ndarray, shape (n_axes, n_genes)
    sd : ndarray, shape (n_tissues, n_genes)
    """

    def __init__(self, axes: np.ndarray, sd: np.ndarray) -> None:
        self.axes, self.sd = axes, sd
        self._alone = np.sqrt(np.clip(1 - (axes**2).sum(0), 0, None))

    @classmethod
    def fit(cls, residuals: np.ndarray, tissue_row: np.ndarray, n_tissues: int) -> TissueNoise:
        """From normals minus their tissue's mean.

        Parameters
        ----------
        residuals : ndarray, shape (n_samples, n_genes)
        tissue_row : ndarray of int, shape (n_samples,)
            The tissue of each sample, 0 to n_tissues - 1.
        n_tissues : int
        """
        members = [tissue_row == t for t in range(n_tissues)]
        freedom = max(sum(max(int(m.sum()) - 1, 0) for m in members), 1)
        pooled = (residuals**2).sum(0) / freedom
        sd = np.stack([_spread(residuals[m], pooled) for m in members])
        unit = residuals / np.where(sd > 0, sd, 1)[tissue_row]
        _, scale, axes = np.linalg.svd(unit, full_matrices=False)
        keep = min(N_AXES, freedom // 2)
        factor = scale[:keep, None] * axes[:keep] / np.sqrt(freedom)
        length = np.sqrt((factor**2).sum(0))
        return cls(factor / np.maximum(length, 1), sd)

    def draw(self, tissue_row: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """A residual for each sample, shape (n_samples, n_genes)."""
        shape = (len(tissue_row), self.axes.shape[1])
        shared = generator.standard_normal((shape[0], len(self.axes))) @ self.axes
        return self.sd[tissue_row] * (shared + self._alone * generator.standard_normal(shape))


def _spread(residuals: np.ndarray, pooled: np.ndarray) -> np.ndarray:
    own = max(len(residuals) - 1, 0)
    squares = (residuals**2).sum(0) if own else 0
    return np.sqrt((squares + _PRIOR * pooled) / (own + _PRIOR))
