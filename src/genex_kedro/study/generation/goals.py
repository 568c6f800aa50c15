"""Goals of the scorecard, each beside its ceiling: what real samples reach by the same measure.

A goal that real samples of other patients do not reach says nothing against a generator that
misses it; one that they reach easily says what a generator still lacks.
"""

from __future__ import annotations

import math

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from genex_kedro.metrics.generator_scorecard import METRICS
from genex_kedro.study.generation.ceilings import CEILINGS, TRAINING, is_real


class Goal(BaseModel):
    """What a metric should come to, and which real samples are its ceiling.

    ``below_ceiling`` is a distance: the goal is the ceiling's own mean less that much.
    """

    model_config = ConfigDict(extra="forbid")
    at_least: float | None = None
    at_most: float | None = None
    below_ceiling: float | None = Field(default=None, ge=0)
    ceiling: str = TRAINING

    @model_validator(mode="after")
    def _say_something(self):
        given = (self.at_least, self.at_most, self.below_ceiling)
        if all(value is None for value in given):
            raise ValueError("a goal needs at_least, at_most or below_ceiling")
        if self.at_least is not None and self.below_ceiling is not None:
            raise ValueError("at_least and below_ceiling are two lower bounds: give one")
        if self.ceiling not in CEILINGS:
            raise ValueError(f"ceiling {self.ceiling!r}, expected one of {', '.join(CEILINGS)}")
        return self

    def bounds(self, ceiling: float) -> tuple[float, float]:
        """Least and greatest value that reaches the goal."""
        low = -math.inf if self.at_least is None else self.at_least
        if self.below_ceiling is not None:
            low = ceiling - self.below_ceiling
        return low, math.inf if self.at_most is None else self.at_most

    def __str__(self) -> str:
        if self.below_ceiling is not None:
            return f"the ceiling - {self.below_ceiling:g}" if self.below_ceiling else "the ceiling"
        if self.at_least is not None and self.at_most is not None:
            return f"{self.at_least:g} to {self.at_most:g}"
        return f"at most {self.at_most:g}" if self.at_least is None else f"at least {self.at_least:g}"  # fmt: skip


class Goals(RootModel[dict[str, Goal]]):
    """Goals by metric of the scorecard."""

    @model_validator(mode="after")
    def _of_the_scorecard(self):
        if unknown := sorted(set(self.root) - {metric.name for metric in METRICS}):
            raise ValueError(f"goals for {', '.join(unknown)}, no metric of the scorecard")
        return self


def compare_with_goals(table: pd.DataFrame, goals: Goals) -> pd.DataFrame:
    """Every generator against every goal, a row each.

    Parameters
    ----------
    table : DataFrame
        ``model, seed`` and the metrics: a row per generator and seed, the ceilings among them.
    goals : Goals

    Returns
    -------
    DataFrame
        ``metric, goal, model, value, sd``; ``reached`` by the mean over seeds, ``missed_by`` how
        far it is from the nearer bound (0 where reached), and
        ``seeds_reached``, the share of seeds that reach it (a failed seed does not); ``ceiling_of`` with ``ceiling,
        ceiling_sd, ceiling_reaches``; ``gap``, the mean over seeds of the generator's value minus
        its ceiling's in the same seed, and ``gap_sd``. Sd over seeds, NaN for one seed.
    """
    rows = []
    groups = list(table.groupby("model", sort=False))
    for metric, goal in goals.root.items():
        by_model = {model: rows.set_index("seed")[metric] for model, rows in groups}
        ceiling = by_model[goal.ceiling]
        low, high = goal.bounds(ceiling.mean())
        for model, values in by_model.items():
            if is_real(model):
                continue
            gap = values - ceiling
            rows.append(
                {
                    "metric": metric, "goal": str(goal), "model": model,
                    "value": values.mean(), "sd": values.std(),
                    "reached": low <= values.mean() <= high,
                    "missed_by": max(low - values.mean(), values.mean() - high, 0.0),
                    "seeds_reached": values.between(low, high).mean(),
                    "ceiling_of": goal.ceiling,
                    "ceiling": ceiling.mean(), "ceiling_sd": ceiling.std(),
                    "ceiling_reaches": low <= ceiling.mean() <= high,
                    "gap": gap.mean(), "gap_sd": gap.std(),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
