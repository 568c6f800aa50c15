"""Model cards with the scores that the scorecards found."""

from __future__ import annotations

import pandas as pd

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import full_name, judge_label
from genex_kedro.study.cards import (
    CLASSIFIER_FIGURES,
    GENERATOR_FIGURES,
    TRANSLATOR_FIGURES,
    judge_figures,
    scored_cards,
)
from genex_kedro.study.judges.samples import JUDGES
from genex_kedro.study.judges.scorecard import OVERALL
from genex_kedro.study.tumor_types.published_marks import PUBLISHED

Models = dict[str, TrainedModel]


def write_generator_cards(table: pd.DataFrame, *models: Models) -> dict[str, dict]:
    """The card of every trained generator with its scores, beside the ceilings and the baseline."""
    every = [model for family in models for model in family.values()]
    return scored_cards(table, every, GENERATOR_FIGURES)


def write_translator_cards(table: pd.DataFrame, *models: Models) -> dict[str, dict]:
    """The card of every translator that is kept, beside the tumor itself and the patient's normal."""
    overall = table[table["subset"] == OVERALL]
    every = [model for family in models for model in family.values()]
    return scored_cards(overall, every, TRANSLATOR_FIGURES)


def write_judge_cards(table: pd.DataFrame, *models: Models) -> dict[str, dict]:
    """The card of every judge, beside logistic regression and what the source alone tells."""
    overall = table[table["subset"] == OVERALL]
    overall = overall.assign(
        model=[
            full_name(judge_label(j), m)
            for j, m in zip(overall["judge"], overall["model"], strict=True)
        ]
    )
    cards = {}
    for judge, of_judge in zip(JUDGES, models, strict=True):
        cards |= scored_cards(overall, of_judge.values(), judge_figures(judge))
    return cards


def write_classifier_cards(table: pd.DataFrame, models: Models) -> dict[str, dict]:
    """The card of every image network, beside classifiers without images and paper 002."""
    shown = table[table["subset"].isin([OVERALL, PUBLISHED])]
    return scored_cards(shown, models.values(), CLASSIFIER_FIGURES)
