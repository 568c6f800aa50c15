"""The scorecard of tumor types: networks on images, simple classifiers, published marks."""

from __future__ import annotations

import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import IMAGES, LOGISTIC, SIMPLE, full_name
from genex_kedro.plots.classifiers import plot_classifiers, plot_confusion
from genex_kedro.study.intervals import BootstrapSettings
from genex_kedro.study.tumor_types.published_marks import PUBLISHED, published_marks
from genex_kedro.study.tumor_types.scorecard import MERGED, OVERALL, confusion_of, score_types

_FIRST = ["run", "model", "seed", "subset"]
_DESCRIBED = ["backbone", "weights", "layout", "size", "trainable"]


def score_classifiers(
    studies: dict[str, AnnData],
    networks: dict[str, TrainedModel],
    settings: BootstrapSettings,
    *predictions: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every classifier on the test samples, and the published marks beside them.

    Returns
    -------
    table : DataFrame
        A row per model, seed and subset; networks with what they are.
    confusion : DataFrame
        ``run, model, seed, truth, call, samples``.
    """
    patients = {int(s.uns["seed"]): s.obs["patient_id"].astype(str) for s in studies.values()}
    table = pd.concat(predictions, ignore_index=True)
    logistic = table[table["model"] == full_name(SIMPLE, LOGISTIC)]
    rows, confusions = [], []
    for names, one in table.groupby(["run", "model", "seed"], sort=False):
        first = dict(zip(["run", "model", "seed"], names, strict=True))
        name = first["model"].removeprefix(full_name(IMAGES, ""))
        model = networks.get(f"{name}_seed_{first['seed']}")
        described = _describe(model) if model is not None else {}
        against = logistic[logistic["seed"] == first["seed"]]
        scored = score_types(one, patients[first["seed"]], settings, against)
        rows += [{**first, **described, **row} for row in scored]
        confusions.append(confusion_of(one).assign(**first))
    found = pd.concat([pd.DataFrame(rows), published_marks()], ignore_index=True)
    found = found[[*_FIRST, *found.columns.drop(_FIRST)]]
    confusion = pd.concat(confusions, ignore_index=True)
    return found, confusion[["run", "model", "seed", "truth", "call", "samples"]]


def summarise_classifiers(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over seeds, per model and subset; published marks as stated."""
    whole = table[table["subset"].isin([OVERALL, MERGED, PUBLISHED])]
    metrics = [c for c in whole.select_dtypes("number") if c not in ("seed", "size")]
    described = [c for c in (*_DESCRIBED, "classes") if c in whole and c not in metrics]
    groups = whole.groupby(["subset", "model"], sort=False)
    parts = [groups["seed"].nunique().rename("seeds"), groups[described].first(), groups[metrics].mean()]  # fmt: skip
    spread = groups[[m for m in metrics if not m.endswith(("_low", "_high"))]].std()
    return pd.concat([*parts, spread.add_suffix("_sd")], axis=1).reset_index()


def draw_classifiers(table: pd.DataFrame, confusion: pd.DataFrame) -> tuple[Figure, Figure]:
    """Accuracy and balanced accuracy of every classifier; where the best network errs.

    The best by balanced accuracy on validation samples, not by what is shown.
    """
    overall = table[table["subset"] == OVERALL]
    networks = overall[overall["model"].str.startswith(f"{IMAGES}/")]
    best = networks.groupby("model")["validation_balanced_accuracy"].mean().idxmax()
    marks = table[table["subset"] == PUBLISHED]
    shown = confusion[confusion["model"] == best]
    counts = shown.groupby(["truth", "call"], as_index=False)["samples"].sum()
    return plot_classifiers(overall, marks), plot_confusion(counts, best)


def _describe(model: TrainedModel) -> dict:
    config = model.config
    return {
        "backbone": config["backbone"],
        "weights": model.card["weights"],
        "layout": config["layout"],
        "size": config["size"],
        "trainable": config["trainable"],
    }
