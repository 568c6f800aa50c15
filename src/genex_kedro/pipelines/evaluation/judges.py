"""Scorecards and figures: what every model does on patients it never saw."""

from __future__ import annotations

import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.errors import InputError
from genex_kedro.models.names import LOGISTIC
from genex_kedro.plots.discriminators import plot_judges
from genex_kedro.study.judges.samples import JUDGES, judge_samples, programs_with_both, why_not
from genex_kedro.study.judges.scorecard import (
    ADJACENT,
    COMPARISONS,
    FAR,
    METRICS,
    OVERALL,
    BootstrapSettings,
    score,
)

_MODEL = ["judge", "model"]


def score_discriminators(
    studies: dict[str, AnnData], least: int, settings: BootstrapSettings, *scores: pd.DataFrame
) -> pd.DataFrame:
    """Every judge on the test samples: a row per judge, model, seed and subset.

    Raises
    ------
    InputError
        If no judge could be trained at all.
    """
    by_seed = {int(study.uns["seed"]): study.obs for study in studies.values()}
    if not any(len(table) for table in scores):
        _refuse_untrained(next(iter(by_seed.values())), least)
    table = pd.concat([table for table in scores if len(table)])
    table = table[table["split"] == "test"]
    rows = []
    for names, one in table.groupby(["run", "judge", "model", "seed"], sort=False):
        first = dict(zip(["run", "judge", "model", "seed"], names, strict=True))
        obs = by_seed[first["seed"]]
        same = (table["judge"] == first["judge"]) & (table["seed"] == first["seed"])
        logistic = table[same & (table["model"] == LOGISTIC)]
        programs = programs_with_both(obs, least)
        rows += [{**first, **row} for row in score(one, obs, programs, settings, logistic)]
    return pd.DataFrame(rows)


def _refuse_untrained(obs: pd.DataFrame, least: int) -> None:
    reasons = [
        f"{judge}: {why_not(obs, judge_samples(obs, judge, least), least)}" for judge in JUDGES
    ]
    raise InputError(
        where="study reversion",
        found=f"no judge that can be trained ({'; '.join(reasons)})",
        expected="tumors and normals in the training and the validation part",
        remedy="Bring samples of both conditions (a public cohort's normals, say), or lower --params discriminator.least.",
    )


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
    metrics = [metric.name for metric in METRICS] + ["auc_gain", "balanced_accuracy_gain"]
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
