"""The cohort report: what is in a cohort, what was dropped, and what may mislead."""

from __future__ import annotations

import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import notices
from genex_kedro.fingerprint import data_digest
from genex_kedro.genes.panels import PANELS, match_panel, panel
from genex_kedro.study.controls import source_control
from genex_kedro.study.split import missing_classes


def count_samples(cohort: AnnData) -> pd.DataFrame:
    """Samples and patients by tissue, condition, cohort and source; one row each."""
    by = ["tissue", "condition", "cohort", "source", "program"]
    groups = cohort.obs.groupby(by, observed=True)["patient_id"]
    return groups.agg(samples="size", patients="nunique").reset_index()


def count_pairs(obs: pd.DataFrame) -> int:
    """Patients with a tumor and a normal sample."""
    return int((obs.groupby("patient_id", observed=True)["condition"].nunique() == 2).sum())


def panel_coverage(cohort: AnnData) -> pd.DataFrame:
    """How much of every gene panel the cohort measures, and what it lacks."""
    rows = []
    for name in PANELS:
        positions, absent = match_panel(cohort.var, name)
        size = len(panel(name))
        rows.append(
            {
                "panel": name,
                "genes": size,
                "measured": len(positions),
                "coverage": len(positions) / size,
                "missing": " ".join(absent),
            }
        )
    return pd.DataFrame(rows)


def summarise_cohort(cohort: AnnData) -> dict:
    """What is in a cohort, in log2(x+1), whatever is asked of it; as plain JSON."""
    return {
        "samples": cohort.n_obs,
        "genes": cohort.n_vars,
        "patients": int(cohort.obs["patient_id"].nunique()),
        "pairs": count_pairs(cohort.obs),
        "tissues": int(cohort.obs["tissue"].nunique()),
        "conditions": {k: int(v) for k, v in cohort.obs["condition"].value_counts().items()},
        "programs": {k: int(v) for k, v in cohort.obs["program"].value_counts().items()},
        "unit": cohort.uns["unit"],
        "panels": {
            row.panel: f"{row.measured} of {row.genes}"
            for row in panel_coverage(cohort).itertuples()
        },
        "missing_fraction": float(pd.isna(cohort.X).mean()),
        "notices": notices(cohort).to_dict("records"),
        "digest": data_digest(cohort),
    }


def describe_study(summary: dict, splits: pd.DataFrame, studies: dict[str, AnnData]) -> dict:
    """Everything about a cohort that a reader of its results should know, as plain JSON.

    Parameters
    ----------
    summary : dict
        Of :func:`summarise_cohort`.
    splits : DataFrame, samples x seeds
    studies : dict of AnnData by seed
        The controls are computed on the first.
    """
    study = studies[splits.columns[0]]
    return {
        **summary,
        "study": {
            "samples": study.n_obs,
            "genes": study.n_vars,
            "split": {k: int(v) for k, v in study.obs["split"].value_counts().items()},
            "notices": notices(study).to_dict("records"),
        },
        "classes_too_small": missing_classes(study.obs, study.obs["split"]).to_dict("records"),
        "controls": [source_control(study, label) for label in ("source", "program")],
    }
