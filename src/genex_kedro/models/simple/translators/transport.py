"""Optimal transport of the cloud of tumors onto the cloud of normals (POT)."""

from __future__ import annotations

import numpy as np

from genex_kedro.models.simple.translators.base import SimpleTranslator, TranslationData
from genex_kedro.models.simple.translators.shifts import principal_axes

MOST = 3000  # samples of each side: the plan is a matrix of both


class GaussianTransport(SimpleTranslator):
    """The affine map that carries the Gaussian of tumors onto that of normals.

    ``ot.da.LinearTransport`` (Flamary et al. 2021, JMLR 22; the map is that of Peyre and Cuturi
    2019, remark 2.31) in the space of the leading principal components of all training samples;
    what is outside that space stays. Covariances of fewer samples than genes need a
    regularisation on their diagonals.

    Parameters
    ----------
    n_components : int
    regularisation : float
        log2 units squared.
    """

    def __init__(self, n_components: int = 100, regularisation: float = 0.05) -> None:
        super().__init__()
        self.n_components, self.regularisation = n_components, regularisation

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        import ot

        both = np.concatenate([training.tumor, training.normal])
        self._centre, self._axes = principal_axes(both, self.n_components)
        transport = ot.da.LinearTransport(reg=self.regularisation)
        transport.fit(Xs=self._inside(training.tumor), Xt=self._inside(training.normal))
        self._matrix, self._shift = transport.A_, transport.B_

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        inside = self._inside(expression)
        return expression + (inside @ self._matrix + self._shift - inside) @ self._axes

    def _inside(self, expression: np.ndarray) -> np.ndarray:
        return (expression - self._centre) @ self._axes.T


class EntropicTransport(SimpleTranslator):
    """Entropic optimal transport, with a map for tumors that were not transported.

    ``ot.da.SinkhornTransport``: a training tumor goes to the mean of the normals that the plan
    sends it to; another tumor moves as the nearest training tumor does (Ferradans et al. 2014).

    Parameters
    ----------
    regularisation : float
        Of the entropy, in units of the median cost.
    """

    def __init__(self, regularisation: float = 0.05) -> None:
        super().__init__()
        self.regularisation = regularisation

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        import ot

        rng = np.random.default_rng(0)
        tumor, normal = (
            side[np.sort(rng.permutation(len(side))[:MOST])].astype(float)
            for side in (training.tumor, training.normal)
        )
        self._transport = ot.da.SinkhornTransport(
            reg_e=self.regularisation, norm="median", max_iter=2000
        )
        self._transport.fit(Xs=tumor, Xt=normal)

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return self._transport.transform(Xs=np.asarray(expression, float))
