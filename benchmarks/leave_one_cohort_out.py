"""A cancer type never seen: the aligned translator fitted without a cohort, asked about it.

Each cohort of a cohort table is taken out in turn, tumors and normals; the other patients are
divided as in the study's first split, and all pairs of the cohort left out are the test. Where
another cohort of the tissue stays (kidney without KIRC) the tissue is told and known; where none
does (thyroid) it is told and unknown. ``blind`` is not told.
It measures errors and not times, so that it is no part of ``run_all.py``; without a plain way
beside it a row has no ratio.

Usage: ``python benchmarks/leave_one_cohort_out.py [--cohort tcga_pairs] [--record]``, with the
real cohorts in ``GENEX_REAL_DATA``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import common
import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import to_study_unit
from genex_kedro.datasets.tables.table import TableCohortDataset
from genex_kedro.metrics.pair_error import change_r, paired_rmse
from genex_kedro.metrics.right_patient import patient_ranks
from genex_kedro.models.aligned.config import AlignedConfig
from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS
from genex_kedro.study.prepare import StudySettings, prepare_study
from genex_kedro.study.split import SplitSettings, split_patients
from genex_kedro.study.translation import aligned_fitting as aligned
from genex_kedro.study.translation.cohort import find_pairs
from genex_kedro.study.translation.fitting import translation_data
from genex_kedro.study.translation.networks import translate
from genex_kedro.study.translation.objectives import ObjectiveSettings

LEAST = 4  # pairs of a cohort to ask about
SIMPLE = ("identity", "global_mean_shift", "nearest_5_normals", "closest_normal")


def studies(name: str):
    """(cohort left out, study without it in training, its pairs)."""
    folder = Path(os.environ["GENEX_REAL_DATA"]) / name
    reader = TableCohortDataset(
        expression=f"{folder}/expression.parquet", samples=f"{folder}/samples.tsv"
    )
    cohort = to_study_unit(reader.load())
    split = split_patients(cohort.obs, SplitSettings().fractions, 0)
    code, patient = (cohort.obs[c].astype(str) for c in ("cohort", "patient_id"))
    tumor, _ = find_pairs(cohort.obs)
    counts = code.iloc[tumor].value_counts()
    for out in sorted(counts.index[counts >= LEAST]):
        gone = patient.isin(set(patient[code == out]))
        parts = split.where(split != "test", "train").mask(gone, "test")
        yield out, prepare_study(cohort, parts, 0, StudySettings(panel="all"), "drop_genes")


def predictions(study: AnnData, test: AnnData, tumor: np.ndarray):
    """(translator, told or blind, normals of the tumors, draws or None)."""
    X, tissue = np.asarray(test.X)[tumor], test.obs["tissue"].astype(str).to_numpy()[tumor]
    for name, more in (
        ("best", {}),
        ("best_paired", {"paired": True, "power": 0.25, "stretch": 1.25}),
    ):
        objective = ObjectiveSettings(scaling="none", network=AlignedConfig(**more))
        model = aligned.keep(study, objective, aligned.fit_study(study, objective, ""), name)
        for way, told in (("told", tissue), ("blind", None)):
            made = translate(model, X, told, 0)
            yield name, way, made.normal, made.draw
    training, validation = (translation_data(study, p, 3) for p in ("train", "validation"))
    for name in SIMPLE:
        yield (
            name,
            "blind",
            SIMPLE_TRANSLATORS[name]().fit(training, validation).point(X, tissue),
            None,
        )


def scored(name: str) -> Iterator[dict]:
    """A row for every cohort left out, translator and way of asking."""
    for out, study in studies(name):
        test = study[(study.obs["split"] == "test").to_numpy()]
        tumor, normal = find_pairs(test.obs)
        own = (test.obs["cohort"].astype(str) == out).to_numpy()[tumor]
        tumor, normal = tumor[own], normal[own]
        known = set(study.obs["tissue"][(study.obs["split"] != "test").to_numpy()].astype(str))
        real, x = np.asarray(test.X)[normal], np.asarray(test.X)[tumor]
        for model, way, made, _ in predictions(study, test, tumor):
            made = np.maximum(made, 0)
            ranks, _ = patient_ranks(made, real, np.full(len(real), out), normal)
            change = float(change_r(made, real, x))
            yield common.row(
                f"{out}, {model}, {way}", float(paired_rmse(made, real)), None, "RMSE, log2",
                cohort=out, tissue_known=bool(test.obs["tissue"].iloc[tumor[0]] in known),
                pairs=len(tumor), model=model, way=way,
                change_r=change if np.isfinite(change) else None,  # of the tumor itself
                patient_rank=float(np.nanmean(ranks)),
            )  # fmt: skip
        print(out, len(tumor), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohort", default="tcga_pairs")
    parser.add_argument("--record", action="store_true", help="keep the rows in results/")
    options = parser.parse_args()
    rows = list(scored(options.cohort))
    table = pd.DataFrame(rows).rename(columns={"ours": "rmse"})
    summary = table.groupby(["tissue_known", "model", "way"])[["rmse", "change_r", "patient_rank"]]
    print(summary.mean().round(3).to_string())
    if options.record:
        about = {"rows": rows, "about": {}, **common.here(("numpy", "scikit-learn"))}
        common.record(f"leave_one_cohort_out_{options.cohort}", about)


if __name__ == "__main__":
    main()
