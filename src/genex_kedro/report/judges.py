"""The section on judges of tumor against normal."""

from __future__ import annotations

import pandas as pd

from genex_kedro.models.names import LOGISTIC
from genex_kedro.report.blocks import (
    BASELINE,
    CONTROL,
    FAILS,
    HOLDS,
    NETWORK,
    Column,
    finding,
    number,
    table,
)
from genex_kedro.report.compare import gained
from genex_kedro.study.judges.references import PROGRAM_ALONE, SHARE_OF_TUMORS, SOURCE_ALONE
from genex_kedro.study.judges.scorecard import COMPARISONS, METRICS, OVERALL

SUMMARY, EVERY = "evaluation/discriminators_summary.csv", "evaluation/discriminators.csv"
DETECTOR = "evaluation/study_detector.csv"
_CONTROLS = (SOURCE_ALONE, PROGRAM_ALONE, SHARE_OF_TUMORS)
_DROP = 0.1  # fewer adjacent normals recognised than others, by this much: it knows the laboratory
_KNOWN = 0.8  # share of normals that a judge has to call normal
_TOLD = 0.75  # AUC from which on the laboratory alone is said to give the condition away
_WORDS = """\
Three judges differ in the samples they learned from: pooled (all, as paper 000), adjacent (only \
programs with tumors and normals), across (tumors against normals of other programs, the control). \
"source alone" knows no gene: what it reaches, the laboratory gives away; such controls win no mark. Test patients that no judge \
saw; mean (standard deviation over seeds)."""
_LABELS = {
    "auc": "AUC", "balanced_accuracy": "balanced accuracy", "sensitivity": "tumors called tumor",
    "specificity": "normals called normal", "brier": "Brier score",
    "expected_calibration_error": "calibration error",
}  # fmt: skip


def scorecard(summary: pd.DataFrame, detector: pd.DataFrame) -> list[dict]:
    """A table for each comparison, the whole test part open; and who knows the laboratory."""
    first = [Column("judge", "judge"), Column("model", "model")]
    metrics = [Column(m.name, _LABELS[m.name], m) for m in METRICS if m.name in _LABELS]
    columns = [*first, *metrics, Column("seeds", "seeds", digits=0)]
    tables = [
        table(
            summary[summary["subset"] == subset], columns, f"Judges: {subset}",
            _WORDS if subset == OVERALL else "", SUMMARY, kind_of, closed=subset != OVERALL,
        )
        for subset in COMPARISONS
        if (summary["subset"] == subset).any()
    ]  # fmt: skip
    shares = [Column(name, name) for name in detector.columns.drop(["judge", "model"])]
    words = "A judge that learned the laboratory knows the normals of other programs and calls adjacent normals tumors."  # fmt: skip
    return [
        *tables,
        table(detector, [*first, *shares], "Biology or laboratory?", words, DETECTOR, kind_of),
    ]


def findings(every: pd.DataFrame, summary: pd.DataFrame, detector: pd.DataFrame) -> list[dict]:
    """What the tables say, in sentences."""
    return [*_of_gains(every, summary), *_of_source(summary), *_of_laboratory(detector)]


def kind_of(row: pd.Series) -> str:
    """What a row of the scorecard is."""
    if row["model"] in _CONTROLS:
        return CONTROL
    return BASELINE if row["model"] == LOGISTIC else NETWORK


def _networks(table: pd.DataFrame) -> pd.Series:
    """Which rows are of networks, however a user called them."""
    return ~table["model"].isin([*_CONTROLS, LOGISTIC])


def _of_gains(every: pd.DataFrame, summary: pd.DataFrame) -> list[dict]:
    """Whether a network leaves logistic regression behind, on the same resampled patients.

    Not of the judge ``across``, which is a control.
    """
    if "balanced_accuracy_gain_low" not in every:
        return []
    overall = every[(every["subset"] == OVERALL) & _networks(every)]
    overall = overall[overall["judge"] != "across"]
    means = summary[summary["subset"] == OVERALL].set_index(["judge", "model"])["balanced_accuracy"]
    found = []
    for (judge, model), rows in overall.groupby(["judge", "model"], sort=False):
        verdict, said = gained(rows, "balanced_accuracy_gain")
        text = (
            f"{judge.capitalize()} judge, {model}: balanced accuracy {number(means[judge, model])}, "
            f"logistic regression {number(means[judge, LOGISTIC])} ({said})."
        )
        found.append(finding(verdict, text, EVERY))
    return found


def _of_source(summary: pd.DataFrame) -> list[dict]:
    rows = summary[(summary["subset"] == OVERALL) & (summary["model"] == SOURCE_ALONE)]
    told = rows[rows["judge"] == "pooled"]
    return [
        finding(
            FAILS if row["auc"] >= _TOLD else HOLDS,
            f"The laboratory alone tells tumors from normals with an AUC of {number(row['auc'])} "
            f"({'so pooled figures flatter every model' if row['auc'] >= _TOLD else 'it gives little away'}).",
            SUMMARY,
        )
        for _, row in told.iterrows()
    ]


def _of_laboratory(detector: pd.DataFrame) -> list[dict]:
    far, near = (
        f"{name} called normal" for name in ("normals of other programs", "adjacent normals")
    )
    both = detector[_networks(detector)].dropna(subset=[far, near])
    found = []
    for _, row in both.iterrows():
        learned = row[near] < row[far] - _DROP
        knows = min(row[near], row[far]) >= _KNOWN
        text = (
            f"{row['judge'].capitalize()} judge, {row['model']}: calls {row[far]:.0%} of the normals of other "
            f"programs normal and {row[near]:.0%} of the adjacent normals"
            f"{': it has learned the laboratory' if learned else '' if knows else ': it misses many normals'}."
        )
        found.append(finding(HOLDS if knows and not learned else FAILS, text, DETECTOR))
    return found
