"""What is asked of a trained translator."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TranslateSettings(BaseModel):
    """Which model translates, and how much is written.

    Parameters
    ----------
    expression, samples, unit, tissue, negative : str or None
        The table of tumors; the catalog reads these, from ``--params`` or globals.yml.
    model : str
        A trained translator, as in tables: ``cyclegan/best``, ``simple/shrunken_residual``.
    trained_seed : int or None
        Of the split and training to take; None takes the first.
    draws : int
        Draws of every sample to write; 0 writes none.
    uncertainty_draws : int
        Draws behind the standard deviations of the change.
    seed : int
        Of the draws; the same seed gives the same files.
    min_coverage : float
        Least share of the model's genes that the table, and each sample, must measure.
    """

    model_config = ConfigDict(extra="forbid")
    expression: str | None = None
    samples: str | None = None
    unit: str | None = None
    tissue: str | None = None
    negative: str | None = None
    model: str = "cyclegan/best"
    trained_seed: int | None = Field(default=None, ge=0)
    draws: int = Field(default=0, ge=0, le=10_000)
    uncertainty_draws: int = Field(default=100, ge=2, le=10_000)
    seed: int = Field(default=0, ge=0)
    min_coverage: float = Field(default=0.8, gt=0, le=1)
