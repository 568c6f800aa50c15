"""Paired errors with planted answers, and holes left out."""

import numpy as np
import pytest

from genex_kedro.metrics.bootstrap import patient_weights
from genex_kedro.metrics.pair_error import METRICS, change_r, paired_r, paired_rmse, row_correlation
from genex_kedro.metrics.top_genes import METRICS as TOP
from genex_kedro.metrics.top_genes import top_genes

RNG = np.random.default_rng(0)
REAL = RNG.uniform(0, 10, (20, 400))
TUMOR = REAL + RNG.normal(0, 2, REAL.shape)


def test_a_planted_error_is_found():
    off = REAL + 0.5 * np.where(RNG.random(REAL.shape) < 0.5, 1, -1)
    assert paired_rmse(off, REAL) == pytest.approx(0.5)
    assert paired_rmse(REAL, REAL) == 0
    assert paired_r(REAL * 2 + 1, REAL) == pytest.approx(1)


def test_what_was_not_measured_is_left_out_and_never_filled():
    holes = REAL.copy()
    holes[3, :200] = np.nan
    off = REAL + 1.0
    off[3, :200] = 1e6
    assert paired_rmse(off, holes) == pytest.approx(1.0)
    assert paired_r(off, holes) == pytest.approx(1)
    assert row_correlation(off, holes)[3] == pytest.approx(1)
    assert change_r(REAL, holes, TUMOR) == pytest.approx(1)


def test_the_correlation_of_the_change_knows_direction_and_no_change():
    assert change_r(REAL, REAL, TUMOR) == pytest.approx(1)
    assert change_r(2 * TUMOR - REAL, REAL, TUMOR) == pytest.approx(-1)
    assert np.isnan(change_r(TUMOR, REAL, TUMOR))
    half = TUMOR + (REAL - TUMOR) + RNG.normal(0, 2, REAL.shape)
    assert change_r(half, REAL, TUMOR) == pytest.approx(np.sqrt(0.5), abs=0.03)


def test_weights_count_pairs_as_often_as_patients_are_drawn():
    off = REAL.copy()
    off[0] += 3
    weight = patient_weights(np.arange(20), 50, seed=1)
    drawn = paired_rmse(off, REAL, weight)
    assert drawn == pytest.approx(np.sqrt(9 * weight[:, 0] / weight.sum(1)))


def test_top_genes_and_their_direction():
    jaccard, direction = top_genes(REAL, REAL, TUMOR)
    assert (jaccard, direction) == (1, 1)
    jaccard, direction = top_genes(2 * TUMOR - REAL, REAL, TUMOR)
    assert jaccard == 1 and direction == 0, "the same genes the wrong way"
    chance, coin = top_genes(TUMOR + RNG.normal(0, 2, REAL.shape), REAL, TUMOR)
    assert chance == pytest.approx(100 / 700, abs=0.03), "100 of 400 at random"
    assert coin == pytest.approx(0.5, abs=0.05)
    few = top_genes(REAL[:, :50], REAL[:, :50], TUMOR[:, :50])
    assert few == (1, 1)


def test_top_genes_leave_holes_out():
    holes = REAL.copy()
    holes[:, :100] = np.nan
    assert top_genes(np.where(np.isnan(holes), 99, REAL), holes, TUMOR) == (1, 1)


@pytest.mark.parametrize("bad", [REAL[:5], REAL * np.nan])
def test_unequal_or_unfinished_predictions_are_refused(bad):
    with pytest.raises(ValueError, match="predict"):
        paired_rmse(bad, REAL)


def test_metrics_declare_direction_and_range():
    assert {m.name: m.direction for m in (*METRICS, *TOP)} == {
        "rmse": "lower",
        "r": "higher",
        "change_r": "higher",
        "top_jaccard": "higher",
        "top_direction": "higher",
    }
