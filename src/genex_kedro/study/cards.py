"""What a model's card says of its scores: taken from the scorecard, beside the ceilings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pandas as pd

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.generator_scorecard import METRICS as OF_GENERATORS
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card import model_card
from genex_kedro.models.card_uses import model_name
from genex_kedro.models.names import CEILING, LOGISTIC, REAL, SIMPLE, full_name, judge_label
from genex_kedro.study.judges.references import SHARE_OF_TUMORS, SOURCE_ALONE
from genex_kedro.study.judges.scorecard import METRICS as OF_JUDGES
from genex_kedro.study.translation.figures import metric_of
from genex_kedro.study.tumor_types.scorecard import METRICS as OF_CLASSIFIERS


@dataclass(frozen=True)
class CardFigures:
    """What of a scorecard stands in a card.

    Parameters
    ----------
    figures : sequence of Metric
        Under the names of the table's columns.
    beside : tuple of str
        What the names of the rows beside the model begin with: ceilings, and baselines to beat.
    """

    figures: Sequence[Metric]
    beside: tuple[str, ...]


_NAMED = {metric.name: metric for metric in OF_GENERATORS}
GENERATOR_FIGURES = CardFigures(
    [_NAMED[name] for name in (
        "gamma", "gamma_within_class", "correlation_slope", "variance_ratio", "precision_test",
        "recall_test", "adversarial_accuracy_train", "adversarial_accuracy_test", "trees_auc_test",
        "tstr_over_trtr_tissue_balanced_accuracy", "tstr_over_trtr_condition_balanced_accuracy",
        "gan_leaks_auc", "gan_leaks_tpr", "domias_auc", "domias_tpr", "closest_record_ratio",
        "neighbour_distance_ratio",
    )],
    (f"{REAL}/", full_name(SIMPLE, "class_normal")),
)  # fmt: skip
TRANSLATOR_FIGURES = CardFigures(
    [metric_of(column) for column in (
        "rmse_point", "r_point", "patient_rank_point", "patient_top1_point", "tissue_kept_draw",
        "spread_draw", "energy_distance_draw", "fooled_pooled_draw", "fooled_adjacent_draw",
        "fooled_paper_draw", "false_change_point",
    )],
    (
        full_name(CEILING, "own_normal"),
        *(full_name(SIMPLE, n) for n in ("identity", "tissue_mean_normal", "shrunken_residual")),
    ),
)  # fmt: skip
CLASSIFIER_FIGURES = CardFigures(
    OF_CLASSIFIERS, (full_name(SIMPLE, LOGISTIC), full_name(SIMPLE, "linear SVM"), "paper 002")
)
_JUDGES_BESIDE = (LOGISTIC, SOURCE_ALONE, SHARE_OF_TUMORS)


def judge_figures(judge: str) -> CardFigures:
    """Of a judge's networks: the other models that learned from the same samples stand beside."""
    return CardFigures(OF_JUDGES, tuple(full_name(judge_label(judge), n) for n in _JUDGES_BESIDE))


def scored_cards(
    table: pd.DataFrame, models: Iterable[TrainedModel], shown: CardFigures
) -> dict[str, dict[str, Any]]:
    """The cards of all models that were scored, by :func:`card_key`."""
    cards = {card_key(model): scored_card(table, model, shown) for model in models}
    return {key: card for key, card in cards.items() if card is not None}


def scores_for_card(
    table: pd.DataFrame, model: TrainedModel, shown: CardFigures
) -> dict[str, Any] | None:
    """The figures of one model, as its card holds them.

    Parameters
    ----------
    table : DataFrame
        The scorecard, a row per model and seed; rows without a seed (published) hold for all.
    model : TrainedModel
    shown : CardFigures

    Returns
    -------
    dict or None
        Plain JSON: ``columns`` (this model and those beside it), ``rows`` with a value for each,
        the direction and the ideal, ``status`` (a model that collapsed), ``on``, and
        ``weights``, the digest of the weights that were scored. None where the model was not
        scored.
    """
    name, seed = model_name(model.config, model.card), model.card.get("seed")
    rows = table[(table["seed"] == seed) | table["seed"].isna()].set_index("model")
    if name not in rows.index:
        return None
    columns = [name, *(o for o in rows.index if o.startswith(shown.beside) and o != name)]
    return {
        "on": f"samples of patients in no training part (split seed {seed})",
        "weights": weights_digest(model),
        "status": str(rows["status"].get(name)) if "status" in rows else None,
        "columns": columns,
        "rows": [
            {
                "figure": metric.name,
                "values": [_plain(rows.loc[column, metric.name]) for column in columns],
                "better": "near the ideal" if metric.direction == "target" else metric.direction,
                "ideal": metric.ideal,
            }
            for metric in shown.figures
            if metric.name in rows
        ],
    }


def scored_card(
    table: pd.DataFrame, model: TrainedModel, shown: CardFigures = GENERATOR_FIGURES
) -> dict[str, Any] | None:
    """``{"text": the card as Markdown, "scores": the figures}``; None where it was not scored."""
    scores = scores_for_card(table, model, shown)
    return scores and {"text": model_card(with_scores(model, scores)), "scores": scores}


def card_key(model: TrainedModel) -> str:
    """What the card of a model is called: ``"cvae-best_seed_0"``."""
    name = model_name(model.config, model.card).replace("/", "-").replace(" ", "_")
    return f"{name}_seed_{model.card.get('seed')}"


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
