"""The section on tumor types from images of expression."""

from __future__ import annotations

import pandas as pd

from genex_kedro.metrics.multiclass import METRICS, PROBABILITY_METRICS
from genex_kedro.models.names import IMAGES, LOGISTIC, SIMPLE, full_name
from genex_kedro.report.blocks import (
    BASELINE,
    FAILS,
    HOLDS,
    NETWORK,
    NOTE,
    Column,
    finding,
    number,
    table,
)
from genex_kedro.report.blocks import PUBLISHED as PUBLISHED_ROW
from genex_kedro.report.compare import gained
from genex_kedro.study.tumor_types.published_marks import PUBLISHED
from genex_kedro.study.tumor_types.scorecard import OVERALL

SUMMARY, EVERY = "evaluation/classifiers_summary.csv", "evaluation/classifiers.csv"
CHECKS, MARKERS = "image_transfer/explanation_checks.csv", "image_transfer/marker_ranks.csv"
_LOGISTIC = full_name(SIMPLE, LOGISTIC)
_ALIKE = 0.5  # Spearman from which an explanation is said to survive what should destroy it
_DESTROYED = ("shuffled weights", "shuffled types")
_WORDS = """\
Tumor types of patients that no model saw. Networks see an image in which each gene is a pixel; \
simple classifiers see the genes. Published marks are of 33 types, other samples and other splits: \
they stand beside and compete for nothing. Mean (standard deviation over seeds)."""
_CHECK_WORDS = """\
Is an explanation about what the network learned? Rank correlation of a type's genes with those of \
a network with shuffled weights or trained on shuffled types (should be near 0), and with logistic \
regression or other baselines of the attribution (agreement)."""


def scorecard(summary: pd.DataFrame) -> dict:
    """The table of all classifiers, published marks below."""
    shown = summary[summary["subset"].isin([OVERALL, PUBLISHED])]
    shown = shown.drop(columns="classes_sd", errors="ignore")  # a count has no spread
    if "weights" in shown:  # the file's name and size stand in the table's CSV and on the card
        begins = shown["weights"].map(lambda name: name if name == "none" else "ImageNet", "ignore")
        shown = shown.assign(weights=begins)
    described = [Column(name, name) for name in ("weights", "layout")]
    metrics = [
        Column(m.name, m.name.replace("_", " "), m) for m in (*METRICS, *PROBABILITY_METRICS)
    ]
    columns = [
        Column("model", "classifier"),
        *described,
        Column("classes", "types", digits=0),
        *metrics,
        Column("seeds", "seeds", digits=0),
    ]
    return table(shown, columns, "Classifiers of tumor types", _WORDS, SUMMARY, kind_of)


def explanations(checks: pd.DataFrame, markers: pd.DataFrame) -> list[dict]:
    """Whether explanations can be believed, and where known marker genes rank."""
    found = []
    if len(checks):
        mean = checks.groupby("check", sort=False)["spearman"].agg(["mean", "min", "max"]).reset_index()  # fmt: skip
        columns = [
            Column("check", "compared with"),
            *(Column(n, n) for n in ("mean", "min", "max")),
        ]
        found.append(table(mean, columns, "Checks of the explanations", _CHECK_WORDS, CHECKS))
    if len(markers):
        first = markers[markers["baseline"] == markers["baseline"].iloc[0]]
        mean = first.groupby(["class", "gene"], sort=False)[["rank", "genes"]].mean().reset_index()
        columns = [
            Column("class", "tumor type"), Column("gene", "known marker"),
            Column("rank", "its rank", digits=0), Column("genes", "of genes", digits=0),
        ]  # fmt: skip
        words = f"Rank by attribution (baseline {first['baseline'].iloc[0]}); 1 speaks loudest."
        found.append(table(mean, columns, "Known markers", words, MARKERS, closed=True))
    return found


def findings(summary: pd.DataFrame, every: pd.DataFrame, checks: pd.DataFrame) -> list[dict]:
    """What the tables say, in sentences."""
    overall = summary[summary["subset"] == OVERALL].set_index("model")
    networks = overall[overall.index.str.startswith(f"{IMAGES}/")]
    if networks.empty:
        return [finding(NOTE, "No image network was trained.", SUMMARY)]
    name = networks["validation_balanced_accuracy"].idxmax()
    found = _against_logistic(name, overall, every)
    found += _against_published(name, overall.loc[name], summary)
    return found + _of_explanations(checks)


def kind_of(row: pd.Series) -> str:
    """What a row of the scorecard is."""
    if row["subset"] == PUBLISHED:
        return PUBLISHED_ROW
    return NETWORK if row["model"].startswith(f"{IMAGES}/") else BASELINE


def _against_logistic(name: str, overall: pd.DataFrame, every: pd.DataFrame) -> list[dict]:
    """The network that validation liked best, against the classifier without an image."""
    if _LOGISTIC not in overall.index:
        return []
    rows = every[(every["model"] == name) & (every["subset"] == OVERALL)]
    verdict, said = gained(rows, "balanced_accuracy_gain")
    own, simple = (overall.loc[n, "balanced_accuracy"] for n in (name, _LOGISTIC))
    text = (
        f"{name} (the network that validation liked best): balanced accuracy {number(own)}; "
        f"logistic regression without an image {number(simple)} ({said})."
    )
    return [finding(verdict, text, SUMMARY)]


def _against_published(name: str, row: pd.Series, summary: pd.DataFrame) -> list[dict]:
    marks = summary[summary["subset"] == PUBLISHED]
    paper = marks[marks["model"].str.startswith("paper 002")]
    if paper.empty:
        return []
    mark, classes = paper["accuracy"].iloc[0], paper["classes"].iloc[0]
    if row["classes"] != classes:
        text = (
            f"Paper 002's accuracy of {mark:.2f} is of {classes:.0f} types; this cohort has "
            f"{row['classes']:.0f}: the two do not compare."
        )
        return [finding(NOTE, text, SUMMARY)]
    verdict = HOLDS if row["accuracy"] >= mark else FAILS
    text = (
        f"{name}: accuracy {number(row['accuracy'])}; paper 002 reports {mark:.2f}, split by image."
    )
    return [finding(verdict, text, SUMMARY)]


def _of_explanations(checks: pd.DataFrame) -> list[dict]:
    """An explanation that shuffled weights or shuffled types give too explains nothing."""
    found = []
    for check in _DESTROYED:
        values = checks.loc[checks["check"] == check, "spearman"] if len(checks) else pd.Series()
        if values.notna().any():
            verdict = HOLDS if values.mean() < _ALIKE else FAILS
            much = "hardly" if verdict == HOLDS else "largely"
            text = (
                f"Explanations {much} agree with those of a network with {check}, which knows no type "
                f"(rank correlation {values.mean():.2f} on average, near 0 is right)."
            )
            found.append(finding(verdict, text, CHECKS))
    return found
