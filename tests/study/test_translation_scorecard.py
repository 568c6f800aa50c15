"""The rows of the scorecard for translations whose quality is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, concat
from planted_study import planted_study

from genex_kedro.plots.translators import plot_neighbours
from genex_kedro.study.fits import part_of
from genex_kedro.study.intervals import BootstrapSettings
from genex_kedro.study.translation.ceilings import ceilings
from genex_kedro.study.translation.cohort import find_pairs, translated_cohort
from genex_kedro.study.translation.embedding import TranslationEmbeddingSettings, embed
from genex_kedro.study.translation.rows import resampled
from genex_kedro.study.translation.scorecard import Reference, score_translation
from genex_kedro.study.translation.tables import TABLE_3, TABLE_4, paper_tables
from genex_kedro.study.translation.truth import Truth

STUDY = planted_study()
TEST = STUDY[part_of(STUDY, "test")]
AUTOSOMAL = STUDY.var_names.to_numpy() != "XIST"
SETTINGS = BootstrapSettings(repeats=200)
IS_TUMOR = (TEST.obs["condition"] == "tumor").to_numpy()


def score(layers: dict, study=STUDY, reference=None, **kwargs) -> pd.DataFrame:
    cohort = translated_cohort(study, layers, "test/it", paired=False, **kwargs)
    judges = {"pooled": lambda x: np.full(len(x), 0.2), "adjacent": lambda x: (x[:, 0] > 5) * 1.0}
    truth = Truth.of(study, AUTOSOMAL)
    return pd.DataFrame(score_translation(cohort, truth, judges, SETTINGS, reference))


@pytest.fixture(scope="module")
def perfect() -> np.ndarray:
    answer = np.array(TEST.X)
    tumor, normal = find_pairs(TEST.obs)
    answer[tumor] = answer[normal]
    return answer


def test_the_answer_itself_gets_the_best_numbers(perfect):
    row = score({"normal": perfect, "normal_draw": perfect, "cycle": np.array(TEST.X)}).iloc[0]
    assert row["rmse_point"] == 0 and row["patient_rank_point"] == 0
    assert row["patient_rank_autosomal_point"] == 0 and row["patient_top1_point"] == 1
    assert row["change_r_point"] == pytest.approx(1) and row["top_jaccard_point"] == 1
    assert row["tissue_kept_point"] == 1 and row["false_change_point"] == 0
    assert row["cycle_error"] == 0 and row["fooled_pooled_point"] == 1
    assert (row["tumors"], row["normals"], row["pairs"]) == (32, 24, 24)
    assert "mmd_draw" not in row, "the answer cannot be compared with itself"
    assert "rmse_blind_point" not in row, "no such layer"


def test_rows_by_cancer_code_hold_their_own_patients(perfect):
    made = perfect.copy()
    of_lusc = (TEST.obs["cohort"] == "LUSC").to_numpy() & IS_TUMOR
    made[of_lusc] += 1.0
    table = score({"normal": made, "tumor": made}).set_index("subset")
    assert set(table.index) == {"overall", *(f"cohort: {c}" for c in ("LIHC", "LUAD", "LUSC", "GBM"))}  # fmt: skip
    assert table["rmse_point"]["cohort: LUSC"] == pytest.approx(1)
    assert table["rmse_point"]["cohort: LUAD"] == 0
    assert np.isnan(table["rmse_point"]["cohort: GBM"]), "no pairs"
    assert table["fooled_pooled_point"]["cohort: GBM"] == 1
    assert table["fooled_pooled_tumor"]["overall"] == 0, "the other way: called normal"
    assert np.isnan(table["fooled_pooled_tumor"]["cohort: GBM"]), "no normals to make tumors of"


def test_draws_of_the_right_distribution_come_nearer_than_a_constant(perfect):
    rng = np.random.default_rng(0)
    normal = ~IS_TUMOR
    means = {
        t: TEST.X[normal & (TEST.obs["tissue"] == t).to_numpy()].mean(0) for t in ("liver", "lung")
    }
    constant = np.stack([means.get(t, means["lung"]) for t in TEST.obs["tissue"]])
    draw = constant + 0.26 * rng.normal(size=constant.shape)  # sqrt((.4 x .6)^2 + .1^2)
    row = score({"normal": constant, "normal_draw": draw}).iloc[0]
    assert row["spread_point"] == pytest.approx(0, abs=0.01)
    assert row["spread_draw"] == pytest.approx(1, abs=0.15)
    assert row["energy_distance_draw"] < row["energy_distance_point"]
    assert row["rmse_draw"] > row["rmse_point"]
    assert row["patient_rank_point"] == pytest.approx(0.5)


def test_filled_in_values_do_not_count(perfect):
    study = STUDY.copy()
    study.layers["imputed"] = np.zeros(study.shape, dtype=bool)
    study.layers["imputed"][:, :5] = True
    made = perfect.copy()
    made[:, :5] += 7
    row = score({"normal": made}, study).iloc[0]
    assert row["rmse_point"] == 0 and row["false_change_point"] == 0


def test_gains_over_the_reference_are_taken_on_the_same_patients(perfect):
    truth = Truth.of(STUDY, AUTOSOMAL)
    worse = perfect + np.where(np.arange(60) % 2, 0.5, -0.5)
    reference = Reference("simple/worse", resampled(worse, truth, SETTINGS.repeats, SETTINGS.seed))
    row = score({"normal": perfect}, reference=reference).iloc[0]
    assert row["rmse_point_gain_high"] == pytest.approx(-0.5, abs=0.02)
    assert row["rmse_point_low"] == 0 == row["rmse_point_high"]


def test_inferred_tissues_are_held_against_the_label(perfect):
    inferred = np.where(TEST.obs["cohort"] == "LUSC", "liver", TEST.obs["tissue"].astype(str))
    row = score({"normal": perfect}, inferred_tissue=inferred).iloc[0]
    assert row["tissue_inferred"] == pytest.approx(2 / 3), "of tumors of tissues with normals"
    nothing = np.full(TEST.n_obs, "")
    row = score({"normal": perfect}, inferred_tissue=nothing).iloc[0]
    assert np.isnan(row["tissue_inferred"]), "it does not ask: not wrong for everyone"


def test_other_samples_than_the_studys_are_refused(perfect):
    cohort = translated_cohort(STUDY, {"normal": perfect}, "test/it", paired=False)
    with pytest.raises(ValueError, match="test/it"):
        score_translation(cohort[:-1], Truth.of(STUDY, AUTOSOMAL), {}, SETTINGS)


def test_ceilings_are_made_of_pairs_alone_and_in_order():
    paired, (own, half) = ceilings(STUDY)
    assert own.n_obs == 48 and "brain" not in set(own.obs["tissue"])
    truth = Truth.of(paired, AUTOSOMAL)
    rows = [score_translation(c, truth, {}, SETTINGS)[0] for c in (own, half)]
    assert rows[0]["rmse_point"] == 0
    assert 0 < rows[1]["rmse_point"] < 1, "independent effects: half of the genes tell nothing"
    assert own.uns["model"] == "ceiling/own_normal"


def test_the_split_half_ceiling_finds_what_genes_share():
    study = STUDY.copy()
    rng = np.random.default_rng(0)
    patterns = rng.normal(size=(4, STUDY.n_vars))
    shared = {p: rng.normal(size=4) @ patterns for p in study.obs["patient_id"].unique()}
    study.X = study.X + np.float32([shared[p] for p in study.obs["patient_id"]]) + 9
    paired, (_, half) = ceilings(study)
    row = score_translation(half, Truth.of(paired, AUTOSOMAL), {}, SETTINGS)[0]
    assert row["rmse_point"] < 0.5, "of a patient effect of 2, noise .26"
    assert row["patient_rank_point"] < 0.05


def test_an_odd_number_of_genes_has_halves_too():
    paired, (_, half) = ceilings(STUDY[:, :59].copy())
    row = score_translation(half, Truth.of(paired, AUTOSOMAL[:59]), {}, SETTINGS)[0]
    assert np.isfinite(row["rmse_point"])


def test_a_study_without_pairs_has_no_ceilings():
    lone = STUDY[(STUDY.obs["condition"] == "tumor") | (STUDY.obs["split"] != "test")].copy()
    assert ceilings(lone)[1] == []


def test_the_papers_tables_are_whole_and_laid_beside_ours(perfect):
    assert sum(map(sum, TABLE_3.values())) == 705 and sum(TABLE_4.values()) == 600
    table = score({"normal": perfect, "tumor": perfect}).assign(model="test/it")
    beside = paper_tables(table).set_index("code")
    assert beside.loc["LUAD", "paper Table 3, tumors"] == 63
    assert beside.loc["GBM", "paper Table 3, to normal"] == pytest.approx(10 / 11)
    assert np.isnan(beside.loc["GBM", "paper Table 4, pairs"])
    assert beside.loc["LUAD", "to normal, pooled judge, guess"] == 1


def with_second_tumors(n: int) -> AnnData:
    """The study with further tumors, other ones, of the last `n` test patients of LIHC and LUAD."""
    tumors = STUDY[(STUDY.obs["split"] == "test") & (STUDY.obs["condition"] == "tumor")]
    again = [tumors[tumors.obs["cohort"] == c].obs_names[-n:] for c in ("LIHC", "LUAD")]
    further = STUDY[np.concatenate(again)].copy()
    further.obs_names = further.obs_names + "-2"
    further.X = further.X + np.float32(0.5)
    study = concat([STUDY, further])
    study.var["entrez"] = ""
    study.uns |= STUDY.uns
    return study


def own_normals(study: AnnData) -> np.ndarray:
    test = study[part_of(study, "test")]
    answer = np.array(test.X)
    tumor, normal = find_pairs(test.obs)
    answer[tumor] = answer[normal]
    return answer


def test_own_normals_of_patients_with_two_tumors_are_the_right_patients():
    study = with_second_tumors(2)
    row = score({"normal": own_normals(study)}, study).iloc[0]
    assert row["pairs"] == 28
    for name in ("patient_rank", "patient_rank_autosomal"):
        assert row[f"{name}_point"] == 0
    assert row["patient_top1_point"] == 1 == row["patient_top1_autosomal_point"]
    assert row["patient_rank_point_low"] == 0 == row["patient_rank_point_high"]


def test_distributions_are_compared_on_one_pair_a_normal():
    study = with_second_tumors(8)
    noise = np.random.default_rng(0).normal(0, 0.5, study[part_of(study, "test")].shape)
    made = np.maximum(own_normals(study) + noise, 0)
    once = score({"normal": made[: TEST.n_obs]}).iloc[0]
    twice = score({"normal": made}, study).iloc[0]
    assert twice["pairs"] == 40
    for name in ("mmd_point", "energy_distance_point", "spread_point", "correlation_error_point"):
        assert twice[name] == pytest.approx(once[name])


def test_points_of_a_patient_with_two_tumors_share_a_number():
    study = with_second_tumors(2)
    made = translated_cohort(study, {"normal": own_normals(study)}, "test/it", paired=False)
    points = embed(study, [made], TranslationEmbeddingSettings(models=("test/it",), perplexity=5))
    kinds = points[points["pair"] >= 0].groupby("pair")["kind"].value_counts().unstack()
    assert len(kinds) == 24 and (kinds["normal"] == 1).all()
    assert (kinds["tumor"] == kinds["made"]).all() and (kinds["tumor"] == 2).sum() == 4
    lines = plot_neighbours(points).axes[0].lines
    assert len(lines) == 28, "every tumor's is joined to the own normal"
