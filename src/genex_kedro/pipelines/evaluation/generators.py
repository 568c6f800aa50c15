"""The scorecard that every generator is held to."""

from __future__ import annotations

import logging
import time
from functools import partial

import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from genex_kedro.errors import InputError
from genex_kedro.metrics.generator_scorecard import METRICS, score_generator
from genex_kedro.metrics.manifold import K
from genex_kedro.metrics.samples import Samples
from genex_kedro.pipelines.evaluation.settings import ScoreSettings
from genex_kedro.plots.generator_ranks import plot_ranks
from genex_kedro.plots.generators import plot_precision_recall
from genex_kedro.study.fits import run_name, seed_of
from genex_kedro.study.generation.ceilings import ceilings
from genex_kedro.study.generation.goals import Goals, compare_with_goals
from genex_kedro.study.generation.summary import (
    RankingSettings,
    status_of,
    summarise,
)
from genex_kedro.study.generation.synthetic import of_seed, samples_of
from genex_kedro.study.split import SPLITS
from genex_kedro.training_status import DIVERGED, FINISHED

log = logging.getLogger(__name__)


def score_generators(
    studies: dict[str, AnnData], settings: ScoreSettings, synthetic: dict[str, AnnData]
) -> pd.DataFrame:
    """The generators of one family on unseen patients: a row per generator and seed.

    A generator that failed has its row too, and ``status`` says so; where its samples are not
    finite, its scores are NaN. One family at a time: when another one changes, this one's scores
    stay what they are.

    Raises
    ------
    InputError
        Too few samples for the nearest neighbours of the scorecard.
    """
    rows = []
    for study in studies.values():
        score, (_, validation, _) = _scorer(study, settings)
        for model, cohort in of_seed([synthetic], seed_of(study)).items():
            training = str(cohort.uns.get("status", FINISHED))
            if np.isfinite(cohort.X).all():
                scores = score(model, samples_of(cohort), validation)
                status = status_of(scores, training, settings.collapsed_below)
            else:
                scores, status = _no_scores(), DIVERGED
            rows.append(_first(model, study) | {"status": status} | scores)
    return pd.DataFrame(rows)


def score_ceilings(studies: dict[str, AnnData], settings: ScoreSettings) -> pd.DataFrame:
    """Real samples as if they were a generator's (:mod:`genex_kedro.study.generation.ceilings`)."""
    rows = []
    for study in studies.values():
        score, parts = _scorer(study, settings)
        for model, real in ceilings(*parts, seed_of(study)).items():
            scores = score(model, real.samples, real.population, real.against_train)
            rows.append(_first(model, study) | {"status": FINISHED} | scores)
    return pd.DataFrame(rows)


def collect_scores(*tables: pd.DataFrame) -> pd.DataFrame:
    """One table of all generators and ceilings, seed by seed."""
    return pd.concat(tables).sort_values("seed", kind="stable", ignore_index=True)


def summarise_generators(table: pd.DataFrame, settings: RankingSettings) -> pd.DataFrame:
    """Status, ranks with their uncertainty, means and spread over seeds: a row per generator."""
    return summarise(table, settings)


def compare_generators_with_goals(table: pd.DataFrame, goals: Goals) -> pd.DataFrame:
    """Every generator against every goal, beside what real samples reach."""
    return compare_with_goals(table, goals)


def draw_ranks(summary: pd.DataFrame) -> Figure:
    """Mean ranks with intervals, and the ranks in each family of metrics."""
    return plot_ranks(summary)


def draw_precision_recall(table: pd.DataFrame) -> Figure:
    """Recall against precision, generators and ceilings."""
    return plot_precision_recall(table)


def _first(model: str, study: AnnData) -> dict:
    seed = seed_of(study)
    return {"run": run_name(model, seed), "model": model, "seed": seed, "subset": "overall"}


def _scorer(study: AnnData, settings: ScoreSettings) -> tuple[partial, list[Samples]]:
    """What scores samples on a study; its training, validation and test samples."""
    parts = [samples_of(study, part) for part in SPLITS]
    train, _, test = parts
    _require_neighbours(test)
    return partial(_timed, train, test, seed_of(study), settings.tree_rounds), parts


def _timed(
    train: Samples,
    test: Samples,
    seed: int,
    rounds: int,
    model: str,
    samples: Samples,
    population: Samples | None,
    against_train: bool = True,
) -> dict[str, float]:
    start = time.perf_counter()
    # on one thread the trees are faster than on two, and their numbers do not vary
    with threadpool_limits(1):
        scores = score_generator(train, test, samples, seed, population, rounds, against_train)
    log.info("scored %s, seed %d: %.1f s", model, seed, time.perf_counter() - start)
    return scores


def _no_scores() -> dict[str, float]:
    return dict.fromkeys((metric.name for metric in METRICS), np.nan)


def _require_neighbours(test: Samples) -> None:
    if len(test) <= K:
        raise InputError(
            where="study synthesis",
            found=f"{len(test)} test samples",
            expected=f"more than {K}: precision and recall look at {K} neighbours",
            remedy="Bring more samples, or raise --params split.test=0.3.",
        )
