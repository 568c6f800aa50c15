"""Synthetic samples as cohorts, and cohorts as the metrics see them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.metrics.samples import Samples
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.units import STUDY_UNIT


def synthetic_cohort(
    values: np.ndarray, labels: pd.DataFrame, genes: pd.DataFrame, model: str, seed: int
) -> AnnData:
    """Generated profiles with the labels they were asked for.

    Parameters
    ----------
    values : ndarray, shape (n_samples, n_genes)
        log2(x+1); what lies below zero, which no expression does, is set to zero.
    labels : DataFrame, n_samples rows
    genes : DataFrame, n_genes rows
    model : str
        Its full name, ``"cvae/best"``.
    seed : int

    Returns
    -------
    AnnData
        With the share of values that were raised to zero in ``uns["clipped"]``.
    """
    obs = labels.reset_index(drop=True)
    obs.index = [f"{model.replace('/', '-')}-{i:06d}" for i in range(len(obs))]
    cohort = AnnData(np.maximum(values, 0).astype(np.float32), obs, genes[[]].copy())
    cohort.uns |= {
        "unit": STUDY_UNIT,
        "model": model,
        "seed": seed,
        "clipped": float((values < 0).mean()),
    }
    return cohort


def samples_of(cohort: AnnData, part: str | None = None) -> Samples:
    """A cohort, or one part of a study, as the metrics see it."""
    chosen = slice(None) if part is None else part_of(cohort, part)
    obs = cohort.obs[chosen] if part else cohort.obs
    return Samples(
        cohort.X[chosen],
        obs["tissue"].astype(str).to_numpy(str),
        obs["condition"].astype(str).to_numpy(str),
    )


def of_seed(synthetic: Iterable[dict[str, AnnData]], seed: int) -> dict[str, AnnData]:
    """The synthetic cohorts of one seed by the full name of their model, of all families."""
    return {
        str(cohort.uns["model"]): cohort
        for cohorts in synthetic
        for cohort in cohorts.values()
        if seed_of(cohort) == seed
    }
