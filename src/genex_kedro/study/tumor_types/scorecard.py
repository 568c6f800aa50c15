"""Classifiers of tumor types on patients they never saw, overall and type by type."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genex_kedro.metrics import multiclass
from genex_kedro.metrics.multiclass import METRICS
from genex_kedro.study.intervals import BootstrapSettings, gains, intervals
from genex_kedro.study.tumor_types.data import merged
from genex_kedro.study.tumor_types.fits import PREFIX

OVERALL, MERGED = "overall", "COAD and READ merged"
_WITH_INTERVAL = [m for m in METRICS if m.name in ("accuracy", "balanced_accuracy", "macro_f1")]


def score_types(
    table: pd.DataFrame,
    patients: pd.Series,
    settings: BootstrapSettings,
    against: pd.DataFrame | None = None,
) -> list[dict]:
    """One classifier's rows of the scorecard.

    Parameters
    ----------
    table : DataFrame
        The predictions of one run (:func:`genex_kedro.study.tumor_types.fits.predictions`).
    patients : Series, indexed by sample id
    settings : BootstrapSettings
    against : DataFrame, optional
        The predictions of logistic regression for the same samples.

    Returns
    -------
    list of dict
        ``overall`` with every metric, 95 % intervals over patients, the gain over logistic
        regression on the same resampled patients, how well probabilities are calibrated, and
        what validation said; the same with COAD and READ as one, where there are both; and a
        row per type with ``precision, recall, f1``.
    """
    test, validation = (table[table["split"] == part] for part in ("test", "validation"))
    truth, call = test["truth"].to_numpy(str), test["call"].to_numpy(str)
    people = patients.loc[test["sample_id"]].to_numpy(str)
    row = {"subset": OVERALL, **_sizes(truth, people), **_values(truth, call)}
    row |= intervals(_WITH_INTERVAL, truth, call, people, settings)
    if against is not None:
        other = against.set_index("sample_id").loc[test["sample_id"], "call"].to_numpy(str)
        row |= gains(_WITH_INTERVAL, truth, call, other, people, settings)
    row |= _of_probabilities(test)
    if len(validation):
        at = validation["truth"].to_numpy(str), validation["call"].to_numpy(str)
        row |= {
            "validation_accuracy": multiclass.accuracy(*at),
            "validation_balanced_accuracy": multiclass.balanced_accuracy(*at),
        }
    rows = [row]
    if {"COAD", "READ"} <= set(truth):
        both = merged(truth), merged(call)
        rows.append({"subset": MERGED, **_sizes(both[0], people), **_values(*both)})
    for name, found in multiclass.by_class(truth, call).iterrows():
        rows.append({"subset": f"type: {name}", "samples": int(found["n"]), "precision": found["precision"], "recall": found["recall"], "f1": found["f1"]})  # fmt: skip
    return rows


def confusion_of(table: pd.DataFrame) -> pd.DataFrame:
    """Test samples of one run by ``truth`` and ``call``: a row per pair that occurs."""
    test = table[table["split"] == "test"]
    return test.groupby(["truth", "call"]).size().rename("samples").reset_index()


def _sizes(truth: np.ndarray, people: np.ndarray) -> dict[str, int]:
    return {
        "samples": len(truth),
        "patients": len(np.unique(people)),
        "classes": len(np.unique(truth)),
    }


def _values(truth: np.ndarray, call: np.ndarray) -> dict[str, float]:
    return {metric.name: metric(truth, call) for metric in METRICS}


def _of_probabilities(test: pd.DataFrame) -> dict[str, float]:
    columns = {c.removeprefix(PREFIX): c for c in test if c.startswith(PREFIX)}
    probability = test[list(columns.values())].fillna(0).to_numpy()
    position = {name: at for at, name in enumerate(columns)}
    at = test["truth"].map(position).to_numpy()  # NaN: a type without training samples
    of_truth = [row[int(p)] if p == p else 0.0 for row, p in zip(probability, at, strict=True)]
    right = (test["truth"] == test["call"]).to_numpy()
    return {
        "log_loss": multiclass.log_loss(np.array(of_truth)),
        "confidence_error": multiclass.confidence_error(right, test["confidence"].to_numpy()),
    }
