"""What is searched, how, and how long."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Value = bool | int | float | str | None


class Range(BaseModel):
    """All numbers from `low` to `high`; whole ones if both ends are written as such.

    Parameters
    ----------
    low, high : int or float
    log : bool
        Small ones as often as large ones, by order of magnitude.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _has_an_inside(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        if self.log and self.low <= 0:
            raise ValueError("on a logarithmic scale low must be above 0")
        return self


class MedianPruner(BaseModel):
    """Ends a trial that after an epoch is worse than the median of the others at that epoch.

    Parameters
    ----------
    startup : int
        Trials that are all trained to the end first.
    warm_up : int
        Epochs without judgement.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    startup: int = Field(default=5, ge=1)
    warm_up: int = Field(default=0, ge=0)


class SearchSettings(BaseModel):
    """One named search.

    Parameters
    ----------
    sampler : {"grid", "tpe"}
        Every combination once, or the tree-structured Parzen estimator (Bergstra et al. 2011).
    n_trials : int or None
        Of ``tpe``. A grid has as many as it has points.
    startup : int
        Random trials before the estimator has a say.
    seed : int
        Trial n draws from seed + n, whenever and by whichever process it is asked for: a search
        that was cut off ends with the trials it would have had.
    pruner : MedianPruner or None
    space : dict
        By the name of a parameter a list of values, or a range; null leaves out one that an
        environment inherits.
    at_once : int or None
        Trials asked for before any is told: the more, the more train together, and the less
        ``tpe`` knows when it asks. None is one; where trials train together it is a whole grid.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    sampler: Literal["grid", "tpe"] = "tpe"
    n_trials: int | None = Field(default=None, ge=1)
    startup: int = Field(default=10, ge=1)
    seed: int = 0
    pruner: MedianPruner | None = None
    space: dict[str, Range | tuple[Value, ...] | None]
    at_once: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _can_be_searched(self) -> SearchSettings:
        if not self.searched:
            raise ValueError("space names no parameter")
        if empty := [name for name, values in self.searched.items() if values == ()]:
            raise ValueError(f"space.{empty[0]} has no value")
        ranges = [name for name, values in self.searched.items() if isinstance(values, Range)]
        if self.sampler == "grid" and ranges:
            raise ValueError(f"a grid needs lists of values, and space.{ranges[0]} is a range")
        if (self.sampler == "grid") != (self.n_trials is None):
            raise ValueError("n_trials belongs to tpe, which needs it; a grid counts its points")
        return self

    @property
    def searched(self) -> dict[str, Range | tuple[Value, ...]]:
        """The space, without what was left out, in the order of the names."""
        return {k: self.space[k] for k in sorted(self.space) if self.space[k] is not None}

    @property
    def total(self) -> int:
        """Trials in all."""
        return self.n_trials or math.prod(len(values) for values in self.searched.values())
