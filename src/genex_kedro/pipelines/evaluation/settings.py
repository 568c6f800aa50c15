"""Parameters of evaluation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.metrics.detectability import ROUNDS
from genex_kedro.study.generation.embedding import EmbeddingSettings


class ScoreSettings(BaseModel):
    """How generators are scored.

    Parameters
    ----------
    collapsed_below : float
        A generator with less than this share of the real variance within classes has collapsed.
    tree_rounds : int
        Of the boosted trees that tell real from synthetic; fewer find less.
    """

    model_config = ConfigDict(extra="forbid")
    collapsed_below: float = Field(default=0.1, ge=0, lt=1)
    tree_rounds: int = Field(default=ROUNDS, ge=1)


class PictureSettings(BaseModel):
    """Which generators are looked at (full names), and how; of the first seed."""

    model_config = ConfigDict(extra="forbid")
    models: list[str] = Field(min_length=1)
    embedding: EmbeddingSettings = EmbeddingSettings()
    gene_pairs: int = Field(default=20_000, ge=10)
