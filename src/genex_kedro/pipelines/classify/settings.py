"""Parameters of classify."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ClassifySettings(BaseModel):
    """Which model calls, and what is said of its calls.

    Parameters
    ----------
    expression, samples, unit, negative : str or None
        The table; the catalog reads these, from ``--params`` or globals.yml.
    model : str
        A trained classifier, as in tables: ``images/best``.
    trained_seed : int or None
        Of the split and training to take; None takes the first.
    top : int
        Genes named for each call; 0 names none, and is faster.
    steps : int
        Of integrated gradients, from the mean of the training samples to the profile.
    min_coverage : float
        Share of the model's genes that a sample must measure, or it is left out and named; genes not
        measured count as average.
    """

    model_config = ConfigDict(extra="forbid")
    expression: str | None = None
    samples: str | None = None
    unit: str | None = None
    negative: str | None = None
    model: str = "images/best"
    trained_seed: int | None = Field(default=None, ge=0)
    top: int = Field(default=10, ge=0)
    steps: int = Field(default=16, ge=2)
    min_coverage: float = Field(default=0.8, gt=0, le=1)
