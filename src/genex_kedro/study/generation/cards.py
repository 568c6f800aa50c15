"""What a model's card says of its scores: taken from the scorecard, beside the ceilings."""

from __future__ import annotations

import math
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pandas as pd

from genex_kedro.metrics.generator_scorecard import METRICS
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card import model_card
from genex_kedro.study.fits import full_name

FIGURES = (
    "gamma", "gamma_within_class", "correlation_slope", "variance_ratio", "precision_test",
    "recall_test", "adversarial_accuracy_train", "adversarial_accuracy_test", "trees_auc_test",
    "tstr_over_trtr_tissue_balanced_accuracy", "tstr_over_trtr_condition_balanced_accuracy",
    "gan_leaks_auc", "gan_leaks_tpr", "domias_auc", "domias_tpr", "closest_record_ratio",
    "neighbour_distance_ratio",
)  # fmt: skip
REFERENCES = ("real/", "simple/class_normal")  # the ceilings, and the baseline to beat


def scores_for_card(table: pd.DataFrame, model: TrainedModel) -> dict[str, Any] | None:
    """The figures of one model, as its card holds them.

    Parameters
    ----------
    table : DataFrame
        The scorecard, a row per model and seed (``evaluation.generators``).
    model : TrainedModel

    Returns
    -------
    dict or None
        Plain JSON: ``columns`` (this model, the ceilings, the class normal), ``rows`` with a
        value for each and the ideal, ``status`` (a generator that collapsed), ``on``, and ``weights``, the digest of the weights that
        were scored. None where the model was not scored.
    """
    name, seed = full_name(model.config["model"], model.card["setting"]), model.card["seed"]
    rows = table[table["seed"] == seed].set_index("model")
    if name not in rows.index:
        return None
    columns = [name, *(other for other in rows.index if other.startswith(REFERENCES))]
    ideal = {metric.name: metric.ideal for metric in METRICS}
    return {
        "on": f"samples of patients in no training part (split seed {seed})",
        "weights": weights_digest(model),
        "status": str(rows["status"].get(name)) if "status" in rows else None,
        "columns": columns,
        "rows": [
            {
                "figure": figure,
                "values": [_plain(rows.loc[column, figure]) for column in columns],
                "ideal": ideal[figure],
            }
            for figure in FIGURES
            if figure in rows
        ],
    }


def scored_card(table: pd.DataFrame, model: TrainedModel) -> dict[str, Any] | None:
    """``{"text": the card as Markdown, "scores": the figures}``; None where it was not scored."""
    scores = scores_for_card(table, model)
    return scores and {"text": model_card(with_scores(model, scores)), "scores": scores}


def card_key(model: TrainedModel) -> str:
    """What the card of a model is called: ``"cvae-best_seed_0"``."""
    return f"{model.config['model']}-{model.card['setting']}_seed_{model.card['seed']}"


def with_scores(model: TrainedModel, scores: dict[str, Any] | None) -> TrainedModel:
    """The model with the scores in its card, if they are those of its very weights."""
    if scores is None or scores["weights"] != weights_digest(model):
        return model
    return replace(model, card={**model.card, "scores": scores})


def weights_digest(model: TrainedModel) -> str:
    """Of names and values of the weights."""
    found = sha256()
    for name, tensor in sorted(model.weights.items()):
        found.update(name.encode())
        found.update(tensor.contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
