"""Model cards with the scores that the scorecard found."""

from __future__ import annotations

import pandas as pd

from genex_kedro.models.base import TrainedModel
from genex_kedro.study.generation.cards import card_key, scored_card


def write_cards(table: pd.DataFrame, *models: dict[str, TrainedModel]) -> dict[str, dict]:
    """The card of every trained generator with its scores, beside the ceilings and the baseline."""
    every = [model for family in models for model in family.values()]
    cards = {card_key(model): scored_card(table, model) for model in every}
    return {key: card for key, card in cards.items() if card is not None}
