"""The scorecard of generators over seeds: means, spread, and who is ahead by how much."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator

from genex_kedro.metrics.generator_scorecard import METRICS
from genex_kedro.metrics.ranking import Standing, rank_models, standing
from genex_kedro.study.generation.ceilings import is_real
from genex_kedro.training_status import FINISHED

_DECLARED = {metric.name: metric for metric in METRICS}
COLLAPSED = "collapsed"


class RankingSettings(BaseModel):
    """Which metrics stand for which family, and how the intervals are made."""

    model_config = ConfigDict(extra="forbid")
    families: dict[str, list[str]] = Field(min_length=1)
    repeats: int = Field(default=1000, ge=100)
    seed: int = 0

    @field_validator("families")
    @classmethod
    def _of_the_scorecard(cls, families: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, metrics in families.items():
            if unknown := sorted(set(metrics) - set(_DECLARED)):
                raise ValueError(f"family {name}: no metric {', '.join(unknown)}")
            if not metrics:
                raise ValueError(f"family {name} without a metric")
        return families


def status_of(scores: dict[str, float], training: str, collapsed_below: float) -> str:
    """What became of a generator: ``finished``, ``diverged`` or ``collapsed``.

    Parameters
    ----------
    scores : dict
        Of :func:`genex_kedro.metrics.generator_scorecard.score_generator`.
    training : str
        How the training ended; one that diverged stays so, whatever its last good weights score.
    collapsed_below : float
        Least variance within classes, as a share of the real one (median over genes). A generator
        below it gives one profile for a class.
    """
    if training != FINISHED:
        return training
    return COLLAPSED if scores["variance_within_class"] < collapsed_below else FINISHED


def summarise(table: pd.DataFrame, settings: RankingSettings) -> pd.DataFrame:
    """A row per generator: status, ranks with their intervals, means and spread over seeds.

    Parameters
    ----------
    table : DataFrame
        ``model, seed, status`` and the metrics, a row per generator and seed.
    settings : RankingSettings

    Returns
    -------
    DataFrame
        ``model, status, seeds``; ``rank`` (mean of the families' mean ranks, 1 is best) with
        ``rank_low, rank_high`` (95 %) and ``first``, the share of resamplings in which the
        generator leads; ``rank_<family>`` likewise; then every metric's mean and ``_sd``. By rank,
        the ceilings, which are no generators and have none, at the end.
    """
    groups = table.groupby("model", sort=False)
    metrics = [name for name in _DECLARED if name in table]
    parts = [
        groups["status"].agg(said_once),
        groups.size().rename("seeds"),
        _ranks(table, settings),
        groups[metrics].mean(),
        groups[metrics].std().add_suffix("_sd"),
    ]
    summary = pd.concat(parts, axis=1).sort_values("rank", kind="stable", na_position="last")
    return summary.rename_axis("model").reset_index()


def _ranks(table: pd.DataFrame, settings: RankingSettings) -> pd.DataFrame:
    """Ranks of the generators; one that collapsed comes last in everything.

    A single profile for each class gives nobody away and finds every differential gene: several
    metrics reward it. One that diverged is ranked by what its last good weights score.
    """
    made = table[~table["model"].map(is_real)]
    models, seeds = made["model"].unique(), made["seed"].unique()
    names = list(dict.fromkeys(m for members in settings.families.values() for m in members))
    by_cell = made.set_index(["seed", "model"])
    cells = pd.MultiIndex.from_product([seeds, models])
    scored = cells.isin(by_cell.index).reshape(len(seeds), len(models))
    cell = by_cell.reindex(cells)
    loss = np.stack([_DECLARED[name].loss(cell[name].to_numpy(float)) for name in names], -1)
    loss[(cell["status"] == COLLAPSED).to_numpy()] = np.inf
    ranks = rank_models(loss.reshape(len(seeds), len(models), len(names)), scored)
    families = {
        family: np.array([names.index(m) for m in members])
        for family, members in settings.families.items()
    }
    found = standing(ranks, families, settings.repeats, settings.seed)
    return pd.DataFrame(_columns(found), index=pd.Index(models, name="model"))


def _columns(found: Standing) -> dict[str, np.ndarray]:
    columns = {
        "rank": found.mean, "rank_low": found.low, "rank_high": found.high, "first": found.first
    }  # fmt: skip
    for family, mean in found.by_family.items():
        columns[f"rank_{family}"] = mean
        columns[f"rank_{family}_low"] = found.low_by_family[family]
        columns[f"rank_{family}_high"] = found.high_by_family[family]
    return columns


def said_once(status: pd.Series) -> str:
    """``finished``, or ``2 of 5 diverged, 3 of 5 finished``."""
    counts = status.value_counts().sort_index()
    if len(counts) == 1:
        return str(counts.index[0])
    return ", ".join(f"{n} of {len(status)} {name}" for name, n in counts.items())
