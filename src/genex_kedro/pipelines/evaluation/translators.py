"""The scorecard that every translator of tumors into normals is held to."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.genes.positions import sex_chromosome_genes
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import SIMPLE, full_name
from genex_kedro.plots.translators import plot_frontier, plot_neighbours
from genex_kedro.study.fits import run_name, seed_of
from genex_kedro.study.generation.summary import said_once
from genex_kedro.study.intervals import BootstrapSettings
from genex_kedro.study.judges.samples import TumorProbability, judge_expression
from genex_kedro.study.judges.scorecard import OVERALL
from genex_kedro.study.translation import rows as scores
from genex_kedro.study.translation.ceilings import ceilings
from genex_kedro.study.translation.embedding import TranslationEmbeddingSettings, embed
from genex_kedro.study.translation.scorecard import Reference, score_translation
from genex_kedro.study.translation.tables import paper_tables

# what a judge is called in the table: whom it learned from, and its network
JUDGES = {
    "pooled": ("pooled", "best"),
    "adjacent": ("adjacent", "best"),
    "paper": ("pooled", "paper"),
}
REFERENCE = full_name(SIMPLE, "shrunken_residual")
_ABOUT = ["paired", "pairs_in_validation", "status"]
_FIRST = ["run", "model", "seed", *_ABOUT, "subset", "tumors", "normals", "pairs"]


def score_translators(
    studies: dict[str, AnnData],
    pooled: dict[str, TrainedModel],
    adjacent: dict[str, TrainedModel],
    settings: BootstrapSettings,
    *translated: dict[str, AnnData],
) -> pd.DataFrame:
    """Every translator on patients it never saw: a row per translator, seed and subset.

    Returns
    -------
    DataFrame
        ``run, model, seed, paired, pairs_in_validation, status, subset, tumors, normals, pairs`` and the metrics; see
        :mod:`genex_kedro.study.translation.rows`. Rows ``ceiling/...`` are made from the answer.
    """
    rows = []
    for study in studies.values():
        seed = seed_of(study)
        made = [c for cohorts in translated for c in cohorts.values() if seed_of(c) == seed]
        if not made:
            continue
        judges = _judges(study, {"pooled": pooled, "adjacent": adjacent})
        autosomal = ~np.isin(study.var_names.to_numpy(str), sorted(sex_chromosome_genes()))
        truth = scores.Truth.of(study, autosomal)
        reference = _reference(made, truth, settings)
        rows += _rows(made, truth, judges, settings, reference)
        paired, best = ceilings(study)
        if best:
            rows += _rows(best, scores.Truth.of(paired, autosomal), judges, settings, reference)
    table = pd.DataFrame(rows, columns=None if rows else _FIRST)
    known = [*_FIRST, *scores.columns(JUDGES)]  # also where no layer or pair gives a value
    return table.reindex(columns=[*known, *table.columns.difference(known, sort=False)])


def summarise_translators(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over seeds, a row per translator and subset.

    ``status`` is ``finished`` or ``1 of 3 diverged, 2 of 3 finished``; ``pairs_in_validation``
    is true if it is in any seed.
    """
    by = ["model", "paired", "subset"]
    metrics = [c for c in table.select_dtypes("number") if c != "seed"]
    groups = table.groupby(by, sort=False)
    spread = groups[metrics].std().add_suffix("_sd")
    about = [groups["pairs_in_validation"].any(), groups["status"].agg(said_once)]
    return pd.concat(
        [*about, groups.size().rename("seeds"), groups[metrics].mean(), spread], axis=1
    ).reset_index()


def lay_beside_paper(table: pd.DataFrame) -> pd.DataFrame:
    """Who was fooled, by cancer code, beside Tables 3 and 4 of paper 000; both directions."""
    return paper_tables(table)


def draw_frontier(table: pd.DataFrame) -> Figure:
    """What a best guess pays in RMSE for the right patient."""
    return plot_frontier(table[table["subset"] == OVERALL])


def draw_neighbours(
    studies: dict[str, AnnData],
    settings: TranslationEmbeddingSettings,
    *translated: dict[str, AnnData],
) -> Figure:
    """The paper's Figures 3 and 4 for some translators of the first seed, pairs joined by lines."""
    study = next(iter(studies.values()))
    by_model = {
        c.uns["model"]: c for cs in translated for c in cs.values() if seed_of(c) == seed_of(study)
    }
    shown = [by_model[name] for name in settings.models if name in by_model]
    return plot_neighbours(embed(study, shown, settings))


def _judges(
    study: AnnData, models: dict[str, dict[str, TrainedModel]]
) -> dict[str, TumorProbability]:
    """The judges of a study's seed; one that could not be trained is left out."""

    def judge(values: np.ndarray, model: TrainedModel) -> np.ndarray:
        return judge_expression(model, AnnData(values, var=study.var))

    found = {}
    for name, (learned_from, setting) in JUDGES.items():
        model = models[learned_from].get(f"{setting}_seed_{seed_of(study)}")
        if model is not None:
            found[name] = partial(judge, model=model)
    return found


def _reference(made: list[AnnData], truth: scores.Truth, settings: BootstrapSettings):
    found = [c for c in made if c.uns["model"] == REFERENCE]
    if not found or not len(truth.tumor):
        return None
    values = np.asarray(found[0].layers["normal"])
    return Reference(REFERENCE, scores.resampled(values, truth, settings.repeats, settings.seed))


def _rows(made, truth: scores.Truth, judges, settings, reference) -> list[dict]:
    rows = []
    for cohort in made:
        model, seed = cohort.uns["model"], seed_of(cohort)
        first = {"run": run_name(model, seed), "model": model, "seed": seed}
        first |= {name: cohort.uns[name] for name in _ABOUT}
        found = score_translation(cohort, truth, judges, settings, reference)
        rows += [first | row for row in found]
    return rows
