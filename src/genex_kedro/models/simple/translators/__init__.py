"""Translators of tumors into normals without a network: what every network has to beat.

All have the same verbs: ``fit(training, validation)``, ``point(expression, tissue)`` and
``draw(expression, tissue, generator)``; see :class:`SimpleTranslator`. Those that are
``paired`` are told which tumor and which normal of training belong to one patient.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from genex_kedro.models.simple.translators.base import SimpleTranslator, TranslationData
from genex_kedro.models.simple.translators.neighbours import (
    AnotherNormal,
    ClosestNormal,
    NearestNormals,
    NeighboursNormals,
)
from genex_kedro.models.simple.translators.regression import (
    GeneSlopes,
    GeneSlopesRidge,
    ResidualRidge,
    ShrunkenResidual,
    TissueMeanNormal,
    TissueShift,
    WholeProfileRidge,
)
from genex_kedro.models.simple.translators.shifts import GlobalShift, Identity, LatentArithmetic
from genex_kedro.models.simple.translators.transport import EntropicTransport, GaussianTransport

SIMPLE_TRANSLATORS: dict[str, Callable[[], SimpleTranslator]] = {
    "identity": Identity,
    "global_mean_shift": GlobalShift,
    "tissue_mean_shift": TissueShift,
    "tissue_mean_normal": TissueMeanNormal,
    "shrunken_residual": ShrunkenResidual,
    "nearest_normal": partial(NearestNormals, 1, False),
    "nearest_5_normals": partial(NearestNormals, 5, False),
    "nearest_normal_in_tissue": partial(NearestNormals, 1, True),
    "nearest_5_normals_in_tissue": partial(NearestNormals, 5, True),
    "closest_normal": ClosestNormal,
    "gaussian_transport": GaussianTransport,
    "entropic_transport": EntropicTransport,
    "latent_arithmetic": LatentArithmetic,
    "another_normal": AnotherNormal,
    "neighbours_normals": NeighboursNormals,
    "whole_profile_ridge": WholeProfileRidge,
    "residual_ridge": ResidualRidge,
    "gene_slopes": GeneSlopes,
    "gene_slopes_ridge": GeneSlopesRidge,
}

__all__ = ["SIMPLE_TRANSLATORS", "SimpleTranslator", "TranslationData"]
