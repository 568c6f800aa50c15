"""Cohort -> checked cohort -> splits by patient -> studies, and the cohort report."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro import cohort as cohorts
from genex_kedro.plots.cohort import plot_components
from genex_kedro.study import describe, prepare, split
from genex_kedro.study.tumor_types import data as tumor_types


def check_cohort(raw: AnnData) -> AnnData:
    """Check what a reader brought and bring it to log2(x+1), the unit of all studies."""
    cohorts.check_cohort(raw, "cohort")
    return cohorts.to_study_unit(raw)


def split_patients(cohort: AnnData, settings: split.SplitSettings) -> pd.DataFrame:
    """One split by patient per seed: a column ``seed_<n>`` each, a row a sample."""
    columns = [split.split_patients(cohort.obs, settings.fractions, s) for s in settings.seeds]
    return pd.concat(columns, axis=1)


def prepare_studies(
    cohort: AnnData, splits: pd.DataFrame, settings: prepare.StudySettings, missing: str
) -> dict[str, AnnData]:
    """The study's samples and genes for every seed; what is fitted is fitted on its training part."""
    return {
        name: prepare.prepare_study(cohort, splits[name], int(name[5:]), settings, missing)
        for name in splits.columns
    }


def prepare_tumor_types(
    cohort: AnnData,
    splits: split.SplitSettings,
    settings: tumor_types.TumorTypeSettings,
    missing: str,
) -> dict[str, AnnData]:
    """The tumors, split anew for every seed so that each type keeps its share in every part."""
    return tumor_types.prepare_tumor_types(cohort, splits, settings, missing)


def report_cohort(cohort: AnnData) -> tuple[dict, pd.DataFrame, pd.DataFrame]:
    """What is in the cohort: its size, the counts by class, the panels' coverage."""
    return (
        describe.summarise_cohort(cohort),
        describe.count_samples(cohort),
        describe.panel_coverage(cohort),
    )


def report_study(summary: dict, splits: pd.DataFrame, studies: dict[str, AnnData]) -> dict:
    """What is in the study, what is too small, and how far laboratories can be told apart."""
    return describe.describe_study(summary, splits, studies)


def draw_cohort(studies: dict[str, AnnData]) -> Figure:
    """The first study's samples on the principal components of its training part."""
    from sklearn.decomposition import PCA

    study = next(iter(studies.values()))
    training = study.X[(study.obs["split"] == "train").to_numpy()]
    pca = PCA(2, svd_solver="covariance_eigh" if study.n_vars < 2000 else "randomized", random_state=0)  # fmt: skip
    pca.fit(training)
    scores = pd.DataFrame(pca.transform(study.X), columns=["pc1", "pc2"], index=study.obs_names)
    scores = scores.join(study.obs[["tissue", "condition", "program"]])
    return plot_components(scores, np.asarray(pca.explained_variance_ratio_))
