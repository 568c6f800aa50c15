"""Judges of tumor against normal on the samples of patients they never saw, subset by subset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from genex_kedro.metrics import calibration, classification
from genex_kedro.study.intervals import BootstrapSettings, gains, intervals

OVERALL = "overall"
ADJACENT = "tumor against adjacent normal"
FAR = "tumor against normals of other programs"
PAIRS = "patients with a tumor and a normal"
COMPARISONS = (OVERALL, ADJACENT, FAR, PAIRS)

METRICS = (*classification.METRICS, *calibration.METRICS)
_WITH_INTERVAL = [m for m in METRICS if m.name in ("auc", "accuracy", "balanced_accuracy")]


def subsets(obs: pd.DataFrame, programs: set[str]) -> Iterator[tuple[str, np.ndarray]]:
    """The test samples as a whole, by comparison, by tissue and by source.

    `programs` are those that hold both conditions (:func:`programs_with_both`), so that a
    normal of theirs is adjacent to some tumor.

    ``tumor against adjacent normal`` is the one that no difference between laboratories can
    help; ``tumor against normals of other programs`` is what paper 000 judged almost alone.
    """
    yield OVERALL, np.ones(len(obs), dtype=bool)
    both = obs["program"].astype(str).isin(programs).to_numpy()
    tumor = (obs["condition"] == "tumor").to_numpy()
    yield ADJACENT, both
    yield FAR, tumor | ~both
    conditions = obs.groupby(obs["patient_id"].astype(str))["condition"].transform("nunique")
    yield PAIRS, (conditions == 2).to_numpy()
    for label in ("tissue", "source"):
        for value in sorted(obs[label].astype(str).unique()):
            yield f"{label}: {value}", (obs[label].astype(str) == value).to_numpy()


def score(
    scores: pd.DataFrame,
    obs: pd.DataFrame,
    programs: set[str],
    settings: BootstrapSettings,
    against: pd.DataFrame | None = None,
) -> list[dict]:
    """One judge's rows of the scorecard.

    Parameters
    ----------
    scores : DataFrame
        ``sample_id, p_tumor`` of the test samples of one run.
    obs : DataFrame, indexed by sample id
        ``patient_id, condition, tissue, source, program`` of the same samples.
    programs : set of str
        Those that hold both conditions.
    settings : BootstrapSettings
    against : DataFrame, optional
        The scores of logistic regression on the same samples.

    Returns
    -------
    list of dict
        ``subset, tumors, normals, patients``, every metric, and for AUC, accuracy and balanced
        accuracy of the comparisons a 95 % interval over patients (``auc_low, auc_high``) and,
        with `against`, the gain over it on the same resampled patients (``auc_gain``,
        ``auc_gain_low``, ``auc_gain_high``). What is not defined (a tissue with tumors alone)
        is NaN.
    """
    obs = obs.loc[scores["sample_id"]]
    p_tumor = scores["p_tumor"].to_numpy()
    other = None if against is None else against.set_index("sample_id")["p_tumor"][obs.index]
    rows = []
    for subset, chosen in subsets(obs, programs):
        part, p = obs[chosen], p_tumor[chosen]
        is_tumor = (part["condition"] == "tumor").to_numpy()
        one_condition = is_tumor.all() or not is_tumor.any()
        if not chosen.any() or (subset in COMPARISONS and one_condition):
            continue
        row = {
            "subset": subset,
            "tumors": int(is_tumor.sum()),
            "normals": int((~is_tumor).sum()),
            "patients": part["patient_id"].nunique(),
            **{metric.name: metric(is_tumor, p) for metric in METRICS},
        }
        if subset in COMPARISONS:
            patients = part["patient_id"].to_numpy(str)
            row |= intervals(_WITH_INTERVAL, is_tumor, p, patients, settings)
            if other is not None:
                row |= gains(
                    _WITH_INTERVAL, is_tumor, p, other.to_numpy()[chosen], patients, settings
                )
        rows.append(row)
    return rows
