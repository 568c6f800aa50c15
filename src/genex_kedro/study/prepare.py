"""From a cohort and a split to what a model sees: a panel's genes without holes."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from anndata import AnnData
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.cohort import add_notice, given_unit
from genex_kedro.errors import InputError, some
from genex_kedro.genes.panels import match_panel, require_coverage
from genex_kedro.study.split import SPLITS

Missing = Literal["refuse", "drop_genes", "drop_samples", "impute"]
OTHER_PANELS = ("variable", "all")


class StudySettings(BaseModel):
    """Which genes a study works on."""

    model_config = ConfigDict(extra="forbid")
    panel: str = "foundation_one_308"
    min_coverage: float = Field(default=0.8, gt=0, le=1)
    n_variable: int = Field(default=5000, gt=1)


def prepare_study(
    cohort: AnnData, split: pd.Series, seed: int, settings: StudySettings, missing: Missing
) -> AnnData:
    """Choose the genes and close the holes, both on training samples only.

    Parameters
    ----------
    cohort : AnnData, samples x genes, log2(x+1)
    split : Series
        ``train``, ``validation`` or ``test`` for every sample.
    seed : int
        Of the split and of the models trained on it; kept in ``uns["seed"]``.
    settings : StudySettings
    missing : {"refuse", "drop_genes", "drop_samples", "impute"}
        What to do with values that were not measured.

    Returns
    -------
    AnnData
        The cohort's samples (all but those dropped) x the panel's genes in panel order, with
        ``obs["split"]``; values filled in are marked in ``layers["imputed"]``. ``drop_genes``
        looks for holes in all samples: a gene that a test sample lacks cannot be judged.

    Raises
    ------
    InputError
        The panel is unknown or covered too little; values are missing and `missing` is
        ``refuse``; nothing is left to train on.
    """
    split = split.reindex(cohort.obs_names)
    genes = choose_genes(cohort, (split == "train").to_numpy(), settings)
    study = cohort[:, genes].copy()
    study.uns = {"unit": cohort.uns["unit"], "given_unit": given_unit(cohort), "seed": seed}
    study.obs["split"] = split.to_numpy()
    study = fill_holes(study, missing)
    _require_enough(study, settings)
    return study


def _require_enough(study: AnnData, settings: StudySettings) -> None:
    """Refuse a study with too little left after holes were dealt with."""
    if settings.panel not in OTHER_PANELS:
        _, absent = match_panel(study.var, settings.panel)
        require_coverage(absent, settings.panel, settings.min_coverage, "the study")
    parts = study.obs["split"].value_counts()
    counts = {part: int(parts.get(part, 0)) for part in SPLITS}
    if min(counts.values()) < 1 or counts["train"] < 2 or study.n_vars < 2:
        raise InputError(
            where=f"study on panel '{settings.panel}'",
            found=f"{study.n_vars} genes and {', '.join(f'{n} {part}' for part, n in counts.items())} samples",
            expected="at least two genes, two training samples, and a sample to validate and to test on",
            remedy="Bring more samples, choose another panel (reversion.panel, synthesis.panel or tumor_types.panel), or handle missing values otherwise (cohort.missing).",
        )


def choose_genes(cohort: AnnData, training: np.ndarray, settings: StudySettings) -> np.ndarray:
    """Positions of the panel's genes in the cohort, in the panel's order."""
    if settings.panel == "all":
        return np.arange(cohort.n_vars)
    if settings.panel == "variable":
        measured = ~np.isnan(cohort.X[training]).all(0)
        variance = np.zeros(cohort.n_vars)
        variance[measured] = np.nanvar(cohort.X[training][:, measured], axis=0)
        return np.sort(np.argsort(-variance, kind="stable")[: settings.n_variable])
    positions, absent = match_panel(cohort.var, settings.panel)
    require_coverage(absent, settings.panel, settings.min_coverage)
    return positions


def fill_holes(study: AnnData, missing: Missing) -> AnnData:
    """Leave out or fill in what was not measured, and note what happened."""
    if missing not in get_args(Missing):
        raise InputError(
            where="parameter cohort.missing",
            found=repr(missing),
            expected=f"one of {', '.join(get_args(Missing))}",
            remedy="Choose one: --params cohort.missing=drop_genes",
        )
    holes = np.isnan(study.X)
    if not holes.any():
        return study
    whole_genes, whole_samples = ~holes.any(0), ~holes.any(1)
    if missing == "refuse":
        raise InputError(
            where="cohort, values not measured",
            found=f"{int(holes.sum())} missing values ({holes.mean():.1%}) in {int((~whole_genes).sum())} genes, "
            f"first {some(study.var_names[~whole_genes])}",
            expected="a choice of what to do with them",
            remedy=f"Add --params cohort.missing=drop_genes ({int(whole_genes.sum())} of {study.n_vars} genes stay), "
            f"drop_samples ({int(whole_samples.sum())} of {study.n_obs} samples stay) or impute "
            "(training medians; every imputed value is marked).",
        )
    if missing == "drop_genes":
        add_notice(study, "missing values: genes dropped", (~whole_genes).sum(), some(study.var_names[~whole_genes], 20))  # fmt: skip
        return study[:, whole_genes].copy()
    if missing == "drop_samples":
        add_notice(study, "missing values: samples dropped", (~whole_samples).sum(), some(study.obs_names[~whole_samples], 20))  # fmt: skip
        return study[whole_samples].copy()
    return _impute(study, holes)


def _impute(study: AnnData, holes: np.ndarray) -> AnnData:
    training = (study.obs["split"] == "train").to_numpy()
    known = ~holes[training].all(0)
    if not known.all():
        add_notice(study, "missing in all training samples: genes dropped", (~known).sum(), some(study.var_names[~known], 20))  # fmt: skip
        study, holes = study[:, known].copy(), holes[:, known]
    medians = np.nanmedian(study.X[training], axis=0)
    study.layers["imputed"] = holes
    study.X = np.where(holes, medians, study.X).astype(np.float32)
    add_notice(study, "missing values: imputed with training medians", holes.sum(), f"{holes.mean():.1%} of all values")  # fmt: skip
    return study
