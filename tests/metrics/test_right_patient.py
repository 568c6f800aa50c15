"""The right patient: planted effects are found, constants get chance."""

import numpy as np
import pytest

from genex_kedro.metrics.right_patient import (
    METRICS,
    centred_correlation,
    patient_rank,
    patient_ranks,
    patient_top1,
)

COHORT = np.repeat(["BRCA", "LUAD"], 20)
RNG = np.random.default_rng(0)
MEAN = RNG.uniform(2, 9, (2, 300))[(COHORT == "LUAD").astype(int)]
EFFECT = RNG.normal(0, 0.5, MEAN.shape)
REAL = MEAN + EFFECT


def test_a_planted_patient_effect_is_found_whatever_the_cohort_mean():
    assert patient_rank(MEAN * 3 + 0.1 * EFFECT, REAL, COHORT) == 0
    assert patient_top1(MEAN * 3 + 0.1 * EFFECT, REAL, COHORT) == 1
    assert patient_rank(REAL - 2 * EFFECT, REAL, COHORT) == pytest.approx(1)


def test_a_constant_gets_exactly_chance_and_so_does_noise_on_average():
    rank, top = patient_ranks(MEAN, REAL, COHORT)
    assert rank == pytest.approx(0.5) and top == pytest.approx(1 / 20)
    noise = [patient_rank(RNG.normal(size=REAL.shape), REAL, COHORT) for _ in range(30)]
    assert np.mean(noise) == pytest.approx(0.5, abs=0.03)


def test_plain_correlation_would_be_won_by_the_cohort_mean_and_is_not():
    swapped = np.roll(EFFECT, 1, axis=0) + MEAN
    assert np.corrcoef(swapped[0], REAL[0])[0, 1] > 0.9
    assert patient_rank(swapped, REAL, COHORT) > 0.4


def test_centred_correlation_is_numpys():
    found = centred_correlation(MEAN[:20] + 0.3 * EFFECT[:20], REAL[:20])
    guess, own = (x - x.mean(0) for x in (MEAN[:20] + 0.3 * EFFECT[:20], REAL[:20]))
    expected = np.corrcoef(guess, own)[:20, 20:]
    assert found == pytest.approx(expected, abs=1e-9)


def test_holes_are_left_out_patient_by_patient():
    holes = REAL.copy()
    holes[4, :150] = np.nan
    guess = MEAN + 0.1 * EFFECT
    guess[:, :150] += RNG.normal(0, 5, (40, 150))
    found = centred_correlation(guess[:20], holes[:20])
    measured = slice(150, None)
    centred = guess[:20] - guess[:20].mean(0)
    own = holes[4, measured] - np.nanmean(holes[:20, measured], axis=0)
    expected = np.corrcoef(centred[4, measured], own)[0, 1]
    assert found[4, 4] == pytest.approx(expected, abs=1e-9)
    assert patient_ranks(guess, holes, COHORT)[0][4] == 0


def test_a_cohort_of_one_is_left_out():
    cohort = COHORT.copy()
    cohort[0] = "CHOL"
    rank, top = patient_ranks(MEAN + EFFECT, REAL, cohort)
    assert np.isnan(rank[0]) and np.isnan(top[0]) and np.isfinite(rank[1:]).all()
    assert np.isnan(patient_rank(REAL[:1], REAL[:1], cohort[:1]))


def test_metrics_declare_direction_and_range():
    assert {m.name: (m.direction, m.range) for m in METRICS} == {
        "patient_rank": ("lower", (0.0, 1.0)),
        "patient_top1": ("higher", (0.0, 1.0)),
    }


def test_a_patient_with_two_tumors_does_not_tie_with_itself():
    at = np.array([0, 1, 1, 2, 3])  # four patients, the second with two tumors
    normals, cohort = REAL[:4][at], COHORT[at]
    assert patient_rank(normals, normals, cohort, at) == 0
    assert patient_top1(normals, normals, cohort, at) == 1
    rank, top = patient_ranks(MEAN[:5], normals, cohort, at)
    assert rank == pytest.approx(0.5) and top == pytest.approx(1 / 4)
    assert patient_top1(normals, normals, cohort) < 1, "unknown to be one patient's, they tie"
    wrong = REAL[[0, 1, 2, 1, 3]]  # the second tumor is given another's normal
    assert patient_ranks(wrong, normals, cohort, at)[0][2] > 0
    assert np.isnan(patient_ranks(normals[1:3], normals[1:3], cohort[1:3], at[1:3])[0]).all()


def test_the_mean_prediction_counts_each_patient_once():
    at = np.repeat([0, 1, 2, 3], [1, 5, 1, 1])
    found = centred_correlation(REAL[:4][at], REAL[:4], at)
    assert found == pytest.approx(np.corrcoef(REAL[:4] - REAL[:4].mean(0))[at], abs=1e-9)
