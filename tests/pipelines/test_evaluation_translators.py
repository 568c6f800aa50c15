"""Tables and pictures of translators, also of cohorts that allow little."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genex_kedro.models.discriminator.model import DiscriminatorConfig, build_discriminator
from genex_kedro.models.discriminator.model import to_trained_model as keep_judge
from genex_kedro.models.memorised import HELD
from genex_kedro.pipelines.evaluation import translators as nodes
from genex_kedro.pipelines.translators.nodes import translate_simple
from genex_kedro.pipelines.translators.settings import SimpleTranslatorSettings
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.intervals import BootstrapSettings
from genex_kedro.study.split import SplitSettings, split_patients
from genex_kedro.study.translation.embedding import TranslationEmbeddingSettings
from genex_kedro.transforms import Standardiser

FEW = SimpleTranslatorSettings(
    leave_out=["entropic_transport", "gaussian_transport", "whole_profile_ridge", "closest_normal"]
)
BOOTSTRAP = BootstrapSettings(repeats=100)


def simulated(pairs: int, seed: int = 0):
    cohort, _ = simulate(
        SimulationSettings(
            tissues=("lung", "liver"), n_genes=120, tumors_per_type=30, pairs_per_type=pairs,
            gtex_per_tissue=25,
        )
    )  # fmt: skip
    cohort.obs["split"] = split_patients(cohort.obs, SplitSettings().fractions, seed)
    cohort.uns["seed"] = seed
    return cohort


@pytest.fixture(scope="module")
def studies() -> dict:
    return {f"seed_{seed}": simulated(20, seed) for seed in (0, 1)}


@pytest.fixture(scope="module")
def translated(studies) -> dict:
    return translate_simple(studies, FEW)[0]


@pytest.fixture(scope="module")
def judge(studies) -> dict:
    study = studies["seed_0"]
    transform = Standardiser.fit(np.asarray(study.X), "per_sample").to_json()
    network = build_discriminator(DiscriminatorConfig(hidden=(4,)), study.n_vars, 0)
    return {"best_seed_0": keep_judge(network, study.var, transform, {})}


@pytest.fixture(scope="module")
def table(studies, translated, judge) -> pd.DataFrame:
    return nodes.score_translators(studies, judge, {}, BOOTSTRAP, translated, {})


def test_every_translator_and_ceiling_has_a_row_per_seed(table, translated):
    overall = table[table["subset"] == "overall"].set_index(["model", "seed"])
    assert len(overall) == len(translated) + 2 * 2
    guess = overall["rmse_point"]
    assert guess["ceiling/own_normal", 0] == 0
    for seed in (0, 1):
        assert guess["ceiling/split_half", seed] < guess["simple/shrunken_residual", seed]
        assert guess["simple/shrunken_residual", seed] < guess["simple/identity", seed]
    assert overall["paired"]["simple/gene_slopes", 0]
    assert not overall["paired"]["simple/shrunken_residual", 0]
    assert overall.loc[("simple/identity", 0), "run"] == "simple/identity seed 0"


def test_a_row_says_how_training_ended_and_whether_validation_pairs_chose_a_number(
    studies, translated
):
    names = ("identity", "tissue_mean_normal", "shrunken_residual", "gene_slopes")
    made = {f"{n}_seed_{s}": translated[f"{n}_seed_{s}"].copy() for n in names for s in (0, 1)}
    made["identity_seed_1"].uns["status"] = "diverged"
    table = nodes.score_translators(studies, {}, {}, BOOTSTRAP, made)
    whole = table[table["subset"] == "overall"].set_index(["model", "seed"])
    assert whole.loc[("simple/identity", 1), "status"] == "diverged"
    assert (whole["status"] == "finished").sum() == len(whole) - 1
    chose = {m for (m, _), by_pairs in whole["pairs_in_validation"].items() if by_pairs}
    assert chose == {"simple/shrunken_residual", "simple/gene_slopes"}
    summary = nodes.summarise_translators(table).set_index(["model", "subset"])
    assert summary.loc[("simple/identity", "overall"), "status"] == "1 of 2 diverged, 1 of 2 finished"  # fmt: skip
    assert summary.loc[("simple/gene_slopes", "overall"), "status"] == "finished"
    assert summary["pairs_in_validation"]["simple/shrunken_residual", "overall"]
    assert not summary["pairs_in_validation"]["simple/identity", "overall"]


def test_kept_translators_and_the_atlas_hold_no_training_sample(studies):
    models = translate_simple(studies, FEW)[1]
    assert {"atlas_seed_0", "shrunken_residual_seed_1"} < set(models)
    assert all(model.card["nearest_to_training"] > HELD for model in models.values())


def test_a_judge_is_used_where_its_seed_was_trained(table):
    overall = table[table["subset"] == "overall"].set_index(["model", "seed"])
    asked = overall.loc["simple/identity", "fooled_pooled_point"]
    assert np.isfinite(asked[0]) and np.isnan(asked[1])
    assert overall["fooled_adjacent_point"].isna().all() and overall["fooled_paper_point"].isna().all()  # fmt: skip


def test_the_summary_is_over_seeds_and_the_tables_by_code(table):
    summary = nodes.summarise_translators(table)
    row = summary.set_index(["model", "subset"]).loc[("simple/identity", "overall")]
    assert row["seeds"] == 2 and row["rmse_point_sd"] > 0
    beside = nodes.lay_beside_paper(table)
    assert set(beside["code"]) <= {"LUAD", "LUSC", "LIHC", "CHOL"}
    assert beside.set_index("code").loc["LUAD", "paper Table 4, pairs"].iloc[0] == 62


def test_pictures_are_drawn(studies, translated, table, tmp_path):
    nodes.draw_frontier(table).savefig(tmp_path / "f.png")
    settings = TranslationEmbeddingSettings(models=("simple/shrunken_residual", "cyclegan/best"))
    nodes.draw_neighbours(studies, settings, translated, {}).savefig(tmp_path / "n.png")
    assert (tmp_path / "f.png").stat().st_size > 10_000 < (tmp_path / "n.png").stat().st_size


def test_a_cohort_without_pairs_has_the_same_columns_and_no_paired_rows(table, tmp_path):
    study = {"seed_0": simulated(0)}
    made, _, _ = translate_simple(study, FEW)
    assert not any(cohort.uns["pairs_in_validation"] for cohort in made.values())
    found = nodes.score_translators(study, {}, {}, BOOTSTRAP, made)
    assert "simple/gene_slopes" not in set(found["model"]) and len(found)
    assert found["rmse_point"].isna().all() and found["tissue_kept_point"].notna().any()
    assert {c for c in table if not c.endswith(("_low", "_high"))} == set(found)
    nodes.draw_frontier(found).savefig(tmp_path / "f.png")
    assert set(nodes.summarise_translators(found)["pairs"]) == {0}


def test_nothing_translated_gives_empty_tables(studies, table, tmp_path):
    lone = studies["seed_0"]
    lone = {"seed_0": lone[(lone.obs["condition"] == "tumor").to_numpy()].copy()}
    found = nodes.score_translators(lone, {}, {}, BOOTSTRAP, {}, {})
    assert found.empty and "rmse_point" in found
    assert nodes.summarise_translators(found).empty and nodes.lay_beside_paper(found).empty
    nodes.draw_frontier(found).savefig(tmp_path / "f.png")
    nodes.draw_neighbours(lone, TranslationEmbeddingSettings(models=("simple/identity",)), {}).savefig(tmp_path / "n.png")  # fmt: skip
