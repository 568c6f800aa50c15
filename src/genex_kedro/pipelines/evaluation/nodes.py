"""Scorecards and figures: what every model does on patients it never saw."""

from __future__ import annotations

import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.plots.discriminators import plot_judges
from genex_kedro.study.scorecard import (
    ADJACENT,
    COMPARISONS,
    FAR,
    OVERALL,
    BootstrapSettings,
    score,
)

_MODEL = ["judge", "model"]


def score_discriminators(
    studies: dict[str, AnnData], settings: BootstrapSettings, *scores: pd.DataFrame
) -> pd.DataFrame:
    """Every judge on the test samples: a row per judge, model, seed and subset."""
    table = pd.concat([s for s in scores if len(s)])
    rows = []
    for names, one in table[table["split"] == "test"].groupby(
        ["run", "judge", "model", "seed"], sort=False
    ):
        first = dict(zip(["run", "judge", "model", "seed"], names, strict=True))
        study = studies[f"seed_{first['seed']}"]
        rows += [{**first, **row} for row in score(one, study.obs, settings)]
    return pd.DataFrame(rows)


def summarise_discriminators(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean and spread over seeds; and what betrays a study detector.

    Returns
    -------
    summary : DataFrame
        Per judge, model and comparison: seeds, and mean and standard deviation of the metrics.
    study_detector : DataFrame
        Per judge and model: the share of normals called normal, of other programs and adjacent
        to a tumor. A judge that has learned the laboratory knows the first and not the second.
    """
    compared = table[table["subset"].isin(COMPARISONS)]
    metrics = [
        "auc",
        "accuracy",
        "balanced_accuracy",
        "specificity",
        "sensitivity",
        "brier",
        "expected_calibration_error",
    ]
    groups = compared.groupby([*_MODEL, "subset"], sort=False)
    mean = groups[metrics].mean()
    spread = groups[metrics].std().add_suffix("_sd")
    summary = pd.concat([groups.size().rename("seeds"), mean, spread], axis=1).reset_index()

    normal = mean["specificity"].unstack("subset").reindex(columns=[FAR, ADJACENT])
    auc = mean["auc"].unstack("subset").reindex(columns=[FAR, ADJACENT])
    detector = pd.DataFrame(
        {
            "normals of other programs called normal": normal[FAR],
            "adjacent normals called normal": normal[ADJACENT],
            "auc against normals of other programs": auc[FAR],
            "auc against adjacent normals": auc[ADJACENT],
        }
    )
    return summary, detector.reset_index()


def draw_discriminators(table: pd.DataFrame) -> Figure:
    """Balanced accuracy and AUC of every judge, with intervals over patients."""
    return plot_judges(table[table["subset"].isin([OVERALL, ADJACENT])])
