"""Translators that move a tumor by the difference of two means."""

from __future__ import annotations

import numpy as np

from genex_kedro.models.simple.translators.base import SimpleTranslator, TranslationData


class Identity(SimpleTranslator):
    """Nothing is done."""

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return np.asarray(expression)


class GlobalShift(SimpleTranslator):
    """The tumor plus what normals differ by from tumors, averaged over tissues."""

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return expression + self.means.change


class LatentArithmetic(SimpleTranslator):
    """A step in a latent space, as scGen (Lotfollahi et al. 2019, Nature Methods 16).

    The latent space is that of a PCA of all training samples (scGen trains a VAE); the step is
    the difference of the mean normal and the mean tumor in it, averaged over tissues so that
    none counts for more by its numbers; the decoder leaves out what the space does not hold.

    Parameters
    ----------
    n_components : int
    """

    def __init__(self, n_components: int = 100) -> None:
        super().__init__()
        self.n_components = n_components

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        both = np.concatenate([training.tumor, training.normal])
        self._centre, self._axes = principal_axes(both, self.n_components)
        self._step = self.means.change @ self._axes.T

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        latent = (expression - self._centre) @ self._axes.T + self._step
        return self._centre + latent @ self._axes


def principal_axes(values: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean (n_genes,) and leading axes (at most n_components, n_genes) of samples."""
    centre = values.mean(0, dtype=np.float64)
    _, scale, axes = np.linalg.svd(values - centre, full_matrices=False)
    return centre, axes[: min(n_components, int((scale > 1e-8 * scale[0]).sum()))]
