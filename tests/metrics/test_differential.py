"""Tumor against normal: planted genes are found, opposite signs and lost spread show."""

import numpy as np
import pytest
from planted_samples import N_TUMOR_GENES, planted
from scipy.stats import false_discovery_control, ttest_ind

from genex_kedro.metrics import differential as ours
from genex_kedro.metrics.samples import Samples


def liver(samples):
    here = samples.tissue == "liver"
    return [samples.expression[here & (samples.condition == c)] for c in ("tumor", "normal")]


def test_the_test_is_scipys_and_finds_the_planted_genes():
    tumor, normal = liver(planted(60))
    found = ours.differences(tumor, normal)
    p = ttest_ind(tumor.astype(float), normal.astype(float), equal_var=False).pvalue
    np.testing.assert_allclose(found.q, false_discovery_control(p))
    np.testing.assert_allclose(found.log2_fold_change[:N_TUMOR_GENES], 2, atol=1)
    assert (found.q[:N_TUMOR_GENES] < ours.Q).all()
    assert (found.q[N_TUMOR_GENES:] < ours.Q).mean() < 0.3


def test_constant_genes_have_a_clear_answer():
    tumor, normal = np.ones((4, 3)), np.ones((4, 3))
    tumor[:, 1] = 2
    tumor[:, 2] = [1, 2, 1, 2]
    found = ours.differences(tumor, normal)
    assert found.q[0] == 1
    assert found.q[1] == 0
    assert 0 < found.q[2] < 1


def test_another_sample_of_the_population_agrees():
    found = ours.differential_agreement(planted(40), planted(40, seed=1), n_top=N_TUMOR_GENES)
    assert found.recall > 0.95
    assert found.sign_agreement > 0.95
    assert found.fold_change_correlation > 0.85


def test_swapped_conditions_agree_in_nothing_but_the_genes():
    real, other = planted(40), planted(40, seed=1)
    swap = np.where(other.condition == "tumor", "normal", "tumor")
    found = ours.differential_agreement(real, Samples(other.expression, other.tissue, swap), 10)
    assert found.recall < 0.05
    assert found.sign_agreement < 0.05
    assert found.fold_change_correlation < -0.85


def test_samples_without_spread_call_everything_and_precision_tells():
    real, flat = planted(40), planted(40)
    for name in np.unique(flat.classes):
        rows = flat.classes == name
        flat.expression[rows] = flat.expression[rows].mean(axis=0)
    found = ours.differential_agreement(real, flat)
    assert found.recall == 1
    assert found.precision < 0.6


def test_no_tissue_with_both_conditions_is_not_defined():
    tumors = planted(5).take(planted(5).condition == "tumor")
    assert all(np.isnan(metric(tumors, tumors)) for metric in ours.METRICS)


@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda m: m.name)
def test_the_same_samples_reach_the_declared_ideal(metric):
    real = planted(20)
    assert metric(real, real) == pytest.approx(metric.ideal)
