"""Judges of tumor against normal on the samples of patients they never saw, subset by subset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.metrics import calibration, classification
from genex_kedro.metrics.bootstrap import bootstrap, bootstrap_difference

OVERALL = "overall"
ADJACENT = "tumor against adjacent normal"
FAR = "tumor against normals of other programs"
PAIRS = "patients with a tumor and a normal"
COMPARISONS = (OVERALL, ADJACENT, FAR, PAIRS)

METRICS = (*classification.METRICS, *calibration.METRICS)
_WITH_INTERVAL = [m for m in METRICS if m.name in ("auc", "accuracy", "balanced_accuracy")]


class BootstrapSettings(BaseModel):
    """How the intervals are made: patients resampled with replacement."""

    model_config = ConfigDict(extra="forbid")
    repeats: int = Field(default=1000, ge=100)
    seed: int = 0


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
            row |= _intervals(is_tumor, p, patients, settings)
            if other is not None:
                row |= _gains(is_tumor, p, other.to_numpy()[chosen], patients, settings)
        rows.append(row)
    return rows


def _intervals(is_tumor, p_tumor, patients, settings: BootstrapSettings) -> dict[str, float]:
    found = {}
    for metric in _WITH_INTERVAL:
        interval = bootstrap(
            metric, is_tumor, p_tumor, patients, settings.repeats, seed=settings.seed
        )
        found |= {f"{metric.name}_low": interval.low, f"{metric.name}_high": interval.high}
    return found


def _gains(is_tumor, p_tumor, other, patients, settings: BootstrapSettings) -> dict[str, float]:
    found = {}
    for metric in _WITH_INTERVAL:
        gain = bootstrap_difference(
            metric, is_tumor, p_tumor, other, patients, settings.repeats, seed=settings.seed
        )
        name = f"{metric.name}_gain"
        found |= {name: gain.value, f"{name}_low": gain.low, f"{name}_high": gain.high}
    return found
