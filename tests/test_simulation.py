"""The simulated cohort: every planted effect is found again, at the strength planted."""

import re

import numpy as np
import pandas as pd
import pytest

from genex_kedro.cohort import check_cohort, notices
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.simulation.genes import MARKERS, PROLIFERATION, SEX_GENES, simulated_genes


@pytest.fixture(scope="module")
def drawn():
    return simulate()


@pytest.fixture(scope="module")
def cohort(drawn):
    return drawn[0]


@pytest.fixture(scope="module")
def truth(drawn):
    return drawn[1]


def of(drawn_cohort, **labels):
    """Which samples carry the labels."""
    return np.logical_and.reduce(
        [drawn_cohort.obs[name] == label for name, label in labels.items()]
    )


def test_a_sound_cohort_in_the_study_unit(cohort):
    check_cohort(cohort, "simulated")
    assert cohort.X.dtype == np.float32 and cohort.X.min() == 0 and cohort.X.max() < 25
    assert cohort.uns["unit"] == "log2(x+1)"
    assert 850 <= cohort.n_obs <= 950 and 1250 <= cohort.n_vars <= 1350
    assert (cohort.obs["condition"] == "tumor").mean() > 0.5
    assert cohort.obs["tissue"].nunique() == 8
    assert "simulated samples" in notices(cohort)["check"].tolist()


def test_labels_and_ids_are_in_the_style_of_tcga_and_gtex(cohort):
    obs = cohort.obs
    tcga = obs["source"] == "TCGA"
    for name, row in obs[tcga].iterrows():
        assert re.fullmatch(r"TCGA-[A-Z0-9]{2}-\d{4}-(01|11)A", name)
        assert row["patient_id"] == name[:12]
        assert ("-01A" in name) == (row["condition"] == "tumor")
    for name, row in obs[~tcga].iterrows():
        assert re.fullmatch(r"GTEX-[A-Z0-9]{5}-\d{4}", name)
        assert name.startswith(row["patient_id"] + "-")
        assert row[["condition", "cohort", "tumor_type"]].tolist() == ["normal", "GTEX", ""]
    tumor = obs["condition"] == "tumor"
    assert (obs["tumor_type"] == obs["cohort"].where(tumor, "")).all()
    assert obs["program"].tolist() == obs["source"].tolist()
    types = obs[tumor].groupby("tissue")["tumor_type"].unique().map(sorted)
    assert types["lung"] == ["LUAD", "LUSC"] and types["kidney"] == ["KIRC", "KIRP"]


def test_pairs_and_donors_of_several_tissues(cohort):
    obs = cohort.obs
    conditions = obs[obs["source"] == "TCGA"].groupby("patient_id")["condition"].nunique()
    assert (conditions == 2).sum() == 150
    tissues = obs[obs["source"] == "GTEX"].groupby("patient_id")["tissue"].nunique()
    assert tissues.max() > 2 and (tissues > 1).mean() > 0.5


def test_genes_are_real_and_each_is_there_once(cohort):
    assert set(MARKERS) | set(SEX_GENES) | set(PROLIFERATION) <= set(cohort.var_names)
    entrez = cohort.var["entrez"][cohort.var["entrez"] != ""]
    assert not entrez.duplicated().any() and len(entrez) > 0.99 * cohort.n_vars
    assert len(simulated_genes(200)) == 200


def test_same_seed_same_cohort_other_seed_another(cohort, truth):
    again, truth_again = simulate(SimulationSettings())
    np.testing.assert_array_equal(again.X, cohort.X)
    assert again.obs.equals(cohort.obs)
    pd.testing.assert_frame_equal(truth_again.patient_effects, truth.patient_effects)
    other, _ = simulate(SimulationSettings(seed=1))
    assert not np.array_equal(other.X, cohort.X)


def test_a_change_to_one_part_leaves_the_others(truth):
    _, changed = simulate(SimulationSettings(source_sd=1.0, gtex_per_tissue=5, private_sd=0.0))
    for part in ("programs", "type_shifts", "module_loadings", "module_strength"):
        pd.testing.assert_frame_equal(getattr(changed, part), getattr(truth, part))
    pd.testing.assert_frame_equal(changed.genes, truth.genes)
    assert not np.allclose(changed.source_shifts.loc["GTEX"], truth.source_shifts.loc["GTEX"])


def test_markers_are_highest_in_their_tissue(cohort):
    normal = cohort[of(cohort, condition="normal")]
    means = normal.to_df().groupby(normal.obs["tissue"].to_numpy()).mean()
    for marker, (_, tissue) in MARKERS.items():
        assert means[marker].idxmax() == tissue
        assert means[marker].nlargest(2).diff().iloc[-1] < -4


def test_the_tumor_shift_is_recovered(cohort, truth):
    """Tumor minus adjacent normal against the shift planted, at the mean purity drawn."""
    estimates, planted = [], []
    for code in truth.type_shifts.index:
        tumor, normal = (of(cohort, cohort=code, condition=c) for c in ("tumor", "normal"))
        estimates.append(cohort.X[tumor].mean(axis=0) - cohort.X[normal].mean(axis=0))
        purity = truth.samples["purity"][tumor].mean()
        planted.append(purity * (truth.genes["shared_shift"] + truth.type_shifts.loc[code]))
        assert np.corrcoef(estimates[-1], planted[-1])[0, 1] > 0.9
    assert np.corrcoef(np.mean(estimates, axis=0), np.mean(planted, axis=0))[0, 1] > 0.95
    shared = pd.Series(np.mean(estimates, axis=0), cohort.var_names)
    assert (shared[list(PROLIFERATION)] > 0.3).all()


def test_the_shift_grows_with_purity(cohort, truth):
    tumor = of(cohort, cohort="LUAD", condition="tumor")
    shift = truth.genes["shared_shift"] + truth.type_shifts.loc["LUAD"]
    toward = (cohort.X[tumor] - cohort.X[tumor].mean(axis=0)) @ shift.to_numpy()
    assert np.corrcoef(toward, truth.samples["purity"][tumor])[0, 1] > 0.8


def test_sex_genes_tell_the_sex_and_tissues_of_one_sex(cohort, truth):
    table, female = cohort.to_df(), truth.samples["sex"] == "female"
    assert table.loc[female, "XIST"].median() > table.loc[~female, "XIST"].quantile(0.99)
    assert table.loc[~female, "RPS4Y1"].median() > table.loc[female, "RPS4Y1"].quantile(0.99)
    assert not female[of(cohort, tissue="prostate")].any()
    assert female[of(cohort, tissue="breast")].all()
    sexes = truth.samples["sex"].groupby(cohort.obs["patient_id"]).nunique()
    assert (sexes == 1).all()


def test_modules_correlate_their_genes_as_planted():
    """Within a tissue, gene correlations follow its planted covariance and not another's."""
    normals, truth = simulate(
        SimulationSettings(
            tissues=("lung", "kidney"), n_genes=300, gtex_per_tissue=800, patient_sd=0, private_sd=0
        )
    )
    genes = truth.genes.index[(truth.genes["base"] > 7) & (truth.genes["sex_shift"] == 0)]
    upper = np.triu_indices(len(genes), 1)
    seen, expected = {}, {}
    for tissue in ("lung", "kidney"):
        rows = of(normals, tissue=tissue, source="GTEX")
        seen[tissue] = np.corrcoef(normals.to_df().loc[rows, genes].T)[upper]
        scaled = truth.module_loadings[genes].mul(truth.module_strength.loc[tissue], axis=0)
        covariance = scaled.T @ scaled + np.diag(truth.genes.loc[genes, "noise_sd"] ** 2)
        sd = np.sqrt(np.diag(covariance))
        expected[tissue] = (covariance / np.outer(sd, sd)).to_numpy()[upper]
        assert np.corrcoef(seen[tissue], expected[tissue])[0, 1] > 0.95
    other = np.corrcoef(seen["lung"], expected["kidney"])[0, 1]
    assert other < np.corrcoef(seen["lung"], expected["lung"])[0, 1] - 0.1


def test_the_source_shift_is_recovered(cohort, truth):
    high = truth.genes.index[(truth.genes["base"] > 7) & (truth.genes["sex_shift"] == 0)]
    table = cohort.to_df()[high]
    differences = [
        table[of(cohort, tissue=tissue, source="GTEX")].mean()
        - table[of(cohort, tissue=tissue, source="TCGA", condition="normal")].mean()
        for tissue in truth.programs.index
    ]
    estimate = pd.concat(differences, axis=1).mean(axis=1)
    assert np.corrcoef(estimate, truth.source_shifts.loc["GTEX", high])[0, 1] > 0.9


def test_class_means_are_those_planted(cohort, truth):
    labels = [cohort.obs[name] for name in ("tissue", "cohort", "condition")]
    seen = cohort.to_df().groupby(labels).mean()
    high = truth.genes.index[truth.genes["base"] > 7]
    error = seen[high] - truth.class_means.loc[seen.index, high]
    assert error.to_numpy().std() < 0.2 and abs(error.to_numpy().mean()) < 0.02


def test_scarce_expression_drops_to_zero_as_planted(cohort, truth):
    assert (cohort.X[truth.dropped] == 0).all()
    probability = truth.dropout_probability.to_numpy()
    for low, high in ((0.02, 0.1), (0.1, 0.3), (0.3, 0.6)):
        rows = (probability > low) & (probability < high)
        assert truth.dropped[rows].mean() == pytest.approx(probability[rows].mean(), abs=0.02)
    well_expressed = cohort.X[:, truth.genes["base"] > 8]
    assert (well_expressed == 0).mean() < 0.001


def test_a_small_cohort_for_tests_of_other_parts():
    settings = SimulationSettings(
        tissues=("lung", "liver"), n_genes=150, tumors_per_type=6, pairs_per_type=3,
        gtex_per_tissue=4,
    )  # fmt: skip
    cohort, truth = simulate(settings)
    assert cohort.shape == (3 * 9 + 8, 150)
    assert truth.programs.index.tolist() == ["lung", "liver"]
