"""Tumors that a model never saw, brought to the genes that it was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import add_notice
from genex_kedro.errors import InputError, some
from genex_kedro.genes.panels import find_genes
from genex_kedro.models.atlas import Atlas


@dataclass(frozen=True)
class Tumors:
    """Profiles as a translator takes them.

    Parameters
    ----------
    expression : ndarray, shape (n_samples, n_genes)
        log2(x+1), the model's genes in their order; what was not measured is the mean tumor of
        the tissue that the rest of the profile looks like.
    measured : ndarray of bool, shape (n_samples, n_genes)
    obs : DataFrame, indexed by sample id
    genes : Index
    absent : list of str
        Genes of the model that no sample measures.
    """

    expression: np.ndarray
    measured: np.ndarray
    obs: pd.DataFrame
    genes: pd.Index
    absent: list[str]


def fit_to_model(cohort: AnnData, genes: pd.DataFrame, atlas: Atlas, least: float) -> Tumors:
    """Match genes, leave out samples that measure too few, and fill the holes that are left.

    Parameters
    ----------
    cohort : AnnData, log2(x+1)
        NaN is not measured. Gets a notice for what was left out or filled.
    genes : DataFrame, indexed by symbol
        Of the model.
    atlas : Atlas
        Trained with it.
    least : float
        Share of the model's genes that the table, and each sample, must measure.

    Raises
    ------
    InputError
        The table, or every sample of it, measures too little.
    """
    symbols = pd.Index(genes.index.astype(str))
    place = find_genes(cohort.var, genes)
    values = np.full((cohort.n_obs, len(symbols)), np.nan, dtype=np.float32)
    values[:, place >= 0] = np.asarray(cohort.X)[:, place[place >= 0]]
    measured = np.isfinite(values)
    absent = symbols[~measured.any(0)].tolist()
    if 1 - len(absent) / len(symbols) < least:
        _refuse(len(symbols) - len(absent), len(symbols), absent, least)
    enough = measured.mean(1) >= least
    if not enough.all():
        left = cohort.obs_names[~enough]
        if not enough.any():
            most = int(measured.sum(1).max())
            _refuse(most, len(symbols), symbols[~measured[measured.sum(1).argmax()]], least)
        check = f"samples left out: fewer than {least:.0%} of the model's genes measured"
        add_notice(cohort, check, len(left), some(left))
    values, measured = values[enough], measured[enough]
    if not measured.all():
        detail = "by the mean tumor of the tissue; their own change is not reported"
        add_notice(cohort, "values not measured, filled in for the model", (~measured).sum(), detail)  # fmt: skip
    obs = cohort.obs[enough]
    return Tumors(_filled(values, measured, atlas), measured, obs, symbols, absent)


def _filled(values: np.ndarray, measured: np.ndarray, atlas: Atlas) -> np.ndarray:
    if measured.all():
        return values
    rough = np.where(measured, values, atlas.centre)
    typical = atlas.typical(atlas.infer(rough), "tumor")
    return np.where(measured, values, np.maximum(typical, 0)).astype(np.float32)


def _refuse(found: int, total: int, absent, least: float) -> None:
    raise InputError(
        where="genes of the table to translate",
        found=f"{found} of the model's {total} genes ({found / total:.0%}); missing: {some(absent, 10)}",
        expected=f"at least {least:.0%} of them (translate.min_coverage)",
        remedy="Bring a table with all measured genes, or train a model on a panel that it covers "
        "(reversion.panel).",
    )
