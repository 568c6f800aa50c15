"""The scorecard that every generator is held to."""

from __future__ import annotations

import pandas as pd
from anndata import AnnData
from threadpoolctl import threadpool_limits

from genex_kedro.metrics.generator_scorecard import score_generator
from genex_kedro.study.fits import run_name, seed_of
from genex_kedro.study.synthetic import samples_of

CEILING = "real/training samples"
SHOWN = [
    "gamma", "gamma_within_class", "correlation_slope", "variance_ratio", "precision_test",
    "recall_test", "adversarial_accuracy_test", "trees_auc_test",
    "tstr_over_trtr_tissue_balanced_accuracy", "domias_auc",
]  # fmt: skip


def score_generators(studies: dict[str, AnnData], *synthetic: dict[str, AnnData]) -> pd.DataFrame:
    """Every generator against real samples of unseen patients: a row per generator and seed.

    The real training samples stand in the table as if they were a generator's: the ceiling of
    what resembles the test samples, and what privacy metrics must catch.
    """
    rows = []
    for study in studies.values():
        seed = seed_of(study)
        train, validation, test = (samples_of(study, p) for p in ("train", "validation", "test"))
        made = {
            str(cohort.uns["model"]): samples_of(cohort)
            for cohorts in synthetic
            for cohort in cohorts.values()
            if seed_of(cohort) == seed
        }
        made[CEILING] = train
        for model, samples in made.items():
            first = {"run": run_name(model, seed), "model": model, "seed": seed}
            # on one thread the trees are faster than on two, and their numbers do not vary
            with threadpool_limits(1):
                scores = score_generator(train, test, samples, seed, reference=validation)
            rows.append({**first, "subset": "overall", **scores})
    return pd.DataFrame(rows)


def summarise_generators(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over seeds, a row per generator."""
    groups = table.groupby("model", sort=False)
    metrics = table.columns.drop(["run", "model", "seed", "subset"])
    spread = groups[list(metrics)].std().add_suffix("_sd")
    return pd.concat(
        [groups.size().rename("seeds"), groups[list(metrics)].mean(), spread], axis=1
    ).reset_index()
